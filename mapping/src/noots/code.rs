//! Codes of XNachweis and the lists they come from.

use std::fmt;
use std::str::FromStr;

use super::id::Malformed;

/// A code list: its URI and the version written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CodeList {
    /// Role of an agent.
    AgentClassification,
    /// Level of assurance.
    Loa,
    /// Media types of evidence.
    MediaTypes,
    /// Procedures.
    Procedures,
    /// Status of an answer.
    ResponseStatus,
    /// Error codes.
    ErrorCodes,
    /// Languages.
    Languages,
    /// Countries.
    Countries,
    /// Regional keys.
    Ars,
    /// Names of the messages.
    MessageTypes,
    /// Directories a party is listed in.
    Directories,
    /// Channels a party is reached by.
    Channels,
}

impl CodeList {
    /// `listURI`, fixed by the standard.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::AgentClassification => "urn:xoev-de:xnachweis:codeliste:agentclassification",
            Self::Loa => "urn:xoev-de:xnachweis:codeliste:loa",
            Self::MediaTypes => "urn:xoev-de:xnachweis:codeliste:ootsmediatypes",
            Self::Procedures => "urn:xoev-de:xnachweis:codeliste:procedures",
            Self::ResponseStatus => "urn:xoev-de:xnachweis:codeliste:responsestatustype",
            Self::ErrorCodes => "urn:xoev-de:xnachweis:codeliste:nootserrorcodes",
            Self::Languages => "urn:xoev-de:xnachweis:codeliste:sprachen-iso-639-1",
            Self::Countries => "urn:xoev-de:kosit:codeliste:country-codes",
            Self::Ars => "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs",
            Self::MessageTypes => "urn:xoev-de:xnachweis:codeliste:messagetypes",
            Self::Directories => "urn:xoev-de:kosit:codeliste:verzeichnisdienst",
            Self::Channels => "urn:de:xoev:codeliste:erreichbarkeit",
        }
    }

    /// `listVersionID` we write. On reading any version counts: all lists but the message types
    /// are used in their newest published version.
    pub const fn version(self) -> &'static str {
        match self {
            Self::AgentClassification | Self::Loa => "2022-12",
            Self::MediaTypes | Self::Procedures => "2023-11",
            Self::ResponseStatus => "2023-10",
            Self::ErrorCodes => "2024-09",
            Self::Languages => "2023-12",
            Self::Countries => "8",
            Self::Ars => "2024-10-31",
            Self::MessageTypes => "1.4",
            Self::Directories | Self::Channels => "3",
        }
    }
}

macro_rules! closed_code {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                match text { $($code => Ok(Self::$variant),)+ _ => Err(Malformed($what)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

closed_code! {
    /// Role of an agent in the exchange.
    AgentClass, "a known agent classification", {
        /// Evidence requester.
        EvidenceRequester = "ER",
        /// Intermediary platform.
        IntermediaryPlatform = "IP",
        /// Evidence provider.
        EvidenceProvider = "EP",
        /// Who issues an error.
        ErrorProvider = "ERRP",
    }
}
closed_code! {
    /// Level of assurance of an identification, lowest first.
    Loa, "a known level of assurance", {
        /// Low.
        Low = "Low",
        /// Substantial.
        Substantial = "Substantial",
        /// High.
        High = "High",
    }
}
closed_code! {
    /// Status of an answer.
    Status, "a known response status", {
        /// The answer holds what was asked for.
        Success = "Success",
        /// Later.
        Unavailable = "Unavailable",
        /// The answer is an error.
        Failure = "Failure",
    }
}
closed_code! {
    /// The messages the platform takes part in.
    MessageType, "a known message type", {
        /// 0301, platform to Data Provider.
        EvidenceRequest = "DE.EvidenceRequest.0301",
        /// 0302, its answer.
        EvidenceResponse = "DE.EvidenceResponse.0302",
        /// 0303, its error.
        EvidenceErrorResponse = "DE.EvidenceErrorResponse.0303",
        /// 0401, Data Consumer to platform.
        EvidenceOrder = "DE.EvidenceOrder.0401",
        /// 0402, its answer.
        EvidenceOrderResponse = "DE.EvidenceOrderResponse.0402",
        /// 0403, its error.
        EvidenceOrderErrorResponse = "DE.EvidenceOrderErrorResponse.0403",
        /// 0411, Data Consumer collects.
        GetEvidence = "DE.GetEvidence.0411",
        /// 0412, its answer.
        GetEvidenceResponse = "DE.GetEvidenceResponse.0412",
        /// 0413, its error.
        GetEvidenceErrorResponse = "DE.GetEvidenceErrorResponse.0413",
    }
}

impl MessageType {
    /// Whether the message asks: then it must hold nothing the standard does not know.
    pub const fn is_request(self) -> bool {
        matches!(
            self,
            Self::EvidenceRequest | Self::EvidenceOrder | Self::GetEvidence
        )
    }
}

/// Media type of an evidence. The list grows, so an unknown one is kept.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum MediaType {
    /// `image/jpeg`, also written `image/jpg` by the national list.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/svg+xml`.
    Svg,
    /// `application/json`.
    Json,
    /// `application/pdf`.
    Pdf,
    /// `application/xml`.
    Xml,
    /// Not in the list.
    Other(Box<str>),
}

impl MediaType {
    /// The media type on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Json => "application/json",
            Self::Pdf => "application/pdf",
            Self::Xml => "application/xml",
            Self::Other(text) => text,
        }
    }

    /// Whether a data model must be named with it.
    pub const fn is_structured(&self) -> bool {
        matches!(self, Self::Json | Self::Xml)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MediaType {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Ok(match text {
            "image/jpeg" | "image/jpg" => Self::Jpeg,
            "image/png" => Self::Png,
            "image/svg+xml" => Self::Svg,
            "application/json" => Self::Json,
            "application/pdf" => Self::Pdf,
            "application/xml" => Self::Xml,
            other if is_media_type(other) => Self::Other(other.into()),
            _ => return Err(Malformed("a media type")),
        })
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.len() <= 127
        && text
            .split_once('/')
            .is_some_and(|(kind, sub)| token(kind) && token(sub))
}

/// An error code on the national side. New versions of the list add codes, so an unknown one is
/// kept.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `EDM:ERR:0001` to `EDM:ERR:0009`.
    Edm(EdmDigit),
    /// `NOOTS:ERR:0100`, meaning not published.
    Noots0100,
    /// `NOOTS:ERR:0200`: no evidence identified in the register.
    NoEvidence,
    /// `NOOTS:ERR:0201`: the jurisdiction parameter is missing.
    JurisdictionMissing,
    /// `NOOTS:ERR:0202`: the provider is not responsible for the municipality given.
    NotResponsible,
    /// Not in the list.
    Other(Box<str>),
}

/// The last digit of an `EDM:ERR:000n` code, 1 to 9.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EdmDigit(u8);

impl EdmDigit {
    /// 1 to 9.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl ErrorCode {
    /// `EDM:ERR:0001`: authentication failed.
    pub const AUTHENTICATION: Self = Self::Edm(EdmDigit(1));
    /// `EDM:ERR:0003`: invalid request.
    pub const INVALID_REQUEST: Self = Self::Edm(EdmDigit(3));
    /// `EDM:ERR:0004`: not found.
    pub const NOT_FOUND: Self = Self::Edm(EdmDigit(4));
    /// `EDM:ERR:0005`: time-out.
    pub const TIMEOUT: Self = Self::Edm(EdmDigit(5));
    /// `EDM:ERR:0007`: capability not supported.
    pub const UNSUPPORTED: Self = Self::Edm(EdmDigit(7));
    /// `EDM:ERR:0008`: the catch-all.
    pub const QUERY: Self = Self::Edm(EdmDigit(8));

    /// `EDM:ERR:000n` for n from 1 to 9.
    pub fn edm(digit: u8) -> Option<Self> {
        (1..=9)
            .contains(&digit)
            .then_some(Self::Edm(EdmDigit(digit)))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edm(digit) => write!(f, "EDM:ERR:000{}", digit.0),
            Self::Noots0100 => f.write_str("NOOTS:ERR:0100"),
            Self::NoEvidence => f.write_str("NOOTS:ERR:0200"),
            Self::JurisdictionMissing => f.write_str("NOOTS:ERR:0201"),
            Self::NotResponsible => f.write_str("NOOTS:ERR:0202"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl FromStr for ErrorCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(digit) = text
            .strip_prefix("EDM:ERR:000")
            .and_then(|rest| rest.parse().ok())
            && let Some(code) = Self::edm(digit)
            && code.to_string() == text
        {
            return Ok(code);
        }
        Ok(match text {
            "NOOTS:ERR:0100" => Self::Noots0100,
            "NOOTS:ERR:0200" => Self::NoEvidence,
            "NOOTS:ERR:0201" => Self::JurisdictionMissing,
            "NOOTS:ERR:0202" => Self::NotResponsible,
            other
                if !other.is_empty()
                    && other.len() <= 64
                    && other.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                Self::Other(other.into())
            }
            _ => return Err(Malformed("an error code")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_assurance_are_ordered() {
        assert!(Loa::Low < Loa::Substantial && Loa::Substantial < Loa::High);
    }

    #[test]
    fn unknown_error_codes_are_kept() {
        for text in [
            "EDM:ERR:0001",
            "EDM:ERR:0009",
            "NOOTS:ERR:0200",
            "NOOTS:ERR:0999",
            "EDM:ERR:0000",
            "EDM:ERR:000+1",
        ] {
            assert_eq!(text.parse::<ErrorCode>().unwrap().to_string(), text);
        }
        assert!(matches!("EDM:ERR:000+1".parse(), Ok(ErrorCode::Other(_))));
        assert!("".parse::<ErrorCode>().is_err());
    }

    #[test]
    fn both_spellings_of_jpeg_are_one_media_type() {
        assert_eq!("image/jpg".parse(), Ok(MediaType::Jpeg));
        assert!("application".parse::<MediaType>().is_err());
        assert!("a/b\r\nX: y".parse::<MediaType>().is_err());
    }
}
