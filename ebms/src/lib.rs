//! AS4/ebMS3 message engine: packaging, WS-Security, signals; no I/O, no clock, no randomness
