//! The published vectors: every good one is accepted with exactly its payloads, no bad one is
//! accepted under any P-Mode.

use super::support::{
    self, partner, partner_toml, pmodes, read, reference, sha256_hex, split_entity, time,
};
use bytes::Bytes;
use ebms::{
    Answer, Incoming, PModes, Reason, ReceivedMessage, Refusal, SealedSignal, Verified,
    receive::{self, Limits},
    security::DecryptionKey,
    signal::{HttpAnswer, read_answer},
};
use serde_json::Value;
use std::{fmt::Write, path::Path};

/// The time the vectors are made for.
const NOW: &str = "2026-11-23T10:05:00Z";

struct Vectors {
    folder: std::path::PathBuf,
    entries: Vec<Value>,
}

fn load(suite: &str) -> Option<Vectors> {
    let folder = reference(suite)?.join("vectors");
    let manifest: Value = serde_json::from_slice(&read(&folder.join("manifest.json"))).unwrap();
    let entries = manifest["vectors"].as_array().unwrap().clone();
    Some(Vectors { folder, entries })
}

/// How the sender is trusted.
#[derive(Clone, Copy, Debug)]
enum TrustBy {
    Pin,
    PinAndPath,
    Path,
}

fn signing(profile: &str, by: TrustBy, party: &str) -> String {
    let (leaf, root) = match profile {
        "rsa" => (format!("{party}-sign-rsa"), "root-rsa"),
        "ed25519" => (format!("{party}-sign-ed25519"), "root-ed25519"),
        "brainpool" => (format!("{party}-sign-bp256"), "root-bp256"),
        _ => (format!("{party}-sign-p256"), "root-p256"),
    };
    let pin = format!("certificates = [\"{leaf}.cert.pem\"]\n");
    let mut path = format!("authorities = [\"{root}.cert.pem\"]\n");
    if profile == "rsa" {
        path.push_str("intermediates = [\"issuing-rsa.cert.pem\"]\ncrls = [\"issuing.crl\"]\n");
    }
    match by {
        TrustBy::Pin => pin,
        TrustBy::PinAndPath => pin + &path,
        TrustBy::Path => path,
    }
}

fn world(folder: &Path, profile: &str, by: TrustBy, security: &str) -> PModes {
    let pki = folder.join("pki");
    // Another curve of the same suite.
    let suite = if profile == "brainpool" {
        "ecdsa"
    } else {
        profile
    };
    let security = format!("profile = \"{suite}\"\n{security}");
    let encryption = match profile {
        "rsa" => "fr-enc-rsa.cert.pem",
        "ed25519" => "fr-enc-x25519.cert.pem",
        "brainpool" => "de-enc-bp256.cert.pem",
        _ => "de-enc-p256.cert.pem",
    };
    let fr = partner_toml(
        "AP_FR_01",
        &signing(profile, by, "fr"),
        encryption,
        &security,
    );
    let mut partners = vec![partner(&pki, "fr", &fr)];
    if profile == "rsa" {
        let at = partner_toml(
            "AP_AT_01",
            &signing(profile, by, "at"),
            encryption,
            &security,
        );
        partners.push(partner(&pki, "at", &at));
    }
    pmodes(partners)
}

fn keys(folder: &Path) -> Vec<DecryptionKey> {
    let names = ["rsa", "x25519", "p256", "p384", "bp256"];
    let key = |name: &&str| {
        let pem = |what| read(&folder.join(format!("pki/de-enc-{name}.{what}.pem")));
        DecryptionKey::from_pkcs8_pem(&pem("key"), &pem("cert")).unwrap()
    };
    names.iter().map(key).collect()
}

fn open(
    stored: &[u8],
    pmodes: &PModes,
    keys: &[DecryptionKey],
) -> Result<Result<Verified<ReceivedMessage>, SealedSignal>, Refusal> {
    let (content_type, body) = split_entity(stored);
    match receive::read(&content_type, Bytes::from(body), &Limits::default())? {
        Incoming::User(sealed) => Ok(Ok(sealed.verify(pmodes, time(NOW))?.open(keys)?)),
        Incoming::Signal(signal) => Ok(Err(signal)),
    }
}

fn profile_of(file: &str) -> &'static str {
    if file.contains("bp256") {
        "brainpool"
    } else if file.contains("ecdsa") || file.contains("ecdh") {
        "ecdsa"
    } else if file.contains("eddsa") || file.contains("x25519") {
        "ed25519"
    } else {
        "rsa"
    }
}

/// What the P-Mode of a good vector says beside the default.
fn security_of(file: &str) -> &'static str {
    if file.ends_with("signed-only.as4") {
        "encrypt = false"
    } else if file.contains("-oaep-") {
        // [P11]
        "legacy_oaep = true"
    } else if file.contains("concatkdf") {
        CONCAT_KDF
    } else {
        ""
    }
}

const CONCAT_KDF: &str = "key_derivation = \"concat-kdf\"";

fn check_accepted(entry: &Value, message: &Verified<ReceivedMessage>) -> Result<(), &'static str> {
    if message.header().message_id().as_str() != entry["messageId"].as_str().unwrap() {
        return Err("another message id");
    }
    let parts = entry["parts"].as_array().cloned().unwrap_or_default();
    if message.payloads().len() != parts.len() {
        return Err("another number of payloads");
    }
    for (payload, part) in message.payloads().iter().zip(&parts) {
        let same = payload.cid().as_str() == part["cid"].as_str().unwrap()
            && payload.media_type() == part["mimeType"].as_str().unwrap()
            && sha256_hex(payload.content()) == part["sha256"].as_str().unwrap();
        if !same {
            return Err("another payload");
        }
    }
    Ok(())
}

fn print(table: &str) {
    #[expect(clippy::print_stdout, reason = "the suite prints its table")]
    {
        println!("{table}");
    }
}

#[test]
fn all_vectors_are_there() {
    let Some(vectors) = load("vectors/all") else {
        return;
    };
    let number = |expect| {
        let entries = vectors.entries.iter();
        entries.filter(|it| it["expect"] == expect).count()
    };
    assert_eq!((number("accept"), number("reject")), (53, 100));
}

#[test]
fn every_good_user_message_is_accepted_with_its_payloads() {
    let Some(vectors) = load("vectors/accept") else {
        return;
    };
    let keys = keys(&vectors.folder);
    let (mut table, mut wrong, mut total) = (String::new(), 0, 0);
    for entry in &vectors.entries {
        let file = entry["file"].as_str().unwrap();
        if entry["expect"] != "accept" || file.contains("receipt") || file.starts_with("signals/") {
            continue;
        }
        total += 1;
        let stored = read(&vectors.folder.join(file));
        // A reference by number or hash needs a certificate that is known beforehand.
        let carried = !["ski", "-is", "thumb"]
            .iter()
            .any(|kind| file.contains(kind))
            || file.contains("sig-bst")
            || file.contains("sig-pkipath");
        let last = if carried { TrustBy::Path } else { TrustBy::Pin };
        for by in [TrustBy::Pin, TrustBy::PinAndPath, last] {
            let pmodes = world(&vectors.folder, profile_of(file), by, security_of(file));
            let verdict = match open(&stored, &pmodes, &keys) {
                Ok(Ok(message)) => check_accepted(entry, &message).map_err(ToOwned::to_owned),
                Ok(Err(_)) => Err("read as a signal".to_owned()),
                Err(refusal) => Err(refusal.to_string()),
            };
            if verdict != Ok(()) {
                wrong += 1;
                writeln!(table, "WRONG     {file} by {by:?}: {verdict:?}").unwrap();
            }
        }
    }
    writeln!(table, "{total} good messages").unwrap();
    print(&table);
    assert_eq!(wrong, 0, "{table}");
}

#[test]
fn a_message_that_is_not_encrypted_needs_a_p_mode_that_allows_it() {
    let Some(vectors) = load("vectors/signed-only") else {
        return;
    };
    let stored = read(
        &vectors
            .folder
            .join("edelivery-1.15/oots-request-signed-only.as4"),
    );
    let pmodes = world(&vectors.folder, "rsa", TrustBy::Pin, "");
    let refusal = open(&stored, &pmodes, &keys(&vectors.folder)).unwrap_err();
    assert_eq!(refusal.reason(), &Reason::Policy("not encrypted"));
}

#[test]
fn the_key_derivation_is_the_agreed_one() {
    // [AS4 1.11]
    let Some(vectors) = load("vectors/key derivation") else {
        return;
    };
    let keys = keys(&vectors.folder);
    for (file, other) in [
        ("edelivery-2.0/bdew-style-bp256-concatkdf.as4", ""),
        ("edelivery-2.0/oots-request-ecdsa-bp256.as4", CONCAT_KDF),
        ("edelivery-2.0/oots-request-ecdsa-p256.as4", CONCAT_KDF),
    ] {
        let stored = read(&vectors.folder.join(file));
        let pmodes = world(&vectors.folder, profile_of(file), TrustBy::Pin, other);
        let refusal = open(&stored, &pmodes, &keys).unwrap_err();
        let policy = Reason::Policy("an encryption algorithm is not the agreed one");
        assert_eq!(refusal.reason(), &policy, "{file}");
    }
}

#[test]
fn no_bad_user_message_is_accepted() {
    let Some(vectors) = load("vectors/reject") else {
        return;
    };
    let keys = keys(&vectors.folder);
    let (mut table, mut accepted, mut total) = (String::new(), 0, 0);
    let (mut same, mut wrong) = (0, 0);
    for entry in &vectors.entries {
        let file = entry["file"].as_str().unwrap();
        if entry["expect"] != "reject" || file.starts_with("signals/") {
            continue;
        }
        total += 1;
        let stored = read(&vectors.folder.join(file));
        let expected = entry["error"].as_str().unwrap();
        let mut found = None;
        for world in worlds(file) {
            let pmodes = self::world(&vectors.folder, world.profile, world.by, world.security);
            match open(&stored, &pmodes, &keys) {
                Ok(Ok(_)) => {
                    accepted += 1;
                    writeln!(table, "ACCEPTED  {file} under {world:?}").unwrap();
                }
                // Pinned and on a path, encryption as the vector has it: the P-Mode of the
                // manifest.
                Err(refusal) if world.is_of_manifest(file) => found = Some(refusal),
                Ok(Err(_)) | Err(_) => {}
            }
        }
        let refusal = found.as_ref();
        let code = refusal.map(|it| it.code().as_str()).unwrap_or_default();
        // "EBMS:0001 or EBMS:0010", "EBMS:0007 / HTTP 415", "SOAP fault … (or EBMS:0009)".
        let agrees = !code.is_empty() && expected.contains(code);
        let better = BETTER.iter().find(|(it, _, _)| *it == file);
        let listed = better.is_some_and(|(_, better, _)| *better == code);
        if agrees && better.is_none() {
            same += 1;
        } else {
            let text = refusal.map(ToString::to_string).unwrap_or_default();
            let why = better.map_or("WRONG", |(_, _, why)| why);
            writeln!(
                table,
                "other     {file}: expected {expected}, found {text}: {why}"
            )
            .unwrap();
            wrong += usize::from(!listed);
        }
    }
    writeln!(
        table,
        "{total} bad messages, {same} refused with the recommended code, {} with a better one",
        BETTER.len()
    )
    .unwrap();
    print(&table);
    assert_eq!((accepted, wrong), (0, 0), "{table}");
    assert_eq!(same + BETTER.len(), total, "{table}");
}

/// Where another code than the recommended one is better, and why.
const BETTER: &[(&str, &str, &str)] = &[(
    "negative/xsw-messaging-sibling.as4",
    "EBMS:0009",
    "two eb:Messaging side by side are malformed before any signature is looked at (AS4 1.12 \
     step 3), as in two-messaging-headers; appendix A (12) and row 76 ask for the same",
)];

#[derive(Debug)]
struct Case {
    profile: &'static str,
    by: TrustBy,
    security: &'static str,
}

impl Case {
    fn is_of_manifest(&self, file: &str) -> bool {
        let signed_only = file.contains("signed-only");
        let security = if signed_only { "encrypt = false" } else { "" };
        self.profile == own_profile(file)
            && matches!(self.by, TrustBy::PinAndPath)
            && self.security == security
    }
}

/// Every P-Mode a bad message is tried under.
fn worlds(file: &str) -> Vec<Case> {
    let mut worlds = Vec::new();
    for profile in ["rsa", "ed25519", "ecdsa", "brainpool"] {
        for by in [TrustBy::Pin, TrustBy::PinAndPath, TrustBy::Path] {
            for security in ["", "legacy_oaep = true", "encrypt = false", CONCAT_KDF] {
                worlds.push(Case {
                    profile,
                    by,
                    security,
                });
            }
        }
    }
    // Good messages where encryption is not asked for, old hashes are, or in their own profile.
    worlds.retain(|case| {
        let suits = case.security != CONCAT_KDF || !["rsa", "ed25519"].contains(&case.profile);
        suits
            && !(case.security == "encrypt = false" && file.contains("not-encrypted")
                || case.security == "legacy_oaep = true" && file.contains("oaep-sha1")
                || case.profile == "ed25519" && file.contains("in-rsa-pmode"))
    });
    worlds
}

fn own_profile(file: &str) -> &'static str {
    if file.contains("in-rsa-pmode") {
        "rsa"
    } else {
        profile_of(file)
    }
}

#[test]
fn signals_are_judged() {
    let Some(vectors) = load("vectors/signals") else {
        return;
    };
    let mut table = String::new();
    let mut wrong = 0;
    for entry in &vectors.entries {
        let file = entry["file"].as_str().unwrap();
        if !file.starts_with("signals/") && !file.contains("receipt") {
            continue;
        }
        let answer = judge(&vectors.folder, file);
        let good = match (entry["expect"].as_str().unwrap(), &answer) {
            ("accept", Answer::Acknowledged(_)) => file.contains("receipt"),
            ("accept", Answer::Refused(_)) => file.contains("error-"),
            ("accept", Answer::Unanswered { .. }) => file.contains("warning"),
            ("reject", Answer::InvalidReceipt(_)) => true,
            _ => false,
        };
        writeln!(
            table,
            "{}  {file}: {answer:?}",
            if good { "good " } else { "WRONG" }
        )
        .unwrap();
        wrong += usize::from(!good);
    }
    print(&table);
    assert_eq!(wrong, 0, "{table}");
}

/// Judges a signal of AP_DE_01 as its partner would: the message it answers is read for what it
/// signed.
fn judge(folder: &Path, file: &str) -> Answer {
    let about = match file {
        _ if file.contains("eddsa") => "edelivery-2.0/oots-request-eddsa.as4",
        _ if file.contains("test-ping") => "edelivery-1.15/test-service-ping.as4",
        _ => "edelivery-1.15/oots-request-bst.as4",
    };
    let profile = profile_of(file);
    let proof = support::proof_of(&read(&folder.join(about)));
    let text = partner_toml(
        "AP_DE_01",
        &signing(profile, TrustBy::Pin, "de"),
        if profile == "rsa" {
            "de-enc-rsa.cert.pem"
        } else {
            "de-enc-x25519.cert.pem"
        },
        &format!("profile = \"{profile}\""),
    );
    let partner = partner(&folder.join("pki"), "de", &text);
    let (content_type, body) = split_entity(&read(&folder.join(file)));
    let http = HttpAnswer {
        status: 200,
        content_type: Some(&content_type),
        body: &body,
    };
    read_answer(&http, &proof, &partner, time(NOW))
}
