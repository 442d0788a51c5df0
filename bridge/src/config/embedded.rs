//! What `bridge init` writes: the files of `config/` in the repository, as they were at build time.

/// `bridge.toml`.
pub const EXAMPLE: &str = include_str!("../../../config/bridge.example.toml");

/// `consumers.toml`; the fingerprint in it consists of zeros.
pub const CONSUMERS: &str = include_str!("../../../config/consumers.toml");

/// `providers.toml`.
pub const PROVIDERS: &str = include_str!("../../../config/providers.toml");

/// `pmodes/oots.toml`.
pub const PMODE: &str = include_str!("../../../config/pmodes/oots.toml");

/// `partners/example.toml`.
pub const PARTNER: &str = include_str!("../../../config/partners/example.toml");

/// The tables of `mapping/`, by file name.
pub const MAPPING: [(&str, &str); 6] = [
    (
        "countries.toml",
        include_str!("../../../config/mapping/countries.toml"),
    ),
    (
        "errors.toml",
        include_str!("../../../config/mapping/errors.toml"),
    ),
    (
        "evidence-types.toml",
        include_str!("../../../config/mapping/evidence-types.toml"),
    ),
    (
        "identifier-schemes.toml",
        include_str!("../../../config/mapping/identifier-schemes.toml"),
    ),
    (
        "procedures.toml",
        include_str!("../../../config/mapping/procedures.toml"),
    ),
    (
        "requirements.toml",
        include_str!("../../../config/mapping/requirements.toml"),
    ),
];
