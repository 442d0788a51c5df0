//! The tables that join the two worlds, built from `config/mapping`.

/// All tables.
#[derive(Clone, Debug, Default)]
pub struct CodeTables {}
