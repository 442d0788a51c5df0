//! What is known about every running exchange, and the two places it can be kept.
//!
//! `state` is the closed table of steps, `record` what is stored, `change` one atomic transition,
//! `store` the trait both stores fulfil. Routes live elsewhere; nothing here knows AS4 or XNachweis.

pub mod state;

pub mod id;

pub mod record;

pub mod change;

pub mod message;

pub mod store;

mod stored;

pub(crate) mod batch;

mod parcel;

pub mod embedded;

pub mod redis;

pub use change::{Applied, Change, Opened, Opening};
pub use id::{EntryId, EpochNumber, ExchangeId, OpId};
pub use message::{Claim, Digest, MessageAnswer, MessageKey, RequestMemory};
pub use record::{LookupKey, LookupKind, Outcome, Record, Start, Summary};
pub use state::{Refused, Route, State, Step};
pub use store::{Retry, Store, StoreError};
