//! Whole-bridge tests: starts bridges, Redis and the simulated world

pub mod process;
pub mod redisctl;
