//! What the suites share: the reference folder, P-Modes over its keys, throw-away keys.

use bytes::Bytes;
use ebms::{
    Draft, Incoming, Leg, Outgoing, PModes, Partner, Party, PartyId, Payload, Property,
    ReceivedMessage, Refusal, Service, Template, Verified,
    pmode::Profile,
    profile::GATEWAY_ROLE,
    receive::{self, Limits},
    security::{Certificate, DecryptionKey, SigningKey},
    send::{self, Heading},
};
use jiff::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, RsaKeySize, SerialNumber};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

pub(crate) const SCHEME: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";

/// The reference folder, or `None` with one line: with `CI=true` its absence is a failure.
pub(crate) fn reference(suite: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/as4");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::disallowed_methods, reason = "a test asks where it runs")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{suite}: the reference folder is missing");
    #[expect(clippy::print_stderr, reason = "the suite says that it did not run")]
    {
        eprintln!("not run: {suite}: no reference folder");
    }
    None
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Headers of a stored message up to the empty line, and its body.
pub(crate) fn split_entity(stored: &[u8]) -> (String, Vec<u8>) {
    let at = stored
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("an empty line");
    let headers = String::from_utf8(stored[..at].to_vec()).unwrap();
    // A line that starts with white space goes on with the one before.
    let mut fields: Vec<String> = Vec::new();
    for line in headers.split("\r\n") {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => {
                field.push_str("\r\n");
                field.push_str(line);
            }
            _ => fields.push(line.to_owned()),
        }
    }
    let content_type = fields
        .iter()
        .find_map(|field| {
            let (name, value) = field.split_once(':')?;
            name.eq_ignore_ascii_case("content-type")
                .then(|| value.trim().to_owned())
        })
        .expect("a content type");
    (content_type, stored[at + 4..].to_vec())
}

pub(crate) const TEMPLATE: &str = r#"
[[service]]
value = "QueryManager"
type = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"
actions = ["ExecuteQueryRequest", "ExecuteQueryResponse", "ExceptionResponse"]
[rules]
required_properties = ["originalSender", "finalRecipient"]
uuid_properties = ["ExchangeId"]
conversation_id_is_uuid = true
"#;

/// A partner file. `signing` and `security` are the bodies of those tables.
pub(crate) fn partner_toml(party: &str, signing: &str, encryption: &str, security: &str) -> String {
    format!(
        "template = \"oots\"\ncountry = \"FR\"\nendpoint = \"https://as4.example/msh \"\n\
         [[party]]\nvalue = \"{party}\"\nscheme = \"{SCHEME}\"\n\
         [signing]\n{signing}\n[encryption]\ncertificate = \"{encryption}\"\n\
         [security]\n{security}\n"
    )
}

pub(crate) fn partner(folder: &Path, name: &str, text: &str) -> Partner {
    Partner::from_toml(name, text, |file| fs::read(folder.join(file))).unwrap()
}

pub(crate) fn pmodes(partners: Vec<Partner>) -> PModes {
    pmodes_of("AP_DE_01", SCHEME, partners)
}

pub(crate) fn pmodes_of(ours: &str, scheme: &str, partners: Vec<Partner>) -> PModes {
    let template = Template::from_toml("oots", TEMPLATE).unwrap();
    let ours = PartyId::new(ours, Some(scheme)).unwrap();
    PModes::new(vec![ours], vec![template], partners).unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
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

/// A key and its certificate, made for the test.
pub(crate) struct Identity {
    pub(crate) key: String,
    pub(crate) certificate: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Rsa,
    Ed25519,
    X25519,
    P256,
}

impl Identity {
    pub(crate) fn new(name: &str, kind: Kind) -> Self {
        Self::until(name, kind, 2030)
    }

    pub(crate) fn until(name: &str, kind: Kind, year: i32) -> Self {
        if kind == Kind::X25519 {
            return Self::x25519(name);
        }
        let pair = match kind {
            Kind::Rsa => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            Kind::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            _ => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        };
        let pair = pair.unwrap();
        let mut parameters = parameters(name);
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = parameters.self_signed(&pair).unwrap();
        Self {
            key: pair.serialize_pem(),
            certificate: certificate.pem(),
        }
    }

    /// rcgen makes no X25519 certificates: one for Ed25519 is made and its key exchanged. Its own
    /// signature is broken by that, but nobody asks who issued a certificate to encrypt for.
    fn x25519(name: &str) -> Self {
        use aws_lc_rs::{agreement, encoding::AsBigEndian};
        let secret = agreement::PrivateKey::generate(&agreement::X25519).unwrap();
        let public = secret.compute_public_key().unwrap();
        let signing = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let mut der = parameters(name)
            .self_signed(&signing)
            .unwrap()
            .der()
            .to_vec();
        let old = [
            b"\x06\x03\x2b\x65\x70\x03\x21\x00",
            signing.public_key_raw(),
        ]
        .concat();
        let new = [b"\x06\x03\x2b\x65\x6e\x03\x21\x00", public.as_ref()].concat();
        let at = der
            .windows(old.len())
            .position(|window| window == old)
            .unwrap();
        der[at..at + new.len()].copy_from_slice(&new);
        let raw: aws_lc_rs::encoding::Curve25519SeedBin<'_> = secret.as_be_bytes().unwrap();
        let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x6e\x04\x22\x04\x20";
        let key = [prefix, raw.as_ref()].concat();
        Self {
            key: pem("PRIVATE KEY", &key),
            certificate: pem("CERTIFICATE", &der),
        }
    }

    pub(crate) fn signing_key(&self) -> SigningKey {
        SigningKey::from_pkcs8_pem(self.key.as_bytes(), self.certificate.as_bytes()).unwrap()
    }

    pub(crate) fn decryption_key(&self) -> DecryptionKey {
        DecryptionKey::from_pkcs8_pem(self.key.as_bytes(), self.certificate.as_bytes()).unwrap()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.certificate.as_bytes()).unwrap()
    }
}

pub(crate) fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
        .distinguished_name
        .push(DnType::OrganizationName, "Test, with comma");
    // libxml2 takes no integer of more than 24 digits.
    parameters.serial_number = Some(SerialNumber::from(0x00C0_FFEE_0BAD_u64));
    parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2030, 1, 1);
    parameters
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// Two access points that know each other: FR sends, DE receives.
pub(crate) struct World {
    pub(crate) fr: Identity,
    pub(crate) de: Identity,
    pub(crate) de_decrypt: Identity,
    /// What DE knows.
    pub(crate) pmodes: PModes,
    /// What FR knows of DE.
    pub(crate) de_partner: Partner,
}

impl World {
    pub(crate) fn new(profile: Profile) -> Self {
        Self::with(profile, "")
    }

    /// A world whose partner files say more about security than the profile.
    pub(crate) fn with(profile: Profile, security: &str) -> Self {
        let (signing, encryption) = match profile {
            Profile::Rsa => (Kind::Rsa, Kind::Rsa),
            Profile::Ed25519 => (Kind::Ed25519, Kind::X25519),
            Profile::Ecdsa => (Kind::P256, Kind::P256),
        };
        let identity = Identity::new;
        let profile = match profile {
            Profile::Rsa => "profile = \"rsa\"",
            Profile::Ed25519 => "profile = \"ed25519\"",
            Profile::Ecdsa => "profile = \"ecdsa\"",
        };
        Self::of(
            [identity("AP_FR_01", signing), identity("AP_DE_01", signing)],
            [
                identity("AP_FR_01", encryption),
                identity("AP_DE_01", encryption),
            ],
            &format!("{profile}\n{security}"),
        )
    }

    /// Published keys on brainpoolP256r1, because nothing here makes certificates for new ones.
    /// Both sides sign with the same: certificates are pinned, whatever their name.
    pub(crate) fn brainpool(reference: &Path, security: &str) -> Self {
        let identity = |name: &str| {
            let path = |what| reference.join(format!("vectors/pki/{name}.{what}.pem"));
            Identity {
                key: fs::read_to_string(path("key")).unwrap(),
                certificate: fs::read_to_string(path("cert")).unwrap(),
            }
        };
        Self::of(
            ["fr-sign-bp256", "fr-sign-bp256"].map(identity),
            ["de-enc-bp256", "de-enc-bp256"].map(identity),
            &format!("profile = \"ecdsa\"\n{security}"),
        )
    }

    /// FR's and DE's keys to sign with, and to decrypt with.
    fn of(
        [fr, de]: [Identity; 2],
        [fr_decrypt, de_decrypt]: [Identity; 2],
        security: &str,
    ) -> Self {
        let text =
            |party: &str| partner_toml(party, "certificates = [\"sign\"]", "encrypt", security);
        let load = |sign: &Identity, encrypt: &Identity| {
            let (sign, encrypt) = (sign.certificate.clone(), encrypt.certificate.clone());
            move |file: &str| {
                let pem = if file == "sign" { &sign } else { &encrypt };
                Ok::<_, std::convert::Infallible>(pem.clone().into_bytes())
            }
        };
        let fr_partner =
            Partner::from_toml("fr", &text("AP_FR_01"), load(&fr, &fr_decrypt)).unwrap();
        let de_partner =
            Partner::from_toml("de", &text("AP_DE_01"), load(&de, &de_decrypt)).unwrap();
        let pmodes = pmodes(vec![fr_partner]);
        Self {
            fr,
            de,
            de_decrypt,
            pmodes,
            de_partner,
        }
    }

    /// The RSA world; its keys take a while to make.
    pub(crate) fn rsa() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Profile::Rsa));
        &WORLD
    }

    pub(crate) fn receive(
        &self,
        content_type: &str,
        body: Bytes,
    ) -> Result<Verified<ReceivedMessage>, Refusal> {
        self.receive_at(content_type, body, time(NOW))
    }

    pub(crate) fn receive_at(
        &self,
        content_type: &str,
        body: Bytes,
        now: Timestamp,
    ) -> Result<Verified<ReceivedMessage>, Refusal> {
        match receive::read(content_type, body, &Limits::default())? {
            Incoming::User(sealed) => sealed
                .verify(&self.pmodes, now)?
                .open(&[self.de_decrypt.decryption_key()]),
            Incoming::Signal(signal) => panic!("{signal:?}"),
        }
    }

    pub(crate) fn send(&self, draft: &Draft, leg: &Leg) -> Outgoing {
        send::write(
            draft,
            leg,
            &self.fr.signing_key(),
            &self.de_decrypt.certificate(),
            &mut counter(),
        )
        .unwrap()
    }
}

/// When the suites take place.
pub(crate) const NOW: &str = "2026-11-23T10:05:00Z";

pub(crate) fn draft() -> Draft {
    let party = |name| Party::new(PartyId::new(name, Some(SCHEME)).unwrap(), GATEWAY_ROLE);
    Draft::new(Heading {
        message_id: "54f4d4cc-8a26-4b63-9f04-61f477b0bc41@fr.example"
            .parse()
            .unwrap(),
        timestamp: time("2026-11-23T10:00:00Z"),
        conversation_id: "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24".parse().unwrap(),
        from: party("AP_FR_01"),
        to: party("AP_DE_01"),
        service: Service::query_manager(),
        action: "ExecuteQueryRequest".to_owned(),
    })
    .with_property(Property::typed("originalSender", SCHEME, "BR_FR_01"))
    .with_property(Property::typed("finalRecipient", SCHEME, "BR_DE_01"))
    .with_property(Property::new(
        "ExchangeId",
        "23945c13-beb7-49e0-8ff8-7bceaaf89867",
    ))
}

pub(crate) fn payload(cid: &str, media_type: &str, content: &[u8]) -> Payload {
    Payload::new(cid.parse().unwrap(), media_type, content.to_vec())
}

/// A request with one XML document.
pub(crate) fn request() -> Draft {
    draft().with_payload(payload(
        "regrep@oots.eu",
        "application/x-ebrs+xml",
        b"<q>\n</q>",
    ))
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What a stored message signed, as its sender would have kept it.
pub(crate) fn proof_of(stored: &[u8]) -> ebms::SentProof {
    use base64::{Engine, engine::general_purpose::STANDARD};
    const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
    let position = |needle: &[u8]| stored.windows(needle.len()).rposition(|it| it == needle);
    let end = position(b":Envelope>").unwrap() + b":Envelope>".len();
    let start = position(b":Envelope xmlns").unwrap();
    let start = stored[..start]
        .iter()
        .rposition(|byte| *byte == b'<')
        .unwrap();
    let soap = &stored[start..end];
    let document = xml::Document::parse(soap, &xml::Limits::SOAP).unwrap();
    let find = |local: &str| {
        document
            .root()
            .descendants()
            .find(|it| it.name().local == local)
            .unwrap()
    };
    let references: Vec<serde_json::Value> = document
        .root()
        .descendants()
        .filter(|it| it.is(DS, "Reference"))
        .map(|reference| {
            let digest = reference
                .child(DS, "DigestValue")
                .unwrap()
                .text()
                .into_owned();
            serde_json::json!({
                "uri": reference.attribute("", "URI").unwrap(),
                "digest": STANDARD.decode(digest).unwrap(),
            })
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "message_id": find("MessageId").text(),
        "references": references,
        "signed_info": "",
    }))
    .unwrap()
}
