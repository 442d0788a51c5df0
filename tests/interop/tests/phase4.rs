//! Our engine and phase4 talk over TLS on the loopback, in both directions and both profiles.
//! Every message is one line of the transcript, which `--nocapture` shows.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code"
)]

#[path = "phase4/receiving.rs"]
mod receiving;
#[path = "phase4/scene.rs"]
mod scene;
#[path = "phase4/sending.rs"]
mod sending;
