//! The loop of a worker: take an entry, do it, settle it. What "do it" means is the routes' affair.
