//! What was exchanged, for those who must be able to prove it: append-only, chained, signed.
