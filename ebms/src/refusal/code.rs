//! The ebMS error codes: one table for what we send, what we receive and what `explain` prints.
//! [AS4 2.3]

use std::{fmt, str::FromStr};

/// How bad an error is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The message may be delivered all the same.
    Warning,
    /// The message is not delivered.
    Failure,
}

impl Severity {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// Which part of the processing an error belongs to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Category {
    /// The header's values.
    Content,
    /// Getting the message across.
    Communication,
    /// MIME, SOAP and header structure.
    Unpackaging,
    /// What was agreed, and security.
    Processing,
}

impl Category {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "Content",
            Self::Communication => "Communication",
            Self::Unpackaging => "Unpackaging",
            Self::Processing => "Processing",
        }
    }
}

macro_rules! codes {
    ($($name:ident $code:literal $short:literal $severity:ident $category:ident $meaning:literal;)*) => {
        /// An ebMS error code.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum EbmsCode {
            $(#[doc = $meaning] $name,)*
        }

        impl EbmsCode {
            /// Every code, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// `EBMS:nnnn`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The short description that goes with the code.
            pub fn short_description(self) -> &'static str {
                match self { $(Self::$name => $short,)* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Where it belongs.
            pub fn category(self) -> Category {
                match self { $(Self::$name => Category::$category,)* }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    ValueNotRecognized "EBMS:0001" "ValueNotRecognized" Failure Content "A well-formed value of the header, usually service or action, is not known here.";
    FeatureNotSupported "EBMS:0002" "FeatureNotSupported" Warning Content "A value asks for a feature that is not supported; the message is processed without it.";
    ValueInconsistent "EBMS:0003" "ValueInconsistent" Failure Content "Values of the header contradict each other or a rule on their content.";
    Other "EBMS:0004" "Other" Failure Content "An error without a code of its own.";
    ConnectionFailure "EBMS:0005" "ConnectionFailure" Failure Communication "No connection to the other access point.";
    EmptyMessagePartitionChannel "EBMS:0006" "EmptyMessagePartitionChannel" Warning Communication "Nothing to pull.";
    MimeInconsistency "EBMS:0007" "MimeInconsistency" Failure Unpackaging "The MIME package is broken or does not fit the header.";
    FeatureNotSupportedFailure "EBMS:0008" "FeatureNotSupported" Failure Unpackaging "The header asks for a feature that is not supported.";
    InvalidHeader "EBMS:0009" "InvalidHeader" Failure Unpackaging "The envelope or the ebMS header does not have the required structure.";
    ProcessingModeMismatch "EBMS:0010" "ProcessingModeMismatch" Failure Processing "No processing mode was agreed for these parties, roles, service and action.";
    ExternalPayloadError "EBMS:0011" "ExternalPayloadError" Failure Content "A payload is referenced outside the message.";
    RoutingFailure "EBMS:0020" "RoutingFailure" Failure Processing "An intermediary cannot route the message.";
    MpcCapacityExceeded "EBMS:0021" "MPCCapacityExceeded" Failure Processing "An intermediary's channel is full.";
    MessagePersistenceTimeout "EBMS:0022" "MessagePersistenceTimeout" Failure Processing "An intermediary gave up keeping the message.";
    MessageExpired "EBMS:0023" "MessageExpired" Warning Processing "The message expired on its way.";
    BundlingError "EBMS:0030" "BundlingError" Failure Content "Bundled messages contradict each other.";
    RelatedMessageFailed "EBMS:0031" "RelatedMessageFailed" Failure Processing "A message bundled with this one failed.";
    BadFragmentGroup "EBMS:0040" "BadFragmentGroup" Failure Content "A fragment belongs to a rejected group.";
    DuplicateMessageSize "EBMS:0041" "DuplicateMessageSize" Failure Content "Fragments of one group state different message sizes.";
    DuplicateFragmentCount "EBMS:0042" "DuplicateFragmentCount" Failure Content "Fragments of one group state different fragment counts.";
    DuplicateMessageHeader "EBMS:0043" "DuplicateMessageHeader" Failure Content "Fragments of one group carry different message headers.";
    DuplicateAction "EBMS:0044" "DuplicateAction" Failure Content "Fragments of one group carry different actions.";
    DuplicateCompressionInfo "EBMS:0045" "DuplicateCompressionInfo" Failure Content "Fragments of one group state different compression.";
    DuplicateFragment "EBMS:0046" "DuplicateFragment" Failure Content "A fragment came twice.";
    BadFragmentStructure "EBMS:0047" "BadFragmentStructure" Failure Unpackaging "A fragment is not built as it must be.";
    BadFragmentNum "EBMS:0048" "BadFragmentNum" Failure Content "A fragment number exceeds the fragment count.";
    BadFragmentCount "EBMS:0049" "BadFragmentCount" Failure Content "A fragment count is below a number already seen.";
    FragmentSizeExceeded "EBMS:0050" "FragmentSizeExceeded" Warning Unpackaging "A fragment is larger than agreed.";
    ReceiveIntervalExceeded "EBMS:0051" "ReceiveIntervalExceeded" Failure Unpackaging "The fragments did not all come in time.";
    BadProperties "EBMS:0052" "BadProperties" Warning Unpackaging "A fragment carries message properties that it must not.";
    HeaderMismatch "EBMS:0053" "HeaderMismatch" Failure Unpackaging "A fragment's header contradicts that of its source message.";
    OutOfStorageSpace "EBMS:0054" "OutOfStorageSpace" Failure Unpackaging "No room to join the fragments.";
    DecompressionError "EBMS:0055" "DecompressionError" Failure Processing "A joined message cannot be decompressed.";
    ResponseUsingAlternateMep "EBMS:0060" "ResponseUsing-AlternateMEP" Warning Processing "The answer comes over another exchange pattern.";
    FailedAuthentication "EBMS:0101" "FailedAuthentication" Failure Processing "The signature is not valid or not by the party the message names.";
    FailedDecryption "EBMS:0102" "FailedDecryption" Failure Processing "The encrypted parts cannot be decrypted.";
    PolicyNoncompliance "EBMS:0103" "PolicyNoncompliance" Failure Processing "The security of the message is not what was agreed.";
    DysfunctionalReliability "EBMS:0201" "DysfunctionalReliability" Failure Processing "Reliable messaging does not work.";
    DeliveryFailure "EBMS:0202" "DeliveryFailure" Failure Communication "The message arrived but cannot be stored or delivered now.";
    MissingReceipt "EBMS:0301" "MissingReceipt" Failure Communication "No receipt came for a message sent.";
    InvalidReceipt "EBMS:0302" "InvalidReceipt" Failure Communication "The receipt is not a valid receipt for the message sent.";
    DecompressionFailure "EBMS:0303" "DecompressionFailure" Failure Communication "A payload cannot be decompressed.";
    DuplicateDetected "EBMS:4001" "DuplicateDetected" Failure Content "Private code of phase4: the message was already received; its receipt is not repeated.";
}

impl EbmsCode {
    /// The module that reports it: `@origin`.
    pub fn origin(self) -> &'static str {
        match self {
            Self::FailedAuthentication | Self::FailedDecryption | Self::PolicyNoncompliance => {
                "security"
            }
            Self::DysfunctionalReliability | Self::DeliveryFailure => "reliability",
            _ => "ebMS",
        }
    }

    /// Whether sending the same message again cannot help. [AS4 2.2]
    pub fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::ValueNotRecognized
                | Self::ValueInconsistent
                | Self::InvalidHeader
                | Self::ProcessingModeMismatch
                | Self::ExternalPayloadError
                | Self::FailedAuthentication
                | Self::FailedDecryption
                | Self::PolicyNoncompliance
                | Self::DecompressionFailure
                | Self::DuplicateDetected
        )
    }
}

impl fmt::Display for EbmsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a code of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an ebMS error code")]
pub struct UnknownCode;

impl FromStr for EbmsCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_as_it_is_written() {
        for code in EbmsCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
    }

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(
            EbmsCode::ALL
                .windows(2)
                .all(|pair| pair[0].as_str() < pair[1].as_str())
        );
    }

    #[test]
    fn an_unknown_code_is_not_guessed() {
        assert_eq!("EBMS:9999".parse::<EbmsCode>(), Err(UnknownCode));
        assert_eq!("0101".parse::<EbmsCode>(), Err(UnknownCode));
    }
}
