//! Attacks on the engine, generated from good messages the suite writes itself: every one is
//! built, judged by a small careless verifier that says whether signature and digests still hold
//! formally, and handed to the engine, which must refuse it with the code of the catalogue.
//!
//! `cargo test -p ebms --test attack -- --nocapture` prints what was tried, group by group.

#[cfg(test)]
mod attack {
    mod algorithm;
    mod attachment;
    mod bench;
    mod careless;
    mod certificate;
    mod damage;
    mod forge;
    mod key;
    mod legal;
    mod message;
    mod mime;
    mod oracle;
    mod parser;
    mod part;
    mod receipt;
    mod reference;
    mod replay;
    mod table;
    mod tally;
    mod text;
    #[path = "../engine/support.rs"]
    #[expect(dead_code, reason = "shared with another suite, which uses the rest")]
    mod world;
    mod wrapping;
}
