//! The Intermediäre Plattform bridging node: two routes between the German NOOTS and the EU-OOTS.
//!
//! The order of the modules is the reading order: the two routes first, then the doors they are
//! reached by, then what makes their work durable, then what surrounds them.

pub mod provide;

pub mod retrieve;

pub mod as4;

pub mod national;

pub mod dialogue;

pub mod directory;

pub mod worker;

pub mod platform;

pub mod partners;

mod start;

pub mod exchange;

pub mod outbox;

pub mod spool;

pub mod seal;

pub mod audit;

pub mod world;

pub mod config;

pub mod keys;

pub mod http;

pub mod telemetry;

pub mod cli;

pub mod demo;

pub use start::{Addresses, Running, Sockets, StartError, run};
