//! Signatures of envelopes. Only the algorithms of the profile are enabled, on every context: the
//! library would run XSLT and XPath.

use crate::{
    document::{DS, Document},
    library::{self, Attachments, Refused, klass},
};
use std::ffi::CStr;
use xmlsec::{XmlSecKey, XmlSecKeyFormat, XmlSecSignatureContext, bindings as c};

/// A signature algorithm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// RSA with SHA-256, as eDelivery AS4 1.15 has it.
    RsaSha256,
    /// ECDSA with SHA-256, whatever the curve.
    EcdsaSha256,
    /// Ed25519, as eDelivery AS4 2.0 has it.
    Ed25519,
}

impl Method {
    /// Its URI.
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::Ed25519 => "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
        }
    }
}

/// What the library makes of a signature it could read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The value and every digest are right; these are the references, in order.
    Valid(Vec<String>),
    /// The value or a digest is wrong.
    Invalid,
}

/// Verifies the signature in the Security header of an envelope with the key of a certificate (in
/// PEM). `parts` holds the octets that are digested, see [`crate::canonical_xml`].
pub fn verify(
    soap: &[u8],
    parts: &Attachments,
    certificate: &[u8],
    method: Method,
) -> Result<Verdict, Refused> {
    library::prepare();
    let key = load(certificate, XmlSecKeyFormat::CertPem)?;
    let context = context(key, method)?;
    let document = Document::parse(soap)?;
    document.register_ids()?;
    // Not the first `ds:Signature` anywhere, which is what the bindings would take.
    let signature = document
        .security()?
        .child((DS, c"Signature"))
        .ok_or_else(|| Refused::now("no signature"))?;
    let context = Context(context);
    // SAFETY: context and node live; the node's document is used by this thread only.
    let done = parts.during(|| unsafe { c::xmlSecDSigCtxVerify(context.raw(), signature.node) });
    if done < 0 {
        return Err(Refused::now("no reason given"));
    }
    // SAFETY: the context lives.
    let status = unsafe { (*context.raw()).status };
    if status == c::xmlSecDSigStatus_xmlSecDSigStatusSucceeded {
        Ok(Verdict::Valid(context.references()))
    } else {
        Ok(Verdict::Invalid)
    }
}

/// Computes the digests and the value of the signature in the Security header of an envelope that
/// has neither, with a private key (PKCS#8 in PEM, not encrypted).
pub fn sign(
    template: &[u8],
    parts: &Attachments,
    key: &[u8],
    method: Method,
) -> Result<Vec<u8>, Refused> {
    library::prepare();
    let key = load(key, XmlSecKeyFormat::Pem)?;
    let context = context(key, method)?;
    let document = Document::parse(template)?;
    document.register_ids()?;
    let signature = document
        .security()?
        .child((DS, c"Signature"))
        .ok_or_else(|| Refused::now("no signature"))?;
    let context = Context(context);
    // SAFETY: context and node live; the node's document is used by this thread only.
    let done = parts.during(|| unsafe { c::xmlSecDSigCtxSign(context.raw(), signature.node) });
    if done < 0 {
        return Err(Refused::now("no reason given"));
    }
    Ok(document.to_octets())
}

/// Never with a password: the bindings would pass the library a dangling pointer.
pub(crate) fn load(pem: &[u8], format: XmlSecKeyFormat) -> Result<XmlSecKey, Refused> {
    XmlSecKey::from_memory(pem, format, None)
        .map_err(|_| Refused::now("the key or certificate cannot be read"))
}

fn context(key: XmlSecKey, method: Method) -> Result<XmlSecSignatureContext, Refused> {
    const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
    const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let swa = library::prepare();
    let method = klass(method.uri())?;
    let (sha256, exclusive) = (klass(SHA256)?, klass(EXCLUSIVE)?);
    let mut context = XmlSecSignatureContext::new();
    context.insert_key(key);
    // SAFETY: the context lives, the klasses live as long as the library.
    unsafe {
        let context = context.as_ptr();
        (*context).enabledReferenceUris =
            c::xmlSecTransformUriTypeSameDocument | c::xmlSecTransformUriTypeRemote;
        for transform in [exclusive, swa.signature, sha256] {
            c::xmlSecDSigCtxEnableReferenceTransform(context, transform);
        }
        for transform in [exclusive, method] {
            c::xmlSecDSigCtxEnableSignatureTransform(context, transform);
        }
    }
    Ok(context)
}

struct Context(XmlSecSignatureContext);

impl Context {
    fn raw(&self) -> *mut c::xmlSecDSigCtx {
        // SAFETY: the pointer is used while the context lives, and not freed.
        unsafe { self.0.as_ptr() }
    }

    /// The URIs of the references of a signature that was found valid.
    fn references(&self) -> Vec<String> {
        let mut found = Vec::new();
        // SAFETY: the context lives, and with it the list and what is in it.
        unsafe {
            let list = &raw mut (*self.raw()).signedInfoReferences;
            for at in 0..c::xmlSecPtrListGetSize(list) {
                let reference: *mut c::xmlSecDSigReferenceCtx =
                    c::xmlSecPtrListGetItem(list, at).cast();
                let uri = (*reference).uri;
                if !uri.is_null() {
                    found.push(CStr::from_ptr(uri.cast()).to_string_lossy().into_owned());
                }
            }
        }
        found
    }
}
