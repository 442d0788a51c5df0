//! Two access points that know each other: FR sends, DE receives.

use crate::{
    identity::{Identity, Kind},
    message::Parts,
};
use bytes::Bytes;
use ebms::{
    Draft, Incoming, Leg, MessageId, Outgoing, PModes, Partner, Party, PartyId, Payload, Property,
    ReceivedMessage, Refusal, Service, Template, Verified,
    pmode::Profile,
    profile::GATEWAY_ROLE,
    receive::{self, Limits},
    send::{self, Heading},
    signal::{self, SignalBytes},
};
use jiff::Timestamp;
use std::{path::PathBuf, sync::LazyLock};

pub(crate) const SCHEME: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
/// When the messages are made and read.
pub(crate) const NOW: &str = "2026-11-23T10:00:00Z";

const TEMPLATE: &str = r#"
[[service]]
value = "QueryManager"
type = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"
actions = ["ExecuteQueryRequest", "ExecuteQueryResponse", "ExceptionResponse"]
[rules]
required_properties = ["originalSender", "finalRecipient"]
conversation_id_is_uuid = true
"#;

pub(crate) struct World {
    pub(crate) fr: Identity,
    pub(crate) de: Identity,
    pub(crate) de_decrypt: Identity,
    /// What DE knows of FR.
    pub(crate) pmodes: PModes,
    /// What FR knows of DE.
    pub(crate) de_partner: Partner,
    profile: Profile,
}

impl World {
    /// Profile `rsa`, signed only: what a second opinion on signatures can read as it is.
    pub(crate) fn rsa() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(|| {
            let [fr, de] = ["AP_FR_01", "AP_DE_01"].map(|name| Identity::new(name, Kind::Rsa));
            World::of(Profile::Rsa, fr, de, "encrypt = false")
        });
        &WORLD
    }

    /// A world of given signers. `security` is more of the partner files. Encryption is of RSA,
    /// for which nothing but profile `rsa` has a use.
    pub(crate) fn of(profile: Profile, fr: Identity, de: Identity, security: &str) -> Self {
        static DECRYPT: LazyLock<Identity> =
            LazyLock::new(|| Identity::new("AP_DE_01 encryption", Kind::Rsa));
        let partner = |name: &str, party: &str, signing: &Identity| {
            let encryption = match profile {
                Profile::Rsa => "[encryption]\ncertificate = \"encrypt\"\n",
                _ => "",
            };
            let name_of_profile = format!("{profile:?}").to_lowercase();
            let text = format!(
                "template = \"oots\"\ncountry = \"FR\"\nendpoint = \"https://as4.example/msh\"\n\
                 [[party]]\nvalue = \"{party}\"\nscheme = \"{SCHEME}\"\n\
                 [signing]\ncertificates = [\"sign\"]\n{encryption}\
                 [security]\nprofile = \"{name_of_profile}\"\n{security}\n"
            );
            let load = |file: &str| {
                let identity = if file == "sign" { signing } else { &DECRYPT };
                let pem = identity.certificate_pem().as_bytes().to_vec();
                Ok::<_, std::convert::Infallible>(pem)
            };
            Partner::from_toml(name, &text, load).unwrap()
        };
        let fr_partner = partner("fr", "AP_FR_01", &fr);
        let de_partner = partner("de", "AP_DE_01", &de);
        let template = Template::from_toml("oots", TEMPLATE).unwrap();
        let ours = PartyId::new("AP_DE_01", Some(SCHEME)).unwrap();
        Self {
            pmodes: PModes::new(vec![ours], vec![template], vec![fr_partner]).unwrap(),
            fr,
            de,
            de_decrypt: DECRYPT.clone(),
            de_partner,
            profile,
        }
    }

    /// FR sends with `ebms`.
    pub(crate) fn send(&self, draft: &Draft, leg: Leg) -> Outgoing {
        let leg = leg.with_profile(self.profile);
        let recipient = self.de_decrypt.certificate();
        let key = self.fr.signing_key();
        send::write(draft, &leg, &key, &recipient, &mut counter()).unwrap()
    }

    /// DE receives with `ebms`.
    pub(crate) fn receive(
        &self,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> Result<Verified<ReceivedMessage>, Refusal> {
        match receive::read(content_type, body.into(), &Limits::default())? {
            Incoming::User(sealed) => sealed
                .verify(&self.pmodes, now())?
                .open(&[self.de_decrypt.decryption_key()]),
            Incoming::Signal(signal) => panic!("{signal:?}"),
        }
    }

    /// DE acknowledges with `ebms`.
    pub(crate) fn receipt(&self, message: &Verified<ReceivedMessage>) -> SignalBytes {
        signal::receipt(
            message,
            message_id("receipt"),
            now(),
            &self.de.signing_key(),
        )
        .unwrap()
    }
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(crate) fn message_id(name: &str) -> MessageId {
    format!("{name}@bridge.example").parse().unwrap()
}

pub(crate) fn draft() -> Draft {
    let party = |name| Party::new(PartyId::new(name, Some(SCHEME)).unwrap(), GATEWAY_ROLE);
    Draft::new(Heading {
        message_id: message_id("54f4d4cc-8a26-4b63-9f04-61f477b0bc41"),
        timestamp: now(),
        conversation_id: "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24".parse().unwrap(),
        from: party("AP_FR_01"),
        to: party("AP_DE_01"),
        service: Service::query_manager(),
        action: "ExecuteQueryRequest".to_owned(),
    })
    .with_property(Property::typed("originalSender", SCHEME, "BR_FR_01"))
    .with_property(Property::typed("finalRecipient", SCHEME, "BR_DE_01"))
}

/// A draft with these payloads: media type and content.
pub(crate) fn draft_with(payloads: &[(&str, &[u8])]) -> Draft {
    let number = payloads.iter().enumerate();
    number.fold(draft(), |draft, (at, (media_type, content))| {
        let cid = format!("part-{at}@fr.example").parse().unwrap();
        draft.with_payload(Payload::new(cid, media_type, content.to_vec()))
    })
}

/// XML that is not its own canonical form.
pub(crate) const XML: &[u8] = b"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <?before root?><!-- c --><q:a xmlns:q='urn:q' xmlns:unused='urn:u' z='1' b='\xC3\xA4 &#9;' \
    xml:lang='fr'>\r\n<b xmlns='urn:b'/>a &amp; b<![CDATA[<c>]]></q:a>\n<?after?>";

/// The kinds of content a message carries.
pub(crate) fn shapes() -> Vec<(&'static str, Draft, Leg)> {
    let leg = Leg::default().with_encryption(false);
    let plain = leg.clone().with_compression(false);
    let xml = XML;
    let pdf: &[u8] = b"%PDF-1.7\n\x00\r\n\xff\n--b\r\n";
    let text: &[u8] = b"one\ntwo\r\nthree\rfour";
    vec![
        ("no part", draft(), leg.clone()),
        (
            "one part, gzip",
            draft_with(&[("application/x-ebrs+xml", xml)]),
            leg.clone(),
        ),
        (
            "several parts, gzip",
            draft_with(&[
                ("application/xml", xml),
                ("application/pdf", pdf),
                ("text/plain", text),
            ]),
            leg,
        ),
        (
            "several parts, as they are",
            draft_with(&[
                ("application/x-ebrs+xml", xml),
                ("text/xml", b"<?x?><t/>"),
                ("image/svg+xml", b"<svg/>"),
                ("application/pdf", pdf),
                ("text/plain", text),
                ("application/octet-stream", b""),
            ]),
            plain,
        ),
    ]
}

/// The parts of what was sent.
pub(crate) fn parts_of(outgoing: &Outgoing) -> Parts {
    Parts::split(outgoing.content_type(), outgoing.body())
}

/// A counter in place of randomness: tests repeat.
pub(crate) fn counter() -> impl FnMut(&mut [u8]) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move |out: &mut [u8]| {
        for byte in out {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    }
}

/// The reference folder, or `None` with one line: with `CI=true` its absence is a failure.
pub(crate) fn reference(test: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/reference/as4"
    ));
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::disallowed_methods, reason = "a test asks where it runs")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{test}: the reference folder is missing");
    #[expect(clippy::print_stderr, reason = "the test says that it did not run")]
    {
        eprintln!("not run: {test}: no reference folder");
    }
    None
}
