//! Route `retrieve`.
