//! The audit log, on real files.

#[cfg(test)]
#[path = "audit_suite/log.rs"]
mod log;
