//! Logs, traces and metrics: set-up, and every name in one place.
//!
//! Never put a person's data into any of them: fields hold identifiers of ours and of messages,
//! codes and counts. Label values come from the enums of `metrics` only.

pub mod metrics;
pub mod names;
mod setup;
pub mod trace;

pub use self::{
    metrics::Metrics,
    setup::{Guard, SetupError, install},
};
