//! RegRep slots: reading them by name against a closed table, and writing them.

mod read;
mod time;
mod write;

pub(super) use read::{
    Family, Reading, SlotRule, Slots, allow_only, attribute, choice, leaf, optional_leaf, parsed,
    read_response_id, type_name,
};
pub(super) use time::{read_date, read_date_time};
pub(super) use write::{
    any, boolean, collection, date_time, international, optional, root_attributes, string,
};

/// `urn:…:query:4.0`
pub(super) const QUERY: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0";
/// `urn:…:rim:4.0`
pub(super) const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0";
/// `urn:…:rs:4.0`
pub(super) const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0";
/// SDG generic metadata profile
pub(super) const SDG: &str = "http://data.europa.eu/p4s";
/// XLink
pub(super) const XLINK: &str = "http://www.w3.org/1999/xlink";
/// XML Schema instance
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The fixed type of a collection, mandatory since 1.1.
const SET: &str = "urn:oasis:names:tc:ebxml-regrep:CollectionType:Set";

/// Rule named where only the schema, and no numbered rule, forbids what was found.
pub(super) const SCHEMA: &str = "XSD";

/// Type of a slot value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// StringValueType
    Text,
    /// DateTimeValueType
    DateTime,
    /// BooleanValueType
    Boolean,
    /// InternationalStringValueType
    International,
    /// AnyValueType
    Any,
    /// CollectionValueType
    Collection,
}

impl Kind {
    /// Local name of the `xsi:type`.
    fn type_name(self) -> &'static str {
        match self {
            Self::Text => "StringValueType",
            Self::DateTime => "DateTimeValueType",
            Self::Boolean => "BooleanValueType",
            Self::International => "InternationalStringValueType",
            Self::Any => "AnyValueType",
            Self::Collection => "CollectionValueType",
        }
    }
}
