//! What a reader tolerated: accepted, but worth counting and telling the sender.

/// One thing that was tolerated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caution {
    liberty: Liberty,
    rule: Option<&'static str>,
    place: String,
}

impl Caution {
    pub(crate) fn new(liberty: Liberty, rule: Option<&'static str>, place: String) -> Self {
        Self {
            liberty,
            rule,
            place,
        }
    }

    /// What kind of liberty the sender took.
    pub fn liberty(&self) -> Liberty {
        self.liberty
    }

    /// The rule it breaks, if it breaks one.
    pub fn rule(&self) -> Option<&'static str> {
        self.rule
    }

    /// Where: a path of element names.
    pub fn place(&self) -> &str {
        &self.place
    }
}

macro_rules! liberties {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)+) => {
        /// A liberty senders take.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Liberty {
            $($(#[$doc])* $name,)+
        }

        impl Liberty {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Name for metrics and reports.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
        }
    };
}

liberties! {
    /// White space before the XML declaration. `[W14]`
    LeadingSpace = "leading_space",
    /// A byte order mark. `[W14]`
    ByteOrderMark = "byte_order_mark",
    /// Processing instructions, left out (oots-edm.md 11.4).
    Instruction = "instruction",
    /// Comments, passed over (oots-edm.md 11.4).
    Comment = "comment",
    /// Namespace prefixes other than those of the specification. `[W13]`
    Prefix = "prefix",
    /// Slots in another order than the specification lists them. `[W15]`
    SlotOrder = "slot_order",
    /// A request id with the prefix doubled or missing. `[W9]`
    RequestIdPrefix = "request_id_prefix",
    /// An answer id with the prefix that only request ids have, as 1.0 allowed.
    ResponseIdPrefix = "response_id_prefix",
    /// A language in lower case, unknown, empty or absent. `[W11]`
    Language = "language",
    /// An agent with a blank name, as before 1.2.
    BlankName = "blank_name",
    /// A severity with another host, or with characters around it. `[W12]`
    Severity = "severity",
    /// A date-time without a zone, taken as UTC. `[W10]`
    TimeZone = "time_zone",
    /// A semantic repository URL of 2023 in a newer message.
    OldDomain = "old_domain",
    /// A procedure that is not in the list known here.
    Procedure = "procedure",
    /// An agent identifier scheme that only older traffic has.
    AgentScheme = "agent_scheme",
    /// Only a platform among the providers, as 1.0 allowed.
    ProviderRole = "provider_role",
    /// An identifier scheme of legal persons in another case.
    LegalScheme = "legal_scheme",
    /// A country outside the list where the release only warns.
    Country = "country",
    /// An eIDAS identifier in a form that the rules of 1.0 do not know.
    EidasFormat = "eidas_format",
    /// A person without an identifier.
    EidasMissing = "eidas_missing",
    /// A representative without a gender (2.0).
    GenderMissing = "gender_missing",
    /// A collection without its type, as before 1.1.
    CollectionType = "collection_type",
    /// A Content-ID without two sides.
    ContentId = "content_id",
    /// An object identifier without its prefix.
    ObjectId = "object_id",
    /// An exception without code, or with one that its type contradicts.
    ErrorCode = "error_code",
    /// An exception without message.
    ErrorMessage = "error_message",
    /// `PreviewRequired` without the place where the preview is, or the place without it.
    PreviewLocation = "preview_location",
    /// A preview without method.
    PreviewMethod = "preview_method",
    /// An element the release does not have, passed over.
    UnknownElement = "unknown_element",
    /// More about the subject than the release lets the evidence repeat.
    SubjectDetail = "subject_detail",
}
