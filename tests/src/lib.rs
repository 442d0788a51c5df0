//! Whole-bridge tests: starts bridges, Redis and the simulated world
