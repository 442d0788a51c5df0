//! stub
use crate::{envelope::Envelope, package::Part, pmode::Profile, refusal::Reason, security::{Certificate, Trust, decrypt::Encryption}};
pub(crate) struct Demand<'a> { pub(crate) profile: Profile, pub(crate) encrypted: bool, pub(crate) legacy_oaep: bool, pub(crate) parts: &'a [Part] }
#[derive(Debug)]
pub(crate) struct Proof { pub(crate) signer: Certificate }
impl Proof { pub(crate) fn digest(&self) -> [u8;32] { todo!() } }
pub(crate) struct Structure;
impl Structure { pub(crate) fn check(&self, _: &Envelope<'_>, _: &Trust, _: jiff::Timestamp) -> Result<Proof, Reason> { todo!() } pub(crate) fn into_encryption(self) -> Option<Encryption> { todo!() } }
pub(crate) fn read(_: &Envelope<'_>, _: &Demand<'_>) -> Result<Structure, Reason> { todo!() }
