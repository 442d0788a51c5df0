//! Logs, traces and metrics: set-up, and every name in one place.
