//! Writes `eb:UserMessage` in canonical form: declarations stand on `eb:Messaging`, attributes are
//! in canonical order, so that what is written is what is digested.

use super::{Party, Property, UserMessage, decode::is_encoding_name};
use crate::profile::{self, ns};
use jiff::Timestamp;
use xml::{Fragment, Writer};

/// `eb:Messaging` around its content, with all declarations exclusive canonical XML puts there.
pub(crate) fn messaging(id: &str, content: impl FnOnce(&mut Writer)) -> Fragment {
    let mut w = Writer::new();
    let attributes = [
        ("xmlns:S12", ns::SOAP12),
        ("xmlns:eb", ns::EBMS),
        ("xmlns:wsu", ns::WSU),
        ("wsu:Id", id),
        ("S12:mustUnderstand", "true"),
    ];
    w.element("eb:Messaging", &attributes, content);
    w.finish()
}

/// The S12 Body, likewise.
pub(crate) fn body(id: &str, content: impl FnOnce(&mut Writer)) -> Fragment {
    let mut w = Writer::new();
    let attributes = [
        ("xmlns:S12", ns::SOAP12),
        ("xmlns:wsu", ns::WSU),
        ("wsu:Id", id),
    ];
    w.element("S12:Body", &attributes, content);
    w.finish()
}

/// The envelope around signed blocks; `security` writes the content of the Security header.
pub(crate) fn envelope(
    messaging: &Fragment,
    body: &Fragment,
    security: impl FnOnce(&mut Writer),
) -> Fragment {
    let mut w = Writer::new();
    w.element("S12:Envelope", &[("xmlns:S12", ns::SOAP12)], |w| {
        w.element("S12:Header", &[], |w| {
            w.fragment(messaging);
            let attributes = [
                ("xmlns:wsse", ns::WSSE),
                ("xmlns:wsu", ns::WSU),
                ("S12:mustUnderstand", "true"),
            ];
            w.element("wsse:Security", &attributes, security);
        });
        w.fragment(body);
    });
    w.finish()
}

pub(crate) fn user_message(w: &mut Writer, header: &UserMessage) {
    let mpc = header.mpc.as_deref().map(|mpc| [("mpc", mpc)]);
    let attributes = mpc.as_ref().map_or(&[][..], |mpc| mpc.as_slice());
    w.element("eb:UserMessage", attributes, |w| {
        w.element("eb:MessageInfo", &[], |w| {
            w.leaf("eb:Timestamp", &[], &timestamp(header.timestamp));
            w.leaf("eb:MessageId", &[], header.message_id.as_str());
            if let Some(id) = &header.ref_to_message_id {
                w.leaf("eb:RefToMessageId", &[], id.as_str());
            }
        });
        w.element("eb:PartyInfo", &[], |w| {
            w.element("eb:From", &[], |w| party(w, &header.from));
            w.element("eb:To", &[], |w| party(w, &header.to));
        });
        w.element("eb:CollaborationInfo", &[], |w| {
            if let Some(agreement) = &header.agreement {
                w.leaf("eb:AgreementRef", &[], agreement);
            }
            typed(
                w,
                "eb:Service",
                header.service.kind(),
                header.service.value(),
            );
            w.leaf("eb:Action", &[], &header.action);
            w.leaf("eb:ConversationId", &[], header.conversation_id.as_str());
        });
        if !header.properties.is_empty() {
            w.element("eb:MessageProperties", &[], |w| {
                header.properties.iter().for_each(|it| property(w, it));
            });
        }
        if !header.parts.is_empty() {
            w.element("eb:PayloadInfo", &[], |w| parts(w, header));
        }
    });
}

/// UTC in milliseconds, as Domibus writes it.
pub(crate) fn timestamp(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}

fn party(w: &mut Writer, party: &Party) {
    typed(w, "eb:PartyId", party.id.scheme(), party.id.value());
    w.leaf("eb:Role", &[], &party.role);
}

fn typed(w: &mut Writer, name: &str, kind: Option<&str>, value: &str) {
    match kind {
        Some(kind) => w.leaf(name, &[("type", kind)], value),
        None => w.leaf(name, &[], value),
    }
}

fn property(w: &mut Writer, property: &Property) {
    let name = ("name", property.name.as_str());
    match &property.kind {
        Some(kind) => w.leaf("eb:Property", &[name, ("type", kind)], &property.value),
        None => w.leaf("eb:Property", &[name], &property.value),
    }
}

fn parts(w: &mut Writer, header: &UserMessage) {
    for part in &header.parts {
        w.element("eb:PartInfo", &[("href", &part.cid.to_href())], |w| {
            w.element("eb:PartProperties", &[], |w| {
                w.leaf(
                    "eb:Property",
                    &[("name", profile::MIME_TYPE)],
                    &part.media_type,
                );
                if let Some(encoding) = encoding(&part.media_type) {
                    let name = ("name", profile::CHARACTER_SET);
                    w.leaf("eb:Property", &[name], encoding);
                }
                if part.compressed {
                    let name = ("name", profile::COMPRESSION_TYPE);
                    w.leaf("eb:Property", &[name], profile::GZIP);
                }
            });
        });
    }
}

/// The encoding a producer names in a media type, if it is a name of one. [AS4 1.5]
// [AS4_CP_TA27] [AS4_CP_TA28]
fn encoding(media_type: &str) -> Option<&str> {
    let parameters = media_type.split(';').skip(1);
    let mut named = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let charset = name.trim().eq_ignore_ascii_case("charset");
        charset.then(|| value.trim().trim_matches('"'))
    });
    named.next().filter(|name| is_encoding_name(name))
}
