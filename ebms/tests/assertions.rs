//! The conformance assertions of the eDelivery AS4 profile and the pitfalls partners have met, one
//! named test each: the name begins with the id. What needs a running bridge is in
//! `tests/tests/access_point.rs`; what does not apply, and why, in `assertions/coverage.rs`.

#[cfg(test)]
mod assertions {
    mod agreed;
    mod attachments;
    mod authority;
    mod compression;
    mod coverage;
    mod exchange;
    mod forge;
    mod forgery;
    mod identifiers;
    mod interop;
    mod packaging;
    mod published;
    mod receipts;
    mod security;
    mod signals;
    #[path = "../engine/support.rs"]
    #[expect(dead_code, reason = "shared with another suite, which uses the rest")]
    mod support;
}
