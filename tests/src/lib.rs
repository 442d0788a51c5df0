//! Whole-bridge tests: starts bridges, Redis and the simulated world

pub mod process;
pub mod proxy;
pub mod redisctl;
pub mod sample;
pub mod scene;
pub mod schema;

pub use sample::{Sample, reference};
pub use scene::{LIMIT, Scene, Shared};
