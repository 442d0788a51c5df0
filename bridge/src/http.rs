//! HTTP as this service speaks it: its own accept loop, limits, TLS, answers to failures, probes.
//!
//! Nothing in here knows a message, an exchange or a section of the configuration: a listener is
//! handed a socket, settings and a router.

pub mod client;
mod guard;
mod head;
pub mod health;
pub mod limit;
mod linger;
mod request;
pub mod respond;
pub mod server;
pub mod tls;

pub use self::{
    client::{CallTimeouts, Clients, client},
    guard::Patience,
    request::Busy,
    server::serve,
};
