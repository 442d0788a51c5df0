//! Route `provide`.
