//! The engine from outside: the published vectors, recorded messages of other implementations,
//! and our own messages read back. Hostile variants of good ones are in `attack.rs`.

#[cfg(test)]
mod engine {
    mod agreed;
    mod classification;
    mod legacy_oaep;
    mod pmode;
    mod recorded;
    mod revocation;
    mod round_trip;
    mod samples;
    mod schema;
    mod support;
    mod trust;
    mod vectors;
}
