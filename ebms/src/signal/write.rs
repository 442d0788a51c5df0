//! Writes receipts and errors.

use super::SignalBytes;
use crate::{
    id::MessageId,
    receive::ReceivedMessage,
    refusal::Refusal,
    security::{SigningKey, Verified},
    send::Unsendable,
};
use jiff::Timestamp;

/// The receipt for a message: send it after the message is stored, never before.
pub fn receipt(
    message: &Verified<ReceivedMessage>,
    id: MessageId,
    now: Timestamp,
    key: &SigningKey,
) -> Result<SignalBytes, Unsendable> {
    todo!()
}

/// The error signal for a refused message, signed if a key is given.
pub fn error(
    refusal: &Refusal,
    id: MessageId,
    now: Timestamp,
    key: Option<&SigningKey>,
) -> SignalBytes {
    todo!()
}
