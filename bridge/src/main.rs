//! Entry point of the `bridge` binary.
fn main() {}
