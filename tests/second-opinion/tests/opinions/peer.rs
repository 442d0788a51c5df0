//! What the suites against other AS4 stacks share: us as `party-b`, and what we know of the peer.

use crate::message::Parts;
use ebms::{
    Incoming, Leg, MessageId, Outgoing, PModes, Partner, Party, PartyId, ReceivedMessage, Refusal,
    Service, Template, Verified,
    receive::{self, Limits},
    security::{DecryptionKey, SigningKey},
    send::{self, Draft, Heading},
    signal::{self, SignalBytes},
};
use jiff::Timestamp;

pub(crate) const INITIATOR: &str =
    "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/initiator";
pub(crate) const RESPONDER: &str =
    "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/responder";

/// Our side of an agreement with a peer.
pub(crate) struct Side {
    pub(crate) pmodes: PModes,
    pub(crate) sign: SigningKey,
    pub(crate) decrypt: DecryptionKey,
    scheme: String,
}

/// Certificates of the peer, in PEM.
pub(crate) struct Certificates<'a> {
    pub(crate) sign: &'a str,
    pub(crate) encrypt: &'a str,
}

impl Side {
    /// An agreement with `party-a`. `purpose` is the service of the template, `security` that of
    /// the partner file.
    pub(crate) fn new(
        scheme: &str,
        purpose: &str,
        peer: &Certificates<'_>,
        sign: SigningKey,
        decrypt: DecryptionKey,
    ) -> Self {
        let template = format!("role_from = \"{INITIATOR}\"\nrole_to = \"{RESPONDER}\"\n{purpose}");
        let template = Template::from_toml("peer", &template).unwrap();
        let text = format!(
            "template = \"peer\"\nendpoint = \"https://party-a.example/as4\"\n\
             [[party]]\nvalue = \"party-a\"\nscheme = \"{scheme}\"\n\
             [signing]\ncertificates = [\"sign\"]\n[encryption]\ncertificate = \"encrypt\"\n"
        );
        let load = |file: &str| {
            let pem = if file == "sign" {
                peer.sign
            } else {
                peer.encrypt
            };
            Ok::<_, std::convert::Infallible>(pem.as_bytes().to_vec())
        };
        let partner = Partner::from_toml("party-a", &text, load).unwrap();
        let ours = PartyId::new("party-b", Some(scheme)).unwrap();
        Self {
            pmodes: PModes::new(vec![ours], vec![template], vec![partner]).unwrap(),
            sign,
            decrypt,
            scheme: scheme.to_owned(),
        }
    }

    pub(crate) fn partner(&self) -> &Partner {
        self.pmodes.partner("party-a").unwrap()
    }

    /// A draft to the peer.
    pub(crate) fn draft(&self, id: &str, service: Service, action: &str) -> Draft {
        let party = |name, role| Party::new(PartyId::new(name, Some(&self.scheme)).unwrap(), role);
        Draft::new(Heading {
            message_id: message_id(id),
            timestamp: clock(),
            conversation_id: "conversation@party-b.example".parse().unwrap(),
            from: party("party-b", INITIATOR),
            to: party("party-a", RESPONDER),
            service,
            action: action.to_owned(),
        })
    }

    pub(crate) fn write(&self, draft: &Draft, change: impl Fn(Leg) -> Leg) -> Outgoing {
        let partner = self.partner();
        let leg = change(partner.leg().clone());
        let recipient = partner.encryption_certificate();
        send::write(draft, &leg, &self.sign, recipient, &mut random()).unwrap()
    }

    pub(crate) fn receive(
        &self,
        content_type: &str,
        body: &[u8],
    ) -> Result<Verified<ReceivedMessage>, Refusal> {
        let body = bytes::Bytes::copy_from_slice(body);
        match receive::read(content_type, body, &Limits::default())? {
            Incoming::User(sealed) => sealed
                .verify(&self.pmodes, clock())?
                .open(std::slice::from_ref(&self.decrypt)),
            Incoming::Signal(signal) => panic!("{signal:?}"),
        }
    }

    /// The receipt for a message, or the error for one that is refused.
    pub(crate) fn answer(
        &self,
        received: &Result<Verified<ReceivedMessage>, Refusal>,
    ) -> SignalBytes {
        let id = message_id("answer");
        match received {
            Ok(message) => signal::receipt(message, id, clock(), &self.sign).unwrap(),
            Err(refusal) => signal::error(refusal, id, clock(), Some(&self.sign)),
        }
    }
}

pub(crate) fn message_id(name: &str) -> MessageId {
    format!("{name}@party-b.example").parse().unwrap()
}

/// A body with the last octet of its last part changed.
pub(crate) fn with_changed_payload(content_type: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut message = Parts::split(content_type, body);
    let octet = message
        .parts
        .last_mut()
        .unwrap()
        .content
        .last_mut()
        .unwrap();
    *octet ^= 1;
    message.join()
}

/// The peers read the clock, and so must who talks to them.
#[expect(clippy::disallowed_methods, reason = "a peer that reads the clock")]
pub(crate) fn clock() -> Timestamp {
    Timestamp::now()
}

/// Not random, but other octets at each call: no two messages share an id.
fn random() -> impl FnMut(&mut [u8]) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let mut state = CALLS
        .fetch_add(1, Ordering::Relaxed)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    move |out: &mut [u8]| {
        for byte in out {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    }
}
