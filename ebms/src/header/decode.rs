//! Reads `eb:UserMessage` as its schema demands: names, order and number of elements, plain text
//! in leaves. A comment inside a signed value is refused: canonical XML drops it, so two readers
//! could read two values. [AS4 1.4, AS4 6.H]

use super::{PartInfo, Party, Property, Service, UserMessage};
use crate::{
    envelope::{Cursor, Envelope},
    id::{ContentId, MessageId, PartyId},
    profile::{self, ns},
    refusal::Reason,
};
use jiff::Timestamp;
use xml::Element;

/// The message id, if the header can be read that far: errors name the message they are about.
pub(crate) fn peek_message_id(envelope: &Envelope<'_>) -> Option<MessageId> {
    envelope
        .messaging
        .only_child(ns::EBMS, "UserMessage")?
        .child(ns::EBMS, "MessageInfo")?
        .only_child(ns::EBMS, "MessageId")
        .and_then(|id| text(id).ok()?.parse().ok())
}

/// Reads the user message in `eb:Messaging`.
pub(crate) fn user_message(messaging: Element<'_>) -> Result<UserMessage, Reason> {
    let mut outer = Cursor::new(messaging);
    let user = required(&mut outer, "UserMessage")?;
    while outer.take_foreign(ns::EBMS).is_some() {}
    done(&mut outer)?;

    let mut children = Cursor::new(user);
    let info = MessageInfo::read(required(&mut children, "MessageInfo")?)?;
    let mut parties = Cursor::new(required(&mut children, "PartyInfo")?);
    let from = party(required(&mut parties, "From")?)?;
    let to = party(required(&mut parties, "To")?)?;
    done(&mut parties)?;
    let mut purpose = Cursor::new(required(&mut children, "CollaborationInfo")?);
    let agreement = purpose
        .take(ns::EBMS, "AgreementRef")
        .map(text)
        .transpose()?;
    let service = service(required(&mut purpose, "Service")?)?;
    let action = text(required(&mut purpose, "Action")?)?;
    let conversation = required(&mut purpose, "ConversationId")?;
    let conversation_id = text(conversation)?
        .parse()
        .map_err(|_| Reason::header(conversation, "not a conversation id"))?;
    done(&mut purpose)?;
    let properties = match children.take(ns::EBMS, "MessageProperties") {
        Some(list) => properties(list)?,
        None => Vec::new(),
    };
    let parts = match children.take(ns::EBMS, "PayloadInfo") {
        Some(list) => parts(list)?,
        None => Vec::new(),
    };
    done(&mut children)?;
    Ok(UserMessage {
        message_id: info.message_id,
        timestamp: info.timestamp,
        ref_to_message_id: info.ref_to_message_id,
        mpc: user.attribute("", "mpc").map(|mpc| mpc.trim().to_owned()),
        from,
        to,
        agreement,
        service,
        action,
        conversation_id,
        properties,
        parts,
    })
}

/// `eb:MessageInfo` of a user message or a signal.
pub(crate) struct MessageInfo {
    pub(crate) timestamp: Timestamp,
    pub(crate) message_id: MessageId,
    pub(crate) ref_to_message_id: Option<MessageId>,
}

impl MessageInfo {
    pub(crate) fn read(element: Element<'_>) -> Result<Self, Reason> {
        let mut children = Cursor::new(element);
        let timestamp = timestamp(required(&mut children, "Timestamp")?)?;
        let id = |element: Element<'_>| {
            text(element)?
                .parse()
                .map_err(|_| Reason::header(element, "not a message id"))
        };
        let message_id = id(required(&mut children, "MessageId")?)?;
        let ref_to_message_id = children
            .take(ns::EBMS, "RefToMessageId")
            .map(id)
            .transpose()?;
        done(&mut children)?;
        Ok(Self {
            timestamp,
            message_id,
            ref_to_message_id,
        })
    }
}

/// `xsd:dateTime` with a zone. ebMS wants UTC; a time without zone could be any. [AS4 1.4]
fn timestamp(element: Element<'_>) -> Result<Timestamp, Reason> {
    let text = text(element)?;
    let invalid = || Reason::header(element, "not a time in UTC");
    let (date_time, zone) = match text.strip_suffix('Z') {
        Some(date_time) => (date_time, "Z"),
        None => text
            .split_at_checked(text.len().saturating_sub(6))
            .ok_or_else(invalid)?,
    };
    let digits = |shape: &str, text: &str| {
        shape.len() == text.len()
            && shape
                .bytes()
                .zip(text.bytes())
                .all(|(shape, byte)| match shape {
                    b'0' => byte.is_ascii_digit(),
                    _ => byte == shape,
                })
    };
    let (seconds, fraction) = match date_time.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (date_time, None),
    };
    let good_fraction = fraction.is_none_or(|fraction| {
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit())
    });
    let good_zone = zone == "Z" || digits("+00:00", zone) || digits("-00:00", zone);
    if !digits("0000-00-00T00:00:00", seconds) || !good_fraction || !good_zone {
        return Err(invalid());
    }
    text.parse().map_err(|_| invalid())
}

fn party(element: Element<'_>) -> Result<Party, Reason> {
    let mut children = Cursor::new(element);
    let id = required(&mut children, "PartyId")?;
    if children.take(ns::EBMS, "PartyId").is_some() {
        // [AS4 1.4] exactly one in eDelivery, though the schema allows more.
        return Err(Reason::inconsistent(
            element.path(),
            "more than one PartyId",
        ));
    }
    let role = text(required(&mut children, "Role")?)?;
    done(&mut children)?;
    let id = PartyId::new(&text(id)?, kind(id)?)
        .map_err(|_| Reason::inconsistent(id.path(), "neither a type nor a URI"))?;
    Ok(Party::new(id, &role))
}

fn service(element: Element<'_>) -> Result<Service, Reason> {
    Service::new(&text(element)?, kind(element)?)
        .map_err(|_| Reason::inconsistent(element.path(), "neither a type nor a URI"))
}

fn properties(list: Element<'_>) -> Result<Vec<Property>, Reason> {
    let mut children = Cursor::new(list);
    let mut found: Vec<Property> = vec![property(required(&mut children, "Property")?)?];
    while let Some(element) = children.take(ns::EBMS, "Property") {
        let property = property(element)?;
        match found.iter().find(|known| known.name == property.name) {
            None if found.len() == MAX_PROPERTIES => {
                return Err(Reason::header(list, "more properties than are read"));
            }
            None => found.push(property),
            Some(known) if *known == property => {}
            // [AS4 1.5] readers differ in which one they take.
            Some(_) => {
                let problem = "a property is given twice with different values";
                return Err(Reason::inconsistent(element.path(), problem));
            }
        }
    }
    done(&mut children)?;
    Ok(found)
}

fn property(element: Element<'_>) -> Result<Property, Reason> {
    let name = element
        .attribute("", "name")
        .map(str::trim)
        .unwrap_or_default();
    if name.is_empty() {
        return Err(Reason::header(element, "a property without name"));
    }
    let value = text(element)?;
    Ok(Property {
        name: name.to_owned(),
        kind: kind(element)?.map(ToOwned::to_owned),
        value,
    })
}

fn parts(list: Element<'_>) -> Result<Vec<PartInfo>, Reason> {
    let mut children = Cursor::new(list);
    let mut found: Vec<PartInfo> = vec![part(required(&mut children, "PartInfo")?)?];
    while let Some(element) = children.take(ns::EBMS, "PartInfo") {
        if found.len() == MAX_PARTS {
            return Err(Reason::header(list, "more parts than are read"));
        }
        let part = part(element)?;
        if found.iter().any(|known| known.cid == part.cid) {
            return Err(Reason::inconsistent(
                element.path(),
                "a part is described twice",
            ));
        }
        found.push(part);
    }
    done(&mut children)?;
    Ok(found)
}

fn part(element: Element<'_>) -> Result<PartInfo, Reason> {
    let href = element
        .attribute("", "href")
        .map(str::trim)
        .unwrap_or_default();
    let cid = match href.split_once(':') {
        Some(("cid", _)) => ContentId::from_href(href)
            .ok_or(Reason::Parts("a PartInfo refers to no possible Content-ID"))?,
        // [EBMS:0011] never fetched.
        Some(_) => return Err(Reason::ExternalPayload),
        // [P30] the Body, or an element of the envelope.
        None => {
            return Err(Reason::inconsistent(
                element.path(),
                "a part outside the MIME parts",
            ));
        }
    };
    let mut children = Cursor::new(element);
    let _schema = children.take(ns::EBMS, "Schema");
    let _description = children.take(ns::EBMS, "Description");
    let properties = match children.take(ns::EBMS, "PartProperties") {
        Some(list) => properties(list)?,
        None => Vec::new(),
    };
    done(&mut children)?;
    describe(element, cid, properties)
}

/// What the part properties say. [AS4 1.5]
fn describe(
    element: Element<'_>,
    cid: ContentId,
    properties: Vec<Property>,
) -> Result<PartInfo, Reason> {
    let value = |name: &str| {
        properties
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.value.as_str())
    };
    let invalid = |problem| Err(Reason::inconsistent(element.path(), problem));
    let media_type = value(profile::MIME_TYPE);
    if media_type.is_some_and(|text| !is_media_type(text)) {
        return invalid("MimeType is not a media type");
    }
    if value(profile::CHARACTER_SET).is_some_and(|name| !is_encoding_name(name)) {
        return invalid("CharacterSet is not an encoding name");
    }
    let compressed = match value(profile::COMPRESSION_TYPE) {
        None => false,
        Some(profile::GZIP) => true,
        Some(_) => return invalid("CompressionType is not application/gzip"),
    };
    if compressed && media_type.is_none() {
        return invalid("CompressionType without MimeType");
    }
    let media_type = media_type.unwrap_or("application/octet-stream").to_owned();
    Ok(PartInfo::new(cid, media_type, compressed, properties))
}

/// `type/subtype`, parameters allowed, printable: it ends up in headers and logs.
pub(crate) fn is_media_type(text: &str) -> bool {
    let (essence, _) = text.split_once(';').unwrap_or((text, ""));
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && essence
            .trim()
            .split_once('/')
            .is_some_and(|(left, right)| token(left) && token(right))
}

/// production 81, EncName, of XML 1.0.
pub(crate) fn is_encoding_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

pub(crate) fn required<'d>(
    children: &mut Cursor<'d>,
    local: &'static str,
) -> Result<Element<'d>, Reason> {
    children
        .take(ns::EBMS, local)
        .ok_or_else(|| Reason::header(children.parent(), "an element is missing or out of order"))
}

pub(crate) fn done(children: &mut Cursor<'_>) -> Result<(), Reason> {
    if children.is_done() {
        Ok(())
    } else {
        Err(Reason::header(
            children.parent(),
            "an element or text that must not be here",
        ))
    }
}

/// Text of a leaf without the white space around it, which templates put there.
// [P31]
pub(crate) fn text(element: Element<'_>) -> Result<String, Reason> {
    if !element.is_plain_text() {
        return Err(Reason::header(
            element,
            "something other than plain text inside",
        ));
    }
    let text = element.trimmed_text();
    if text.is_empty() {
        return Err(Reason::header(element, "empty"));
    }
    Ok(text.into_owned())
}

/// `@type`: absent or not empty.
// [P33]
fn kind(element: Element<'_>) -> Result<Option<&str>, Reason> {
    match element.attribute("", "type").map(str::trim) {
        Some("") => Err(Reason::header(element, "an empty type")),
        kind => Ok(kind),
    }
}

/// Properties of one list. They are compared with each other before anything is proven.
const MAX_PROPERTIES: usize = 64;
/// Parts of one message; what a P-Mode allows is less.
const MAX_PARTS: usize = 64;

#[cfg(test)]
mod tests;
