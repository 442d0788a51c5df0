//! HTTP as this service speaks it: its own accept loop, limits, TLS, answers to failures, probes.
//!
//! Nothing in here knows a message, an exchange or the configuration: a listener is handed a
//! socket, settings and a router.

pub mod tls;
