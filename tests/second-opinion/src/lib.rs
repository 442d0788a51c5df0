//! A second opinion on WS-Security: libxmlsec1 over OpenSSL, as the C library of the system. It
//! verifies what `ebms` signs, signs what `ebms` verifies, and likewise for encryption, so that two
//! implementations that share no line check each other.
//!
//! Test-only, and the only package with unsafe code. Deliberately absent: trust. A caller says
//! which key is to have signed, and the library says whether it did.
#![expect(
    unsafe_code,
    reason = "bindings to a C library; no other package has any"
)]

mod document;
mod encryption;
mod library;
mod signature;

pub use document::canonical_xml;
pub use encryption::{decrypt, encrypt, unwrap_key, wrap_key};
pub use library::{Attachments, Refused, knows, version};
pub use signature::{Method, Verdict, sign, verify};
