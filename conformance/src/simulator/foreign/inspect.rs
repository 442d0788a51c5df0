//! What every message between access points has to look like

use ebms::{Property, ReceivedMessage, profile};

use crate::simulator::edm::EdmVersion;
use crate::simulator::national::{Findings, is_uuid};

/// The identifiers of a corner
pub(super) type Corner<'a> = (&'a str, &'a str);

/// What is known of a message before reading its header
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) action: &'a str,
    pub(super) version: Option<EdmVersion>,
    pub(super) sender: Option<Corner<'a>>,
    pub(super) recipient: Option<Corner<'a>>,
    pub(super) conversation: Option<&'a str>,
    pub(super) exchange: Option<&'a str>,
}

pub(super) fn header(message: &ReceivedMessage, expected: &Expected<'_>) -> Vec<String> {
    let mut findings = Findings::new();
    let header = message.header();
    findings.equal("Action", Some(header.action()), expected.action);
    findings.equal("Service", Some(header.service().value()), profile::SERVICE);
    findings.equal(
        "Service type",
        header.service().kind(),
        profile::SERVICE_TYPE,
    );
    findings.expect(header.ref_to_message_id().is_none(), || {
        "RefToMessageId is set".to_owned()
    });
    findings.expect(header.agreement().is_none(), || {
        "AgreementRef is set".to_owned()
    });
    findings.expect(header.message_id().as_str().contains('@'), || {
        "MessageId without @".to_owned()
    });
    // [R-EDM-ebMS-017] the conversation is a UUID.
    let conversation = header.conversation_id().as_str();
    findings.expect(is_uuid(conversation), || {
        format!("ConversationId {conversation} is no UUID")
    });
    if let Some(wanted) = expected.conversation {
        findings.equal("ConversationId", Some(conversation), wanted);
    }
    properties(message, expected, &mut findings);
    parts(message, &mut findings);
    findings.into_vec()
}

fn properties(message: &ReceivedMessage, expected: &Expected<'_>, findings: &mut Findings) {
    let header = message.header();
    let mut names: Vec<_> = header.properties().iter().map(Property::name).collect();
    names.sort_unstable();
    // [R-EDM-ebMS-018] [R-EDM-ebMS-019] two properties in 1.x, four in 2.0.
    let wanted: &[&str] = match expected.version {
        Some(EdmVersion::V2_0) => &[
            "ExchangeId",
            "SpecificationId",
            "finalRecipient",
            "originalSender",
        ],
        _ => &["finalRecipient", "originalSender"],
    };
    if expected.version.is_some() {
        findings.expect(names == wanted, || {
            format!("message properties {names:?} instead of {wanted:?}")
        });
    }
    corner(
        header.property(profile::ORIGINAL_SENDER),
        "originalSender",
        expected.sender,
        findings,
    );
    corner(
        header.property(profile::FINAL_RECIPIENT),
        "finalRecipient",
        expected.recipient,
        findings,
    );
    if expected.version == Some(EdmVersion::V2_0) {
        let exchange = header.property(profile::EXCHANGE_ID).map(Property::value);
        // [R-EDM-ebMS-037] the exchange is a UUID.
        findings.expect(exchange.is_some_and(is_uuid), || {
            "ExchangeId is no UUID".to_owned()
        });
        if let Some(wanted) = expected.exchange {
            findings.equal("ExchangeId", exchange, wanted);
        }
        // [R-EDM-ebMS-038] the release in the header is that of the body.
        let release = header
            .property(profile::SPECIFICATION_ID)
            .map(Property::value);
        findings.equal("SpecificationId", release, EdmVersion::V2_0.as_str());
    }
}

fn corner(
    property: Option<&Property>,
    name: &str,
    wanted: Option<Corner<'_>>,
    findings: &mut Findings,
) {
    let Some(property) = property else {
        return findings.add(format!("{name} is missing"));
    };
    let kind = property.kind();
    findings.expect(kind.is_some_and(|kind| !kind.is_empty()), || {
        format!("{name} has no type")
    });
    if let Some((id, scheme)) = wanted {
        findings.equal(name, Some(property.value()), id);
        findings.equal(&format!("type of {name}"), kind, scheme);
    }
}

fn parts(message: &ReceivedMessage, findings: &mut Findings) {
    let parts = message.header().parts();
    let first = parts.first().map(ebms::PartInfo::media_type);
    findings.equal("media type of the first part", first, EDM_MEDIA_TYPE);
    findings.expect(parts.len() == message.payloads().len(), || {
        format!(
            "{} PartInfo for {} payloads",
            parts.len(),
            message.payloads().len()
        )
    });
}

/// Media type of every EDM message
pub(super) const EDM_MEDIA_TYPE: &str = "application/x-ebrs+xml";
