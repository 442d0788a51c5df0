//! What the suites share: the reference folder, P-Modes over its keys, throw-away keys.

use ebms::{
    PModes, Partner, PartyId, Template,
    security::{DecryptionKey, SigningKey},
};
use jiff::Timestamp;
use std::{
    fs,
    path::{Path, PathBuf},
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
    let at = stored.windows(4).position(|four| four == b"\r\n\r\n").expect("an empty line");
    let headers = String::from_utf8(stored[..at].to_vec()).unwrap();
    let mut unfolded = String::new();
    for line in headers.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            unfolded.push_str("\r\n");
            unfolded.push_str(line);
        } else {
            unfolded.push('\n');
            unfolded.push_str(line);
        }
    }
    let content_type = unfolded
        .split('\n')
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
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
    let template = Template::from_toml("oots", TEMPLATE).unwrap();
    let ours = PartyId::new("AP_DE_01", Some(SCHEME)).unwrap();
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

/// Certificates and keys in PEM, made for the test.
pub(crate) struct Pki {
    pub(crate) folder: tempfile::TempDir,
}

impl Pki {
    pub(crate) fn signing_key(&self, name: &str) -> SigningKey {
        SigningKey::from_pkcs8_pem(&self.pem(name, "key"), &self.pem(name, "cert")).unwrap()
    }

    pub(crate) fn decryption_key(&self, name: &str) -> DecryptionKey {
        DecryptionKey::from_pkcs8_pem(&self.pem(name, "key"), &self.pem(name, "cert")).unwrap()
    }

    pub(crate) fn pem(&self, name: &str, what: &str) -> Vec<u8> {
        read(&self.folder.path().join(format!("{name}.{what}.pem")))
    }
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a stored message signed, as its sender would have kept it.
pub(crate) fn proof_of(stored: &[u8]) -> ebms::SentProof {
    use base64::{Engine, engine::general_purpose::STANDARD};
    const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
    let start = stored.windows(12).position(|it| it.ends_with(b"Envelope") || it.starts_with(b"<S12:Envelop")).unwrap();
    let end_tag = b"</S12:Envelope>";
    let end = stored.windows(end_tag.len()).position(|it| it == end_tag).unwrap() + end_tag.len();
    let soap = &stored[start..end];
    let document = xml::Document::parse(soap, &xml::Limits::SOAP).unwrap();
    let find = |local: &str| document.root().descendants().find(|it| it.name().local == local).unwrap();
    let references: Vec<serde_json::Value> = document
        .root()
        .descendants()
        .filter(|it| it.is(DS, "Reference"))
        .map(|reference| {
            let digest = reference.child(DS, "DigestValue").unwrap().text().into_owned();
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
