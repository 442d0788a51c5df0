//! Two access points per suite of algorithms: FR sends, DE receives; AT is known to DE, too, and
//! somebody has a certificate of FR's name.

use super::{
    forge::Secrets,
    message::Message,
    world::{Identity, Kind, NOW, SCHEME, counter, draft, partner_toml, payload, pmodes_of, time},
};
use bytes::Bytes;
use ebms::{
    Draft, Incoming, Leg, Outgoing, PModes, Partner, ReceivedMessage, Refusal, Verified,
    pmode::Profile,
    receive::{self, Limits},
    send,
};
use jiff::Timestamp;
use std::sync::LazyLock;

/// The keys of one suite; RSA takes a while to make.
pub(crate) struct Keys {
    pub(crate) fr: Identity,
    pub(crate) at: Identity,
    pub(crate) de: Identity,
    /// FR's name, a key of its own.
    pub(crate) rogue: Identity,
    pub(crate) de_decrypt: Identity,
    pub(crate) other_decrypt: Identity,
}

pub(crate) struct Bench {
    pub(crate) name: &'static str,
    pub(crate) profile: Profile,
    pub(crate) encrypted: bool,
    pub(crate) keys: &'static Keys,
    pub(crate) pmodes: PModes,
    /// What FR knows of DE.
    pub(crate) de_partner: Partner,
    pub(crate) good: Message,
    /// What was drawn for the good message.
    pub(crate) secrets: Secrets,
}

pub(crate) const XML: &[u8] = b"<q:Query xmlns:q=\"urn:q\"><q:Slot name=\"a\">b</q:Slot></q:Query>";
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n\x00\xFF\r\n%%EOF\n";

static RSA: LazyLock<Keys> = LazyLock::new(|| Keys::new(Kind::Rsa, Kind::Rsa));
static ED25519: LazyLock<Keys> = LazyLock::new(|| Keys::new(Kind::Ed25519, Kind::X25519));

static BENCHES: LazyLock<[Bench; 4]> = LazyLock::new(|| {
    [
        Bench::new("rsa", &RSA, Profile::Rsa, true),
        Bench::new("ed25519", &ED25519, Profile::Ed25519, true),
        Bench::new("rsa, signed only", &RSA, Profile::Rsa, false),
        Bench::new("ed25519, signed only", &ED25519, Profile::Ed25519, false),
    ]
});

/// All benches: both suites, encrypted and signed only.
pub(crate) fn all() -> impl Iterator<Item = &'static Bench> {
    BENCHES.iter()
}

/// Those that encrypt.
pub(crate) fn encrypted() -> impl Iterator<Item = &'static Bench> {
    all().filter(|bench| bench.encrypted)
}

impl Keys {
    fn new(signing: Kind, decryption: Kind) -> Self {
        Self {
            fr: Identity::new("AP_FR_01", signing),
            at: Identity::new("AP_AT_01", signing),
            de: Identity::new("AP_DE_01", signing),
            rogue: Identity::new("AP_FR_01", signing),
            de_decrypt: Identity::new("AP_DE_01", decryption),
            other_decrypt: Identity::new("AP_AT_01", decryption),
        }
    }
}

/// A partner by its pinned certificate.
pub(crate) fn partner(party: &str, signing: &str, encryption: &str, security: &str) -> Partner {
    let text = partner_toml(party, "certificates = [\"sign\"]", "encrypt", security);
    let load = |file: &str| {
        let pem = if file == "sign" { signing } else { encryption };
        Ok::<_, std::convert::Infallible>(pem.as_bytes().to_vec())
    };
    let name = party.to_lowercase().replace('_', "-");
    Partner::from_toml(&name, &text, load).unwrap()
}

/// An XML part and a PDF part.
pub(crate) fn request() -> Draft {
    draft()
        .with_payload(payload("regrep@oots.eu", "application/x-ebrs+xml", XML))
        .with_payload(payload("second@oots.eu", "application/pdf", PDF))
}

impl Bench {
    fn new(name: &'static str, keys: &'static Keys, profile: Profile, encrypted: bool) -> Self {
        let suite = match profile {
            Profile::Rsa => "rsa",
            Profile::Ed25519 => "ed25519",
            Profile::Ecdsa => "ecdsa",
        };
        let security = format!("profile = \"{suite}\"\nencrypt = {encrypted}");
        let party = |party: &str, sign: &Identity| {
            let encrypt = &keys.other_decrypt.certificate;
            partner(party, &sign.certificate, encrypt, &security)
        };
        let partners = vec![party("AP_FR_01", &keys.fr), party("AP_AT_01", &keys.at)];
        let pmodes = pmodes_of("AP_DE_01", SCHEME, partners);
        let de_partner = party("AP_DE_01", &keys.de);
        let leg = Leg::default()
            .with_profile(profile)
            .with_encryption(encrypted);
        let (sent, drawn) = write(keys, &request(), &leg);
        Self {
            name,
            profile,
            encrypted,
            keys,
            pmodes,
            de_partner,
            good: Message::split(&sent),
            secrets: Secrets::of(&drawn),
        }
    }

    pub(crate) fn leg(&self) -> Leg {
        Leg::default()
            .with_profile(self.profile)
            .with_encryption(self.encrypted)
    }

    /// Another message of FR's, with what was drawn for it.
    pub(crate) fn write(&self, draft: &Draft, leg: &Leg) -> (Message, Secrets) {
        let (sent, drawn) = write(self.keys, draft, leg);
        (Message::split(&sent), Secrets::of(&drawn))
    }

    pub(crate) fn receive(
        &self,
        (content_type, body): (&str, &[u8]),
        pmodes: &PModes,
        now: Timestamp,
    ) -> Result<Verified<ReceivedMessage>, Refusal> {
        let body = Bytes::copy_from_slice(body);
        match receive::read(content_type, body, &Limits::default())? {
            Incoming::User(sealed) => sealed
                .verify(pmodes, now)?
                .open(&[self.keys.de_decrypt.decryption_key()]),
            Incoming::Signal(signal) => panic!("read as a signal: {signal:?}"),
        }
    }

    /// The good message as it is read.
    pub(crate) fn opened(&self) -> Verified<ReceivedMessage> {
        let octets = self.good.octets(self.good.soap().as_bytes());
        let content_type = self.good.content_type();
        self.receive((&content_type, &octets), &self.pmodes, time(NOW))
            .unwrap()
    }
}

fn write(keys: &Keys, draft: &Draft, leg: &Leg) -> (Outgoing, Vec<Vec<u8>>) {
    let mut source = counter();
    let mut drawn = Vec::new();
    let mut random = |out: &mut [u8]| {
        source(out);
        drawn.push(out.to_vec());
    };
    let certificate = keys.de_decrypt.certificate();
    let sent = send::write(
        draft,
        leg,
        &keys.fr.signing_key(),
        &certificate,
        &mut random,
    );
    (sent.unwrap(), drawn)
}

#[test]
fn the_good_messages_are_accepted() {
    for bench in all() {
        let message = bench.opened();
        let payloads: Vec<&[u8]> = message
            .payloads()
            .iter()
            .map(|it| &**it.content())
            .collect();
        assert_eq!(payloads, [XML, PDF], "{}", bench.name);
    }
}
