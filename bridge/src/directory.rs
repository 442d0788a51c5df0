//! The Common Services of the Commission: which evidence proves a requirement, and who provides it.
//!
//! `query` is what can be asked, `answer` what comes back, `decode` reads it, `signature` decides
//! whether it is believed, `relevance` whether it answers the question, `fetch` and `cache` get it,
//! `evaluate` draws the conclusions for a route. Nothing that is not signed is ever read.

pub mod query;

pub mod answer;

pub mod decode;
