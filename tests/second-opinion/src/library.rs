//! The library as a whole: the precautions taken once before its first use, attachments, errors.
//! Each precaution answers something the library was seen to do.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::{CStr, CString, c_char, c_int, c_void},
    fmt,
    panic::catch_unwind,
    ptr, slice,
    sync::OnceLock,
};
use xmlsec::{XmlSecSignatureContext, bindings as c};

/// Parts of a message under the `cid:` URIs by which signature and encryption name them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attachments(BTreeMap<String, Vec<u8>>);

impl Attachments {
    /// No parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part.
    pub fn insert(&mut self, uri: &str, octets: impl Into<Vec<u8>>) {
        self.0.insert(uri.to_owned(), octets.into());
    }

    /// A part.
    pub fn get(&self, uri: &str) -> Option<&[u8]> {
        self.0.get(uri).map(Vec::as_slice)
    }

    /// Makes the parts known to the library for the length of a call on this thread.
    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        OPENABLE.with(|it| it.replace(self.0.clone()));
        let result = call();
        OPENABLE.with(|it| it.replace(BTreeMap::new()));
        result
    }
}

/// Why the library did not come to a verdict: what it wrote about it, the last line last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused(pub Vec<String>);

impl Refused {
    /// What the library said since the last time it was asked, or this if it said nothing.
    pub(crate) fn now(otherwise: &str) -> Self {
        let mut said = SAID.with(RefCell::take);
        if said.is_empty() {
            said.push(otherwise.to_owned());
        }
        Self(said)
    }

    /// Whether a line says this.
    pub fn says(&self, words: &str) -> bool {
        self.0.iter().any(|line| line.contains(words))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Refused {}

/// The version of the library this was built with.
pub fn version() -> &'static str {
    CStr::from_bytes_with_nul(c::XMLSEC_VERSION)
        .ok()
        .and_then(|it| it.to_str().ok())
        .unwrap_or("unknown")
}

/// Whether the installed library has an algorithm, whatever it is used for.
pub fn knows(algorithm: &str) -> bool {
    prepare();
    klass(algorithm).is_ok()
}

/// The klass of an algorithm.
pub(crate) fn klass(algorithm: &str) -> Result<c::xmlSecTransformId, Refused> {
    // Any of the usages.
    const ANY: c::xmlSecTransformUsage = 0xFFFF;
    let missing = || Refused::now(&format!("the library has no {algorithm}"));
    let href = CString::new(algorithm).map_err(|_| missing())?;
    // SAFETY: the list lives as long as the library, the string as long as the call.
    let found = unsafe {
        c::xmlSecTransformIdListFindByHref(c::xmlSecTransformIdsGet(), href.as_ptr().cast(), ANY)
    };
    if found.is_null() {
        Err(missing())
    } else {
        Ok(found)
    }
}

/// Takes the precautions, once, before anything else; gives the transforms of SOAP with
/// Attachments.
pub(crate) fn prepare() -> &'static Swa {
    static DONE: OnceLock<Swa> = OnceLock::new();
    let swa = DONE.get_or_init(|| {
        // The crate initializes the library when the first context is made.
        drop(XmlSecSignatureContext::new());
        // SAFETY: no other thread uses the library before this returns, and the functions and
        // klasses registered live as long as the program.
        unsafe {
            c::xmlInitParser();
            xmlSecErrorsSetCallback(said);
            // Without this a reference to `file:///etc/hostname` is opened and digested.
            xmlSecIOCleanupCallbacks();
            xmlSecIORegisterCallbacks(is_attachment, open, read, close);
            Swa {
                signature: register(c"attachment-content-signature", SIGNATURE),
                ciphertext: register(c"attachment-ciphertext", CIPHERTEXT),
            }
        }
    });
    SAID.with(RefCell::take);
    // Each thread has a handler of its own for what libxml2 has to say.
    // SAFETY: the handler lives as long as the program.
    unsafe { c::xmlSetStructuredErrorFunc(ptr::null_mut(), Some(complained)) };
    swa
}

/// The transforms of SOAP with Attachments. The library has neither.
pub(crate) struct Swa {
    pub(crate) signature: &'static c::xmlSecTransformKlass,
    pub(crate) ciphertext: &'static c::xmlSecTransformKlass,
}

// SAFETY: nothing writes to a klass after it is registered.
unsafe impl Send for Swa {}
// SAFETY: as above.
unsafe impl Sync for Swa {}

const SIGNATURE: &CStr = c"http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform";
const CIPHERTEXT: &CStr =
    c"http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Ciphertext-Transform";

unsafe extern "C" {
    fn xmlSecIOCleanupCallbacks();
    fn xmlSecIORegisterCallbacks(
        matches: extern "C" fn(*const c_char) -> c_int,
        open: extern "C" fn(*const c_char) -> *mut c_void,
        read: extern "C" fn(*mut c_void, *mut c_char, c_int) -> c_int,
        close: extern "C" fn(*mut c_void) -> c_int,
    ) -> c_int;
    fn xmlSecErrorsSetCallback(
        callback: extern "C" fn(
            *const c_char,
            c_int,
            *const c_char,
            *const c_char,
            *const c_char,
            c_int,
            *const c_char,
        ),
    );
}

/// Registers a transform that passes on what it gets.
fn register(name: &'static CStr, href: &'static CStr) -> &'static c::xmlSecTransformKlass {
    let klass: &'static c::xmlSecTransformKlass = Box::leak(Box::new(c::xmlSecTransformKlass {
        klassSize: size_of::<c::xmlSecTransformKlass>() as u32,
        objSize: size_of::<c::xmlSecTransform>() as u32,
        name: name.as_ptr().cast(),
        href: href.as_ptr().cast(),
        usage: c::xmlSecTransformUsageDSigTransform,
        initialize: None,
        finalize: None,
        readNode: None,
        writeNode: None,
        setKeyReq: None,
        setKey: None,
        verify: None,
        getDataType: Some(c::xmlSecTransformDefaultGetDataType),
        pushBin: Some(c::xmlSecTransformDefaultPushBin),
        popBin: Some(c::xmlSecTransformDefaultPopBin),
        pushXml: None,
        popXml: None,
        execute: Some(pass_on),
        reserved0: ptr::null_mut(),
        reserved1: ptr::null_mut(),
    }));
    // SAFETY: the klass is complete and lives as long as the program.
    unsafe { c::xmlSecTransformIdsRegister(klass) };
    klass
}

unsafe extern "C" fn pass_on(
    transform: c::xmlSecTransformPtr,
    last: c_int,
    _: c::xmlSecTransformCtxPtr,
) -> c_int {
    const NONE: c::xmlSecTransformStatus = c::xmlSecTransformStatus_xmlSecTransformStatusNone;
    const WORKING: c::xmlSecTransformStatus = c::xmlSecTransformStatus_xmlSecTransformStatusWorking;
    // SAFETY: the library calls this with one of its transforms, alone on this thread.
    unsafe {
        let transform = &mut *transform;
        if transform.status == NONE {
            transform.status = WORKING;
        }
        if transform.status == WORKING {
            let size = c::xmlSecBufferGetSize(&raw mut transform.inBuf);
            if size > 0 {
                let octets = c::xmlSecBufferGetData(&raw mut transform.inBuf);
                if c::xmlSecBufferAppend(&raw mut transform.outBuf, octets, size) < 0
                    || c::xmlSecBufferRemoveHead(&raw mut transform.inBuf, size) < 0
                {
                    return -1;
                }
            }
            if last != 0 {
                transform.status = c::xmlSecTransformStatus_xmlSecTransformStatusFinished;
            }
        }
    }
    0
}

thread_local! {
    static OPENABLE: RefCell<BTreeMap<String, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What is left to read of an attachment that is open.
struct Open {
    octets: Vec<u8>,
    at: usize,
}

// A panic must not cross into C, so every body that could have one is caught.

extern "C" fn is_attachment(uri: *const c_char) -> c_int {
    // SAFETY: the library passes a string.
    c_int::from(
        unsafe { CStr::from_ptr(uri) }
            .to_bytes()
            .starts_with(b"cid:"),
    )
}

extern "C" fn open(uri: *const c_char) -> *mut c_void {
    let opened = catch_unwind(|| {
        // SAFETY: the library passes a string.
        let uri = unsafe { CStr::from_ptr(uri) }.to_str().ok()?;
        let octets = OPENABLE.with(|it| it.borrow().get(uri).cloned())?;
        Some(Box::into_raw(Box::new(Open { octets, at: 0 })))
    });
    opened
        .ok()
        .flatten()
        .map_or(ptr::null_mut(), <*mut Open>::cast)
}

extern "C" fn read(context: *mut c_void, buffer: *mut c_char, room: c_int) -> c_int {
    // SAFETY: the context is what `open` gave, the buffer has the room the library says.
    let (open, buffer) = unsafe {
        let room = usize::try_from(room).unwrap_or(0);
        (
            &mut *context.cast::<Open>(),
            slice::from_raw_parts_mut(buffer.cast::<u8>(), room),
        )
    };
    let left = open.octets.get(open.at..).unwrap_or_default();
    let count = left.len().min(buffer.len());
    let (Some(from), Some(to)) = (left.get(..count), buffer.get_mut(..count)) else {
        return -1;
    };
    to.copy_from_slice(from);
    open.at += count;
    c_int::try_from(count).unwrap_or(-1)
}

extern "C" fn close(context: *mut c_void) -> c_int {
    // SAFETY: the context is what `open` gave, and is closed once.
    drop(unsafe { Box::from_raw(context.cast::<Open>()) });
    0
}

/// Keeps what the library has to say, which is text of the sender too: it would go to stderr.
extern "C" fn said(
    _file: *const c_char,
    _line: c_int,
    function: *const c_char,
    object: *const c_char,
    subject: *const c_char,
    _reason: c_int,
    message: *const c_char,
) {
    let kept = catch_unwind(|| {
        let words: Vec<_> = [function, object, subject, message]
            .into_iter()
            .filter(|it| !it.is_null())
            // SAFETY: the library passes strings, or nothing.
            .map(|it| unsafe { CStr::from_ptr(it) }.to_string_lossy())
            .filter(|it| !it.is_empty())
            .collect();
        SAID.with(|it| it.borrow_mut().push(words.join(" ")));
    });
    // There is nobody to tell.
    drop(kept);
}

/// The same for libxml2, which would write to stderr, too.
unsafe extern "C" fn complained(_: *mut c_void, error: c::xmlErrorPtr) {
    let kept = catch_unwind(|| {
        // SAFETY: the library passes an error, whose message is a string or nothing.
        let message = unsafe {
            let message = (*error).message;
            if message.is_null() {
                return;
            }
            CStr::from_ptr(message).to_string_lossy().trim().to_owned()
        };
        SAID.with(|it| it.borrow_mut().push(message));
    });
    // There is nobody to tell.
    drop(kept);
}
