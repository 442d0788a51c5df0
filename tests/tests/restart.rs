//! Nothing acknowledged is lost or delivered twice, whatever is killed when: a bridge in a process
//! of its own, in the simulated world, with either store.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code"
)]

#[path = "restart/duplicates.rs"]
mod duplicates;
#[path = "restart/ground.rs"]
mod ground;
#[path = "restart/lost_redis.rs"]
mod lost_redis;
#[path = "restart/poison.rs"]
mod poison;
#[path = "restart/provide.rs"]
mod provide;
#[path = "restart/retrieve.rs"]
mod retrieve;
#[path = "restart/storm.rs"]
mod storm;
#[path = "restart/termination.rs"]
mod termination;

/// One test per store.
macro_rules! with_either_store {
    ($($name:ident)*) => {$(
        mod $name {
            use super::super::ground::{Ground, Kind};

            #[tokio::test(flavor = "multi_thread")]
            async fn embedded() {
                super::$name(&mut Ground::set(Kind::Embedded).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn redis() {
                super::$name(&mut Ground::set(Kind::Redis).await).await;
            }
        }
    )*};
}
use with_either_store;
