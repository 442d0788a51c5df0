//! Other implementations against `ebms`: each verifies and opens what the other made, and refuses
//! what the other refuses.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "test code"
)]

#[path = "opinions/identity.rs"]
mod identity;
#[path = "opinions/message.rs"]
mod message;
#[path = "opinions/openssl.rs"]
mod openssl;
#[path = "opinions/peer.rs"]
mod peer;
#[path = "opinions/template.rs"]
mod template;
#[path = "opinions/world.rs"]
mod world;

#[path = "opinions/as4_python.rs"]
mod as4_python;
#[path = "opinions/asx.rs"]
mod asx_rs;
#[path = "opinions/bergshamra.rs"]
mod bergshamra;
#[path = "opinions/libxmlsec1_damage.rs"]
mod libxmlsec1_damage;
#[path = "opinions/libxmlsec1_encrypts.rs"]
mod libxmlsec1_encrypts;
#[path = "opinions/libxmlsec1_properties.rs"]
mod libxmlsec1_properties;
#[path = "opinions/libxmlsec1_signs.rs"]
mod libxmlsec1_signs;
#[path = "opinions/libxmlsec1_verifies.rs"]
mod libxmlsec1_verifies;
