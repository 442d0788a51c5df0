//! Writes receipts and errors, in canonical form like everything we sign.

use super::SignalBytes;
use crate::{
    header::encode,
    id::MessageId,
    pmode::TokenKind,
    profile::ns,
    receive::ReceivedMessage,
    refusal::{EbmsCode, Reason, Refusal},
    security::{
        SigningKey, Verified, sha256,
        sign::{self, envelope_references, write_reference},
        verify::Reference,
    },
    send::Unsendable,
};
use bytes::Bytes;
use jiff::Timestamp;
use xml::{Fragment, Writer};

/// The receipt for a message: send it after the message is stored, never before.
pub fn receipt<C>(
    message: &Verified<ReceivedMessage<C>>,
    id: MessageId,
    now: Timestamp,
    key: &SigningKey,
) -> Result<SignalBytes, Unsendable> {
    let ids = Ids::new(&id);
    let about = Some(message.header().message_id());
    let messaging = encode::messaging(&ids.messaging, |w| {
        signal(w, &id, now, about, |w| {
            w.element("eb:Receipt", &[], |w| {
                write_information(w, &message.proof().references)
            });
        });
    });
    signed(&ids, &messaging, &encode::body(&ids.body, |_| {}), key).ok_or(Unsendable::Cryptography)
}

/// Every reference of the message, copied. [AS4 2.1]
fn write_information(w: &mut Writer, references: &[Reference]) {
    w.element(
        "ebbp:NonRepudiationInformation",
        &[("xmlns:ebbp", ns::EBBP)],
        |w| {
            for reference in references {
                w.element("ebbp:MessagePartNRInformation", &[], |w| {
                    write_reference(w, reference, &[("xmlns:ds", ns::DS)]);
                });
            }
        },
    );
}

/// The error signal for a refused message, signed if a key is given.
pub fn error(
    refusal: &Refusal,
    id: MessageId,
    now: Timestamp,
    key: Option<&SigningKey>,
) -> SignalBytes {
    let detail = refusal.reason().to_string();
    let problem = Problem {
        code: refusal.code(),
        about: refusal.message_id(),
        detail: Some(&detail),
        // [AS4 1.3] SOAP asks for its own fault here, and for no other error. [ROB-70]
        fault: matches!(refusal.reason(), Reason::NotUnderstood),
    };
    write_problem(&problem, &id, now, key)
}

/// The error signal for a message that cannot be processed for a reason beyond this package: any
/// code of the table. [AS4 2.3]
pub fn report(
    code: EbmsCode,
    about: Option<&MessageId>,
    id: MessageId,
    now: Timestamp,
    key: Option<&SigningKey>,
) -> SignalBytes {
    let problem = Problem {
        code,
        about,
        detail: None,
        fault: false,
    };
    write_problem(&problem, &id, now, key)
}

struct Problem<'p> {
    code: EbmsCode,
    about: Option<&'p MessageId>,
    detail: Option<&'p str>,
    fault: bool,
}

fn write_problem(
    problem: &Problem<'_>,
    id: &MessageId,
    now: Timestamp,
    key: Option<&SigningKey>,
) -> SignalBytes {
    let ids = Ids::new(id);
    let messaging = encode::messaging(&ids.messaging, |w| {
        signal(w, id, now, problem.about, |w| write_error(w, problem));
    });
    let body = encode::body(&ids.body, |w| {
        if problem.fault {
            write_fault(w);
        }
    });
    key.and_then(|key| signed(&ids, &messaging, &body, key))
        .unwrap_or_else(|| {
            let mut w = Writer::new();
            w.element("S12:Envelope", &[("xmlns:S12", ns::SOAP12)], |w| {
                w.element("S12:Header", &[], |w| w.fragment(&messaging));
                w.fragment(&body);
            });
            SignalBytes {
                body: Bytes::from(w.finish().into_bytes()),
            }
        })
}

/// Ids of one signal, unique because its message id is.
struct Ids {
    messaging: String,
    body: String,
    tag: String,
}

impl Ids {
    fn new(id: &MessageId) -> Self {
        let digest = sha256(id.as_str().as_bytes());
        let tag: String = digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            messaging: format!("msg-{tag}"),
            body: format!("body-{tag}"),
            tag,
        }
    }
}

fn signal(
    w: &mut Writer,
    id: &MessageId,
    now: Timestamp,
    about: Option<&MessageId>,
    content: impl FnOnce(&mut Writer),
) {
    w.element("eb:SignalMessage", &[], |w| {
        w.element("eb:MessageInfo", &[], |w| {
            w.leaf("eb:Timestamp", &[], &encode::timestamp(now));
            w.leaf("eb:MessageId", &[], id.as_str());
            if let Some(about) = about {
                w.leaf("eb:RefToMessageId", &[], about.as_str());
            }
        });
        content(w);
    });
}

fn write_error(w: &mut Writer, problem: &Problem<'_>) {
    let code = problem.code;
    let mut attributes = vec![
        ("category", code.category().as_str()),
        ("errorCode", code.as_str()),
        ("origin", code.origin()),
    ];
    if let Some(id) = problem.about {
        attributes.push(("refToMessageInError", id.as_str()));
    }
    attributes.push(("severity", code.severity().as_str()));
    attributes.push(("shortDescription", code.short_description()));
    w.element("eb:Error", &attributes, |w| {
        w.leaf("eb:Description", &[("xml:lang", "en")], code.meaning());
        if let Some(detail) = problem.detail {
            w.leaf("eb:ErrorDetail", &[], detail);
        }
    });
}

fn write_fault(w: &mut Writer) {
    w.element("S12:Fault", &[], |w| {
        w.element("S12:Code", &[], |w| {
            w.leaf("S12:Value", &[], "S12:MustUnderstand")
        });
        w.element("S12:Reason", &[], |w| {
            let text = "a header block marked mustUnderstand is not known";
            w.leaf("S12:Text", &[("xml:lang", "en")], text);
        });
    });
}

fn signed(
    ids: &Ids,
    messaging: &Fragment,
    body: &Fragment,
    key: &SigningKey,
) -> Option<SignalBytes> {
    // [P17] header and Body alone: whoever reads a reference to a part would look for the part.
    let references = envelope_references((&ids.messaging, messaging), (&ids.body, body));
    let signature = sign::sign(&references, key, TokenKind::Bst, &ids.tag)?;
    let soap = encode::envelope(messaging, body, |w| w.fragment(&signature.elements));
    Some(SignalBytes {
        body: Bytes::from(soap.into_bytes()),
    })
}
