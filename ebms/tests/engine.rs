//! The engine from outside: the published vectors, recorded messages of other implementations,
//! our own messages read back, and hostile variants of good ones.

#[cfg(test)]
mod engine {
    mod agreed;
    mod classification;
    mod hostile;
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
