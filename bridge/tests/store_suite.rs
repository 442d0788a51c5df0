//! Both stores and the spool, against real files and a real Redis.

#[path = "store_suite/contract.rs"]
mod contract;
#[path = "store_suite/harness.rs"]
mod harness;
#[path = "store_suite/only_redis.rs"]
mod only_redis;
#[path = "store_suite/server.rs"]
mod server;
#[path = "store_suite/spool.rs"]
mod spool;
#[path = "store_suite/states.rs"]
mod states;
