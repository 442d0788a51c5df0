//! One bit of a signed and encrypted message flipped, wherever it is.

use std::{collections::BTreeSet, ops::Range, path::Path, process::Command, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bridge::audit::{Event, event::Written};
use bytes::Bytes;
use conformance::simulator::{
    edm::EdmVersion,
    foreign::{Delivery, Sent},
    http::Answer,
    world::GermanEvidence,
};
use ebms::{Incoming, receive};
use xml::{Document, Element, Limits};

use super::server::{Server, Shared};

static SECURE: Shared = Shared::new("secure", &[]);

/// So many bits of each region.
const BITS: usize = 32;

/// A request that would be answered, packed and not sent.
fn packed(server: &Server) -> Sent {
    let world = server.stage.world();
    let request = world.request(EdmVersion::V2_0, GermanEvidence::BirthCertificate);
    world.foreign().portal().prepare(&request).unwrap()
}

fn find(body: &[u8], text: &str) -> usize {
    let found = body
        .windows(text.len())
        .position(|window| window == text.as_bytes());
    found.unwrap_or_else(|| panic!("no {text}"))
}

/// From one mark to the end of another.
fn region(body: &[u8], from: &str, to: &str) -> Range<usize> {
    let start = find(body, from);
    start..start + find(&body[start..], to) + to.len()
}

/// The octets of the last part.
fn attachment(body: &[u8]) -> Range<usize> {
    let end = body
        .windows(4)
        .rposition(|window| window == b"\r\n--")
        .unwrap();
    let start = body[..end]
        .windows(4)
        .rposition(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    start..end
}

/// Bits spread over a region, every position of a bit in turn.
fn check(name: &str, place: impl Fn(&[u8]) -> Range<usize>) {
    SECURE.play_alone(async |server| {
        let before = server.audit().len();
        let sent = packed(server);
        let package = sent.package();
        let place = place(package.body());
        assert!(place.len() >= BITS, "{name} is {place:?}");
        let mut codes = BTreeSet::new();
        for number in 0..BITS {
            let mut body = package.body().to_vec();
            let at = place.start + number * place.len() / BITS;
            body[at] ^= 1 << (number % 8);
            let answer = server
                .access_point()
                .post_raw(package.content_type(), body.into())
                .await;
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200, "bit {number} of {name} at {at}");
            let code = code(&answer);
            assert!(
                code.is_some(),
                "bit {number} of {name} at {at}: {}",
                around(package.body(), at)
            );
            codes.extend(code);
            signed(&answer, &server.stage.config_path().with_file_name("keys"));
        }
        println!("{name}: {BITS} bits, refused with {codes:?}");
        audited(server, before, BITS);
        // Nothing of it is left: the genuine message is taken.
        let portal = server.stage.world().foreign().portal();
        assert!(portal.answers(&sent).is_empty());
        assert_eq!(portal.resend(&sent).await.unwrap(), Delivery::Acknowledged);
        assert!(portal.answer(&sent, super::LIMIT).await.is_some());
        // The last entry of an exchange; from here on the log is the next test's.
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let over = |log: Vec<Written>| {
            log.iter()
                .any(|it| it.facts.event == Event::ReceiptReceived)
        };
        while !over(server.audit().split_off(before)) {
            tick.tick().await;
        }
    });
}

/// The log has one refusal for each, and nothing that began.
fn audited(server: &Server, before: usize, count: usize) {
    let log = server.audit().split_off(before);
    let events: Vec<_> = log.iter().map(|entry| entry.facts.event).collect();
    assert_eq!(events.len(), count, "{events:?}");
    for entry in log {
        assert!(matches!(
            entry.facts.event,
            Event::RequestRefused | Event::MessageUnreadable
        ));
        assert!(entry.facts.error_code.unwrap().starts_with("EBMS:"));
    }
}

/// What stands around an octet.
fn around(body: &[u8], at: usize) -> String {
    let shown = &body[at.saturating_sub(80)..(at + 40).min(body.len())];
    String::from_utf8_lossy(shown).into_owned()
}

fn code(answer: &Answer) -> Option<String> {
    let kind = answer.header("Content-Type").unwrap();
    match receive::read(kind, answer.body.clone(), &receive::Limits::default()) {
        Ok(Incoming::Signal(signal)) => Some(signal.errors().first()?.code_text().to_owned()),
        other => panic!("{other:?}"),
    }
}

/// [AT-42]
#[test]
fn at_42_a_bit_of_an_attachment_is_refused() {
    check("attachment", attachment);
}

/// [AT-42]
#[test]
fn at_42_a_bit_of_the_header_is_refused() {
    check("header", |body| {
        region(body, "<eb:Messaging", "</eb:Messaging>")
    });
}

/// [AT-42] what is signed, and the signature itself; beside them are names that nobody relies on.
#[test]
fn at_42_a_bit_of_the_signature_is_refused() {
    check("signature", |body| {
        region(body, "<ds:SignedInfo", "</ds:SignatureValue>")
    });
}

/// [AT-42]
#[test]
fn at_42_a_bit_of_the_wrapped_key_is_refused() {
    check("wrapped key", |body| {
        let key = region(body, "<xenc:EncryptedKey", "</xenc:EncryptedKey>");
        let value = region(
            &body[key.clone()],
            "<xenc:CipherValue>",
            "</xenc:CipherValue>",
        );
        key.start + value.start..key.start + value.end
    });
}

/// The signature of an error signal, checked by OpenSSL: header and body are what was digested, and
/// our certificate verifies what was signed.
fn signed(answer: &Answer, keys: &Path) {
    let document = Document::parse(&answer.body, &Limits::SOAP).unwrap();
    let root = document.root();
    let named = |name: &str| {
        root.descendants()
            .find(|element| element.name().local == name)
    };
    let info = named("SignedInfo").expect("a signature");
    let references: Vec<_> = info
        .descendants()
        .filter(|it| it.name().local == "Reference")
        .collect();
    assert_eq!(references.len(), 2);
    for reference in references {
        let id = reference
            .attribute("", "URI")
            .unwrap()
            .trim_start_matches('#');
        let has = |element: &Element<'_>| {
            element
                .attributes()
                .any(|it| it.name().local == "Id" && it.value() == id)
        };
        let target = root.descendants().find(has).unwrap();
        assert!(["Messaging", "Body"].contains(&target.name().local));
        let value = reference
            .descendants()
            .find(|it| it.name().local == "DigestValue")
            .unwrap();
        let digest = openssl(&["dgst", "-sha256", "-binary"], &canonical(target));
        assert_eq!(STANDARD.encode(digest), value.trimmed_text().as_ref());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let value = named("SignatureValue").unwrap().trimmed_text().into_owned();
    let value = STANDARD
        .decode(value.split_whitespace().collect::<String>())
        .unwrap();
    std::fs::write(path("signature"), value).unwrap();
    let certificate = keys.join("as4-signing.pem").display().to_string();
    let public = openssl(&["x509", "-pubkey", "-noout", "-in", &certificate], b"");
    std::fs::write(path("public.pem"), public).unwrap();
    let verify = [
        "dgst",
        "-sha256",
        "-verify",
        &path("public.pem"),
        "-signature",
        &path("signature"),
    ];
    assert_eq!(openssl(&verify, &canonical(info)), b"Verified OK\n");
}

fn canonical(element: Element<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    xml::c14n::exclusive(element, &[], |part| bytes.extend_from_slice(part));
    bytes
}

/// What OpenSSL writes for an input.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let done = Command::new("openssl")
        .args(arguments)
        .stdin(std::fs::File::open(file.path()).unwrap())
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Bytes::from(done.stdout).to_vec()
}
