//! Reading and writing EDM messages, against published and captured ones and against generated
//! ones.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "helpers of tests fail like tests"
)]

mod answer;
mod ask;
mod bend;
mod generate;
mod handmade;
mod header;
mod identifier;
mod invalid;
mod normal;
mod property;
mod reference;
mod sample;
mod schema;
mod variance;
