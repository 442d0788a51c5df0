//! The AS4 message engine: octets in, verified messages out, and back. No I/O, no clock, no
//! randomness, no async: time and random octets are arguments.
//!
//! A caller makes two calls.
//!
//! *In*: [`receive::read`] takes the MIME package apart and reads the header ([`Sealed`]),
//! [`Sealed::verify`] finds the P-Mode, checks signature and signer ([`Signed`]), [`Signed::open`]
//! decrypts, checks every digest and decompresses ([`Verified`]). [`signal::receipt`] answers a
//! verified message, [`signal::error`] a refused one.
//!
//! *Out*: [`send::write`] makes the octets of a [`Draft`], [`signal::read_answer`] judges what
//! came back.
//!
//! **Invariant:** what was verified is what is read: one tree, built once, addressed by position.

pub mod id;
pub mod profile;
pub mod refusal;

pub mod package;

mod envelope;

pub mod header;

pub mod pmode;

pub mod security;

pub mod compress;

pub mod octets;
pub mod storage;

pub mod receive;
pub mod send;
pub mod signal;

pub mod retry;

pub use header::{PartInfo, Party, Property, Service, UserMessage};
pub use id::{ContentId, ConversationId, InvalidId, MessageId, PartnerName, PartyId};
pub use octets::{Octets, Source};
pub use pmode::{Leg, PModes, Partner, Template};
pub use receive::{Incoming, ReceivedMessage};
pub use refusal::{EbmsCode, Reason, Refusal};
pub use security::{Sealed, Signed, Verified};
pub use send::{Draft, Heading, Outgoing, Payload, SentProof};
pub use signal::{Answer, SealedSignal, SignalBytes};
pub use storage::{Memory, Storage};
