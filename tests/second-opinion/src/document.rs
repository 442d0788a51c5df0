//! Documents as libxml2 reads them: strictly, without network, without DTD.

use crate::library::Refused;
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr, slice,
};
use xmlsec::bindings as c;

/// Namespace and local name.
pub(crate) type Name = (&'static CStr, &'static CStr);

pub(crate) const SOAP: &CStr = c"http://www.w3.org/2003/05/soap-envelope";
pub(crate) const WSSE: &CStr =
    c"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &CStr =
    c"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
pub(crate) const DS: &CStr = c"http://www.w3.org/2000/09/xmldsig#";
pub(crate) const XENC: &CStr = c"http://www.w3.org/2001/04/xmlenc#";

/// A document, freed when dropped. It does not leave its thread.
pub(crate) struct Document(c::xmlDocPtr);

/// An element of a document that lives at least as long.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(crate) node: c::xmlNodePtr,
    document: &'d Document,
}

impl Document {
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, Refused> {
        // Without `recover`, which the bindings' own parser has on: it accepts what is no XML.
        const STRICT: u32 = c::xmlParserOption_XML_PARSE_NONET
            | c::xmlParserOption_XML_PARSE_NOERROR
            | c::xmlParserOption_XML_PARSE_NOWARNING;
        let unreadable = || Refused::now("the document cannot be read");
        let size = c_int::try_from(octets.len()).map_err(|_| unreadable())?;
        // SAFETY: the octets outlive the call; the document is owned by the new value.
        let document = unsafe {
            c::xmlReadMemory(
                octets.as_ptr().cast(),
                size,
                ptr::null(),
                ptr::null(),
                STRICT as c_int,
            )
        };
        if document.is_null() {
            return Err(unreadable());
        }
        let document = Self(document);
        // SAFETY: the pointer is that of a document.
        if unsafe { (*document.0).intSubset.is_null() } {
            Ok(document)
        } else {
            Err(Refused::now("the document has a DTD"))
        }
    }

    /// Makes `wsu:Id` an id wherever it stands. Registered by namespace: by name alone, an element
    /// that has `Id` too would get the wrong one. Twice the same is refused.
    pub(crate) fn register_ids(&self) -> Result<(), Refused> {
        let root = self.root().ok_or_else(|| Refused::now("no root"))?;
        let mut open = vec![root];
        while let Some(element) = open.pop() {
            // SAFETY: node and document live, the strings outlive the calls.
            unsafe {
                let attribute =
                    c::xmlHasNsProp(element.node, c"Id".as_ptr().cast(), WSU.as_ptr().cast());
                if !attribute.is_null() {
                    let value = c::xmlNodeGetContent(attribute.cast());
                    let registered = c::xmlAddID(ptr::null_mut(), self.0, value, attribute);
                    free(value.cast());
                    if registered.is_null() {
                        return Err(Refused::now("an id stands twice"));
                    }
                }
            }
            open.extend(element.children());
        }
        Ok(())
    }

    fn root(&self) -> Option<Element<'_>> {
        // SAFETY: the document lives.
        self.element(unsafe { c::xmlDocGetRootElement(self.0) })
    }

    fn element(&self, node: c::xmlNodePtr) -> Option<Element<'_>> {
        (!node.is_null()).then_some(Element {
            node,
            document: self,
        })
    }

    /// The `wsse:Security` of the header, found by its place: what stands elsewhere does not count.
    pub(crate) fn security(&self) -> Result<Element<'_>, Refused> {
        self.root()
            .filter(|it| it.is((SOAP, c"Envelope")))
            .and_then(|it| it.child((SOAP, c"Header")))
            .and_then(|it| it.child((WSSE, c"Security")))
            .ok_or_else(|| Refused::now("no Security header where it belongs"))
    }

    /// The root of a template of ours.
    pub(crate) fn template(&self) -> Result<Element<'_>, Refused> {
        self.root().ok_or_else(|| Refused::now("no root"))
    }

    pub(crate) fn to_octets(&self) -> Vec<u8> {
        let (mut memory, mut size) = (ptr::null_mut(), 0);
        // SAFETY: the library fills both, and gives the memory away.
        unsafe {
            c::xmlDocDumpMemory(self.0, &raw mut memory, &raw mut size);
            take(memory, size)
        }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: nothing borrows the document any more.
        unsafe { c::xmlFreeDoc(self.0) };
    }
}

impl<'d> Element<'d> {
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        // SAFETY: nodes of a document that lives.
        let first = unsafe { c::xmlFirstElementChild(self.node) };
        std::iter::successors(self.document.element(first), move |it| {
            // SAFETY: as above.
            self.document
                .element(unsafe { c::xmlNextElementSibling(it.node) })
        })
    }

    pub(crate) fn is(self, (namespace, local): Name) -> bool {
        // SAFETY: a node of a document that lives has a name, and a namespace or none.
        unsafe {
            let node = &*self.node;
            CStr::from_ptr(node.name.cast()) == local
                && !node.ns.is_null()
                && CStr::from_ptr((*node.ns).href.cast()) == namespace
        }
    }

    pub(crate) fn child(self, name: Name) -> Option<Self> {
        self.children().find(|it| it.is(name))
    }

    pub(crate) fn text(self) -> String {
        // SAFETY: a node of a document that lives; the content is given away.
        unsafe { text(c::xmlNodeGetContent(self.node)) }
    }

    pub(crate) fn attribute(self, name: &CStr) -> Option<String> {
        // SAFETY: a node of a document that lives; the content is given away.
        unsafe {
            let attribute = c::xmlHasProp(self.node, name.as_ptr().cast());
            (!attribute.is_null()).then(|| text(c::xmlNodeGetContent(attribute.cast())))
        }
    }
}

/// Exclusive canonical XML of a whole document, without comments, as libxml2 writes it. That is
/// what stands for an XML part in a signature. [AS4 1.7]
pub fn canonical_xml(octets: &[u8]) -> Result<Vec<u8>, Refused> {
    const EXCLUSIVE: c_int = 1;
    crate::library::prepare();
    let document = Document::parse(octets)?;
    let mut memory = ptr::null_mut();
    // SAFETY: no node set means the whole document; the memory is given away.
    unsafe {
        let size = xmlC14NDocDumpMemory(
            document.0,
            ptr::null_mut(),
            EXCLUSIVE,
            ptr::null_mut(),
            0,
            &raw mut memory,
        );
        if size < 0 {
            return Err(Refused::now("no canonical form"));
        }
        Ok(take(memory, size))
    }
}

unsafe extern "C" {
    fn xmlC14NDocDumpMemory(
        document: c::xmlDocPtr,
        nodes: *mut c_void,
        mode: c_int,
        prefixes: *mut *mut c::xmlChar,
        with_comments: c_int,
        out: *mut *mut c::xmlChar,
    ) -> c_int;
}

/// Copies and frees memory of the library.
///
/// # Safety
/// `size` octets of the library's memory, or nothing.
unsafe fn take(memory: *mut c::xmlChar, size: c_int) -> Vec<u8> {
    if memory.is_null() {
        return Vec::new();
    }
    let size = usize::try_from(size).unwrap_or(0);
    // SAFETY: the caller's promise.
    unsafe {
        let octets = slice::from_raw_parts(memory, size).to_vec();
        free(memory.cast());
        octets
    }
}

/// Copies and frees a string of the library.
///
/// # Safety
/// A string of the library's memory, or nothing.
unsafe fn text(memory: *mut c::xmlChar) -> String {
    if memory.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe {
        let text = CStr::from_ptr(memory.cast::<c_char>())
            .to_string_lossy()
            .into_owned();
        free(memory.cast());
        text
    }
}

/// Frees memory of the library.
///
/// # Safety
/// Memory of the library, or nothing.
unsafe fn free(memory: *mut c_void) {
    // SAFETY: the caller's promise; the function pointer is set when the library is loaded.
    unsafe {
        if let Some(free) = c::xmlFree {
            free(memory);
        }
    }
}
