//! The Intermediäre Plattform bridging node: two routes between the German NOOTS and the EU-OOTS.
//!
//! The order of the modules is the reading order.

pub mod world;

pub mod config;

pub mod keys;

pub mod exchange;

pub mod outbox;

pub mod spool;

pub mod seal;

pub mod audit;

pub mod directory;

pub mod http;

pub mod telemetry;

pub mod cli;
