//! Time and randomness of these tests: two implementations talk here, so both are real.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use ebms::MessageId;
use jiff::Timestamp;

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the other side of the exchange has a real clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Fills with random octets; aborts where the system has none.
pub fn draw(out: &mut [u8]) {
    if SystemRandom::new().fill(out).is_err() {
        std::process::abort();
    }
}

/// Random octets in hexadecimal.
pub fn octets() -> String {
    let mut drawn = [0; 16];
    draw(&mut drawn);
    drawn.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new message id.
///
/// # Errors
/// Never with the text built here; the type says it may.
pub fn id(host: &str) -> crate::Result<MessageId> {
    Ok(format!("{}@{host}", octets()).parse()?)
}
