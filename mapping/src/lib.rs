//! EDM and XNachweis messages and the translation between them.
//!
//! Pure: no I/O, no clock, no randomness. Knows no AS4, no HTTP and no store. The modules below
//! stand in reading order: the two worlds ([`edm`], [`noots`]), what joins them
//! ([`code_table`]), and the two routes ([`provide`], [`retrieve`]).

pub mod code_table;
mod convert;
pub mod edm;
pub mod noots;
pub mod personal;
mod platform;
pub mod provide;
pub mod retrieve;

pub use code_table::CodeTables;
pub use personal::Personal;
pub use platform::{
    Context, Draw, EvidencePart, Platform, PlatformNames, Translated, Untranslatable, Warning,
};
