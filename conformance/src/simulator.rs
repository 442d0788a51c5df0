//! The simulated world around a bridge: every neighbor it talks to, each one honest
//!
//! A simulator verifies what it receives as strictly as a real peer would and complains into the
//! [`Journal`] instead of guessing. It has no clock and no randomness of its own: both come from
//! a [`Source`].

pub mod common_services;
pub mod data_consumer;
pub mod edm;
pub mod foreign;
pub mod http;
pub mod journal;
pub mod national;
mod opinion;
pub mod pdf;
pub mod person;
pub mod register;
pub mod sak;
pub mod source;
#[cfg(test)]
mod testing;
pub mod token;
pub mod world;

pub use journal::{Complaint, EvidenceRecord, Flow, Journal, Keys, Step, Verdict, Wire};
pub use source::Source;
pub use world::{SimulatedWorld, WorldSpec};
