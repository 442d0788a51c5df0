//! The command line: every command, its exit codes, its output.
