//! Business failures of the Common Services. [oots-edm 8.4]

/// Why nothing was found: one exception, from 1.1 on possibly more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    pub(in crate::directory) first: Exception,
    pub(in crate::directory) others: Vec<Exception>,
}

impl Refusal {
    /// The first exception's code.
    pub fn code(&self) -> &ErrorCode {
        &self.first.code
    }

    /// All exceptions, at least one.
    pub fn exceptions(&self) -> impl Iterator<Item = &Exception> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether another release line may have what this one has not. An answer of the wrong line
    /// may also be that it has no version in common with us, for which there is no own code.
    pub(in crate::directory) fn depends_on_line(&self) -> bool {
        matches!(
            self.code(),
            ErrorCode::BrokerEmpty
                | ErrorCode::BrokerNoRequirement
                | ErrorCode::BrokerParameters
                | ErrorCode::DirectoryEmpty
                | ErrorCode::DirectoryNoEvidenceType
                | ErrorCode::DirectoryParameters
        )
    }
}

/// `rs:Exception`
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exception {
    pub(in crate::directory) code: ErrorCode,
    pub(in crate::directory) kind: String,
    pub(in crate::directory) message: String,
    pub(in crate::directory) severity: String,
    pub(in crate::directory) detail: Option<String>,
}

impl Exception {
    /// Code
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// Local name of `xsi:type`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Message
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Severity
    pub fn severity(&self) -> &str {
        &self.severity
    }

    /// Detail
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// Code of an exception. The lists may grow, so an unlisted one is kept.
        #[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
            /// Not in the list of 2.0.1.
            Other(Box<str>),
        }

        impl ErrorCode {
            /// The code as the lists spell it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }

            pub(in crate::directory) fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

codes! {
    /// The result set is empty. `[EB:ERR:0001]`
    BrokerEmpty = "EB:ERR:0001",
    /// The requirement does not exist. `[EB:ERR:0002]`
    BrokerNoRequirement = "EB:ERR:0002",
    /// Parameters not as specified. `[EB:ERR:0003]`
    BrokerParameters = "EB:ERR:0003",
    /// Jurisdiction level unknown (before 2.0). `[EB:ERR:0004]`
    BrokerLevel = "EB:ERR:0004",
    /// Procedure unknown. `[EB:ERR:0005]`
    BrokerProcedure = "EB:ERR:0005",
    /// Country unknown. `[EB:ERR:0006]`
    BrokerCountry = "EB:ERR:0006",
    /// Query unknown. `[EB:ERR:0007]`
    BrokerQuery = "EB:ERR:0007",
    /// No data service found. `[DSD:ERR:0001]`
    DirectoryEmpty = "DSD:ERR:0001",
    /// Evidence type unknown. `[DSD:ERR:0002]`
    DirectoryNoEvidenceType = "DSD:ERR:0002",
    /// Parameters not as specified. `[DSD:ERR:0003]`
    DirectoryParameters = "DSD:ERR:0003",
    /// Query unknown. `[DSD:ERR:0004]`
    DirectoryQuery = "DSD:ERR:0004",
    /// Additional input needed. `[DSD:ERR:0005]`
    DirectoryMoreInput = "DSD:ERR:0005",
    /// Wrong value for a requested parameter. `[DSD:ERR:0006]`
    DirectoryValue = "DSD:ERR:0006",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
