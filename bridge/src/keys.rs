//! Keys and certificates of the platform: made, listed, watched for their expiry.
//!
//! Signing and decrypting are not here but in `ebms` and `audit`.

pub mod generate;
pub mod list;
