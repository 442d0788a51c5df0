//! Our sets and the Schematron engine on whole documents.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "test code")]

#[path = "rules/data.rs"]
mod data;
#[path = "rules/detection.rs"]
mod detection;
#[path = "rules/differential.rs"]
mod differential;
#[path = "rules/hostile.rs"]
mod hostile;
#[path = "rules/inventory.rs"]
mod inventory;
#[path = "rules/mutated.rs"]
mod mutated;
#[path = "rules/published.rs"]
mod published;
#[path = "rules/valid.rs"]
mod valid;
