//! stub
/// Why.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Not one whole gzip member with nothing behind it.
    #[error("not one whole gzip member")]
    Gzip,
    /// More octets than allowed.
    #[error("more octets than allowed")]
    TooLarge,
    /// A compression ratio no honest payload has.
    #[error("compression ratio too high")]
    Ratio,
}
