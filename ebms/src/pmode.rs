//! What was agreed with a peer: a template (what all partners share) times a partner file (who it
//! is, where, with which certificates). [AS4 4.1]
//!
//! ```toml
//! # pmodes/oots.toml                        # all keys but [[service]] may be left out
//! agreement = "…"                           # only where one is named on the wire
//! role_from = "http://sdg.europa.eu/edelivery/gateway"
//! role_to = "http://sdg.europa.eu/edelivery/gateway"
//! mpc = "…"                                 # only where it is not the default channel
//! encrypt = true
//! compress = true
//! [[service]]
//! value = "QueryManager"
//! type = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"
//! actions = ["ExecuteQueryRequest", "ExecuteQueryResponse", "ExceptionResponse"]
//! [[leg]]                                   # what differs for one action; any key of [security]
//! service = "QueryManager"                  # may be left out: every service
//! action = "ExecuteQueryResponse"
//! compress = false
//! [[properties]]                            # the message properties of a release, exactly these
//! edm_versions = ["2.0"]
//! names = ["originalSender", "finalRecipient", "ExchangeId", "SpecificationId"]
//! [rules]
//! required_properties = ["originalSender", "finalRecipient"]
//! uuid_properties = ["ExchangeId"]
//! conversation_id_is_uuid = true
//! [limits]
//! message_bytes = 104857600                 # as it travels
//! payloads = 28
//! payload_bytes = 104857600
//! total_bytes = 314572800
//! ratio = 200
//! max_age_secs = 604800
//! max_ahead_secs = 300
//! [retry]
//! attempts = 4
//! interval_secs = 60
//! may_outlast_deadline = false
//!
//! # partners/fr.toml
//! template = "oots"
//! country = "FR"
//! endpoint = "https://as4.example/msh"
//! edm_versions = ["1.2", "2.0"]
//! [[party]]
//! value = "AP_FR_01"
//! scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"
//! [signing]
//! certificates = ["fr-sign.pem"]            # pinned, compared octet by octet
//! authorities = ["root.pem"]                # a path to one of these must exist
//! intermediates = ["issuing.pem"]
//! common_name = "AP_FR_01"                  # asked where no certificate is pinned
//! subject = "O=Ministry,C=FR"               # attributes its subject must have
//! policies = ["1.2.3.4"]                    # one of these certificate policies must be named
//! crls = ["issuing.crl"]                    # nothing on the path may be revoked
//! crl_urls = ["http://ca.example/issuing.crl"]
//! ocsp_url = "http://ca.example/ocsp"
//! revocation = "hard"                       # "hard" | "soft" | "off"
//! [encryption]
//! certificate = "fr-enc.pem"
//! [security]                                # all keys may be left out
//! profile = "rsa"                           # "rsa" | "ed25519" | "ecdsa"
//! signature_token = "bst"                   # "bst" | "pki-path" | "issuer-serial" | "ski"
//! encryption_token = "bst"
//! encrypt = true
//! compress = true
//! key_derivation = "hkdf"                   # "hkdf" | "concat-kdf", the latter for "ecdsa" only
//! legacy_oaep = false                       # also accept RSA-OAEP with SHA-1 in it
//! ```
//!
//! A partner file may also hold `[[leg]]`, `[limits]` and `[retry]`, a template `[security]`. What
//! is said later counts: `[security]` of the template, its `[[leg]]`, `[security]` of the partner,
//! its `[[leg]]`.

pub mod domibus;
mod explain;
pub(crate) mod find;
mod leg;
mod partner;
mod problem;
mod read;
mod template;

pub use explain::{Check, Explanation, Field, read_header};
pub use find::PModes;
pub use leg::Leg;
pub use partner::{Partner, UnusableRecipient};
pub use problem::{Problem, Problems};
pub use template::{PayloadLimits, Template};

use serde::{Deserialize, Serialize};

/// Which suite of algorithms a leg uses. They never mix within one message.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// eDelivery AS4 1.15: RSA-SHA256, RSA-OAEP, AES-128-GCM. [AS4 1.7, AS4 1.9]
    #[default]
    Rsa,
    /// eDelivery AS4 2.0: Ed25519, X25519 with HKDF, AES key wrap. [AS4 1.10]
    Ed25519,
    /// The alternative of 2.0: ECDSA, ECDH-ES with HKDF, AES key wrap. [AS4 1.11]
    Ecdsa,
}

/// How a certificate is named in a message we send. All kinds are read, and thumbprints too.
/// [AS4 1.8]
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// The certificate itself.
    #[default]
    Bst,
    /// The certificate with its chain.
    PkiPath,
    /// Issuer name and serial number.
    IssuerSerial,
    /// Subject key identifier.
    Ski,
}

/// How the key that wraps the content key follows from the secret agreed on a curve.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyDerivation {
    /// HKDF, as eDelivery AS4 2.0 has it.
    #[default]
    Hkdf,
    /// ConcatKDF, as the German energy market has it. Not part of eDelivery.
    ConcatKdf,
}
