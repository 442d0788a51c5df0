//! Simulators, conformance runner and reports for any OOTS node
//!
//! Reaches a node over the wire only. `simulator` plays every neighbor of a bridge; `cli` is the
//! command line, also reachable as `bridge conformance`.

pub mod pki;

pub mod simulator;

pub mod cli;
