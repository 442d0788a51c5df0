//! Both stores and the spool, against real files and a real Redis.

#[cfg(test)]
#[path = "store_suite/contract.rs"]
mod contract;
#[cfg(test)]
#[path = "store_suite/harness.rs"]
mod harness;
#[cfg(test)]
#[path = "store_suite/only_embedded.rs"]
mod only_embedded;
#[cfg(test)]
#[path = "store_suite/only_redis.rs"]
mod only_redis;
#[cfg(test)]
#[path = "store_suite/server.rs"]
mod server;
#[cfg(test)]
#[path = "store_suite/spool.rs"]
mod spool;
#[cfg(test)]
#[path = "store_suite/states.rs"]
mod states;
