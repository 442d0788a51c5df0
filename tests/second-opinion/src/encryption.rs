//! Encryption of parts: AES-128-GCM of content, and the key transports the library has.

use crate::{
    document::{Document, Element, XENC},
    library::{self, Attachments, Refused, klass},
    signature::load,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    ffi::{c_int, c_uint, c_void},
    ptr, slice,
};
use xmlsec::{XmlSecKey, XmlSecKeyFormat, bindings as c};

const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
/// RSA-OAEP with SHA-1 in it: the one of 1.15, with SHA-256, came with libxmlsec1 1.3.
const OAEP_SHA1: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

/// Decrypts every part an envelope says is encrypted, under the URIs it names.
pub fn decrypt(soap: &[u8], parts: &Attachments, key: &[u8; 16]) -> Result<Attachments, Refused> {
    library::prepare();
    let document = Document::parse(soap)?;
    let mut opened = Attachments::new();
    let security = document.security()?;
    for data in security
        .children()
        .filter(|it| it.is((XENC, c"EncryptedData")))
    {
        let uri = data
            .child((XENC, c"CipherData"))
            .and_then(|it| it.child((XENC, c"CipherReference")))
            .and_then(|it| it.attribute(c"URI"))
            .ok_or_else(|| Refused::now("no CipherReference"))?;
        let context = Context::new(Mode::Data, content_key(key)?, &[AES128_GCM])?;
        opened.insert(&uri, parts.during(|| context.decrypt(data))?);
    }
    Ok(opened)
}

/// Encrypts octets with AES-128-GCM: IV, ciphertext, tag.
pub fn encrypt(octets: &[u8], key: &[u8; 16]) -> Result<Vec<u8>, Refused> {
    let template = format!(
        "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">\
         <xenc:EncryptionMethod Algorithm=\"{AES128_GCM}\"/>\
         <xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"
    );
    library::prepare();
    let context = Context::new(Mode::Data, content_key(key)?, &[AES128_GCM])?;
    context.encrypt(&template, octets)
}

/// Wraps a content key for the key of a certificate (in PEM), by RSA-OAEP with SHA-1.
pub fn wrap_key(key: &[u8; 16], certificate: &[u8]) -> Result<Vec<u8>, Refused> {
    let template = format!(
        "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">\
         <xenc:EncryptionMethod Algorithm=\"{OAEP_SHA1}\"><ds:DigestMethod \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Algorithm=\"{SHA1}\"/>\
         </xenc:EncryptionMethod>\
         <xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey>"
    );
    library::prepare();
    let recipient = load(certificate, XmlSecKeyFormat::CertPem)?;
    let context = Context::new(Mode::Key, recipient, &[OAEP_SHA1, SHA1])?;
    context.encrypt(&template, key)
}

/// Unwraps the content key of an envelope with a private key (PKCS#8 in PEM), by whatever key
/// transport the envelope names and the library has.
pub fn unwrap_key(soap: &[u8], key: &[u8]) -> Result<Vec<u8>, Refused> {
    library::prepare();
    let document = Document::parse(soap)?;
    let wrapped = document
        .security()?
        .child((XENC, c"EncryptedKey"))
        .ok_or_else(|| Refused::now("no EncryptedKey"))?;
    let key = load(key, XmlSecKeyFormat::Pem)?;
    Context::new(Mode::Key, key, &[])?.decrypt(wrapped)
}

fn content_key(octets: &[u8; 16]) -> Result<XmlSecKey, Refused> {
    // SAFETY: the octets outlive the call, which copies them; the key is owned by the new value.
    unsafe {
        let klass = c::xmlSecOpenSSLKeyDataAesGetKlass();
        let key = c::xmlSecKeyReadMemory(klass, octets.as_ptr(), octets.len() as c_uint);
        if key.is_null() {
            Err(Refused::now("no AES key"))
        } else {
            Ok(XmlSecKey::from_ptr(key))
        }
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Data = 0,
    Key = 1,
}

/// `struct _xmlSecEncCtx` of xmlsec/xmlenc.h, which the bindings leave out.
#[repr(C)]
struct Raw {
    user_data: *mut c_void,
    flags: c_uint,
    flags2: c_uint,
    mode: c_uint,
    key_info_read: c::xmlSecKeyInfoCtx,
    key_info_write: c::xmlSecKeyInfoCtx,
    transforms: c::xmlSecTransformCtx,
    default_method: c::xmlSecTransformId,
    key: c::xmlSecKeyPtr,
    operation: c::xmlSecTransformOperation,
    result: c::xmlSecBufferPtr,
    // More follows that nobody here reads; the library makes and frees the whole.
}

unsafe extern "C" {
    fn xmlSecEncCtxCreate(keys: c::xmlSecKeysMngrPtr) -> *mut Raw;
    fn xmlSecEncCtxDestroy(context: *mut Raw);
    fn xmlSecEncCtxBinaryEncrypt(
        context: *mut Raw,
        template: c::xmlNodePtr,
        octets: *const u8,
        size: c_uint,
    ) -> c_int;
    fn xmlSecEncCtxDecryptToBuffer(context: *mut Raw, node: c::xmlNodePtr) -> c::xmlSecBufferPtr;
}

struct Context(*mut Raw);

impl Context {
    /// A context with a key, and with these algorithms only; with all if there are none.
    fn new(mode: Mode, key: XmlSecKey, algorithms: &[&str]) -> Result<Self, Refused> {
        let ciphertext = library::prepare().ciphertext;
        let mut klasses = vec![ptr::from_ref(ciphertext)];
        for algorithm in algorithms {
            klasses.push(klass(algorithm)?);
        }
        // SAFETY: the context is owned by the new value, and takes over the key.
        unsafe {
            let raw = xmlSecEncCtxCreate(ptr::null_mut());
            if raw.is_null() {
                return Err(Refused::now("no context"));
            }
            (*raw).mode = mode as c_uint;
            (*raw).key = XmlSecKey::leak(key);
            (*raw).transforms.enabledUris = c::xmlSecTransformUriTypeRemote;
            if !algorithms.is_empty() {
                for klass in klasses {
                    let list = &raw mut (*raw).transforms.enabledTransforms;
                    c::xmlSecPtrListAdd(list, klass.cast_mut().cast());
                }
            }
            Ok(Self(raw))
        }
    }

    /// Decrypts what an element describes.
    fn decrypt(&self, element: Element<'_>) -> Result<Vec<u8>, Refused> {
        // SAFETY: context and node live; the buffer belongs to the context and is copied.
        unsafe {
            let buffer = xmlSecEncCtxDecryptToBuffer(self.0, element.node);
            if buffer.is_null() {
                return Err(Refused::now("no reason given"));
            }
            let size = c::xmlSecBufferGetSize(buffer) as usize;
            if size == 0 {
                return Ok(Vec::new());
            }
            Ok(slice::from_raw_parts(c::xmlSecBufferGetData(buffer), size).to_vec())
        }
    }

    /// Encrypts octets into a template, and reads the result back out of it.
    fn encrypt(&self, template: &str, octets: &[u8]) -> Result<Vec<u8>, Refused> {
        let document = Document::parse(template.as_bytes())?;
        let root = document.template()?;
        let size = c_uint::try_from(octets.len()).map_err(|_| Refused::now("too large"))?;
        // SAFETY: context, node and octets outlive the call.
        let done = unsafe { xmlSecEncCtxBinaryEncrypt(self.0, root.node, octets.as_ptr(), size) };
        let value = root
            .child((XENC, c"CipherData"))
            .and_then(|it| it.child((XENC, c"CipherValue")));
        match value {
            Some(value) if done >= 0 => {
                let packed: String = value.text().split_ascii_whitespace().collect();
                STANDARD
                    .decode(packed)
                    .map_err(|_| Refused::now("not base64"))
            }
            _ => Err(Refused::now("no reason given")),
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by the library, destroyed once, with its key.
        unsafe { xmlSecEncCtxDestroy(self.0) };
    }
}
