//! Every algorithm that is not the agreed one, in every place that names one. Where the suite can
//! compute it, the message is signed and encrypted with it: then only the list stands in its way.
//! [AS4 6.D]

use super::{
    bench::{Bench, all, encrypted},
    careless::{self, Formal},
    forge,
    message::{Message, swap},
    tally::{Case, Group, POLICY},
};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
};
use ebms::pmode::Profile;
use std::sync::LazyLock;

pub(crate) static SIGNATURE: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| {
        SIGNED
            .iter()
            .flat_map(move |slot| of_signature(bench, slot))
    });
    Group::of("D signature", "any other algorithm to sign with", cases)
});

pub(crate) static ENCRYPTION: LazyLock<Group> = LazyLock::new(|| {
    let cases = encrypted().flat_map(|bench| {
        let slots = ENCRYPTED
            .iter()
            .flat_map(move |slot| of_encryption(bench, slot));
        slots.chain(wrapped(bench)).chain(parameters(bench))
    });
    Group::of("D encryption", "any other algorithm to encrypt with", cases)
});

#[test]
fn a_signature_has_the_agreed_algorithms_and_no_other() {
    // [ROB-81], [ROB-82], [ROB-80]
    SIGNATURE.check(1000);
}

#[test]
fn encryption_has_the_agreed_algorithms_and_no_other() {
    // [ROB-86]
    ENCRYPTION.check(900);
}

/// The names of the W3C cross-reference and of WS-Security, and some that are none.
const URIS: &[&str] = &[
    "",
    " ",
    "none",
    "urn:x",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
    "http://www.w3.org/2010/xml-c14n2",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/2001/10/xml-exc-c14n",
    "HTTP://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2000/09/xmldsig#base64",
    "http://www.w3.org/TR/1999/REC-xslt-19991116",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    "http://www.w3.org/2002/06/xmldsig-filter2",
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "http://www.w3.org/2001/04/xmldsig-more#md5",
    "http://www.w3.org/2001/04/xmldsig-more#sha224",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
    "http://www.w3.org/2007/05/xmldsig-more#whirlpool",
    "http://www.w3.org/2001/04/xmlenc#ripemd160",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-md5",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
    "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    "http://www.w3.org/2009/xmldsig11#dsa-sha256",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519ph",
    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448",
    "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2009/xmlenc11#aes192-gcm",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    "http://www.w3.org/2009/xmlenc11#rsa-oaep",
    "http://www.w3.org/2009/xmlenc11#mgf1sha1",
    "http://www.w3.org/2009/xmlenc11#mgf1sha224",
    "http://www.w3.org/2009/xmlenc11#mgf1sha256",
    "http://www.w3.org/2009/xmlenc11#mgf1sha384",
    "http://www.w3.org/2009/xmlenc11#mgf1sha512",
    "http://www.w3.org/2001/04/xmlenc#kw-aes128",
    "http://www.w3.org/2001/04/xmlenc#kw-aes256",
    "http://www.w3.org/2001/04/xmlenc#kw-tripledes",
    "http://www.w3.org/2009/xmlenc11#kw-aes-128-pad",
    "http://www.w3.org/2001/04/xmlenc#dh",
    "http://www.w3.org/2009/xmlenc11#dh-es",
    "http://www.w3.org/2009/xmlenc11#ECDH-ES",
    "http://www.w3.org/2021/04/xmldsig-more#x25519",
    "http://www.w3.org/2021/04/xmldsig-more#x448",
    "http://www.w3.org/2021/04/xmldsig-more#hkdf",
    "http://www.w3.org/2009/xmlenc11#ConcatKDF",
    "http://www.w3.org/2009/xmlenc11#pbkdf2",
    "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform",
    "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Complete-Signature-Transform",
    "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Ciphertext-Transform",
    "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Only",
    "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Complete",
];

/// A place that names an algorithm: its start tag up to the value.
struct Slot {
    name: &'static str,
    tag: &'static str,
    attribute: &'static str,
}

const fn slot(name: &'static str, tag: &'static str) -> Slot {
    Slot {
        name,
        tag,
        attribute: " Algorithm=\"",
    }
}

const SIGNED: &[Slot] = &[
    slot("canonicalization", "<ds:CanonicalizationMethod Algorithm="),
    slot("signature", "<ds:SignatureMethod Algorithm="),
    slot("digest", "<ds:DigestMethod Algorithm="),
    slot(
        "transform",
        "<ds:Transform Algorithm=\"http://www.w3.org/2001",
    ),
    slot("part", "<ds:Transform Algorithm=\"http://docs"),
];

const ENCRYPTED: &[Slot] = &[
    slot(
        "content",
        "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes",
    ),
    slot("key", "<xenc:EncryptedKey "),
    slot("agreement", "<xenc:AgreementMethod "),
    slot("derivation", "<xenc11:KeyDerivationMethod "),
    slot("function", "<dsig-more:PRF "),
    slot("label", "<ds:DigestMethod xmlns:ds="),
    slot("mask", "<xenc11:MGF "),
    slot("ciphertext", "<ds:Transform xmlns:ds="),
    Slot {
        name: "type",
        tag: "<xenc:EncryptedData ",
        attribute: " Type=\"",
    },
];

impl Slot {
    /// The message with another value here, and the value there was; `None` without this slot.
    fn set(&self, message: &Message, uri: &str) -> Option<(Message, String)> {
        let at = message.security.find(self.tag)?;
        let (before, rest) = message.security.split_at(at);
        let (tag, rest) = rest.split_once(self.attribute)?;
        let (old, rest) = rest.split_once('"')?;
        let mut changed = message.clone();
        changed.security = format!("{before}{tag}{}{uri}\"{rest}", self.attribute);
        Some((changed, old.to_owned()))
    }
}

fn of_signature(bench: &'static Bench, slot: &'static Slot) -> Vec<Case> {
    let case = |uri: &&'static str| {
        let (changed, old) = slot.set(&bench.good, uri)?;
        if old == *uri {
            return None;
        }
        let case = bench.signed(format!("{}: {uri}", slot.name), &changed);
        Some(case.formal(signed_formal(bench, slot, uri)).refused(POLICY))
    };
    URIS.iter().filter_map(case).collect()
}

/// What the suite itself can compute with an algorithm.
fn signed_formal(bench: &Bench, slot: &Slot, uri: &str) -> Formal {
    let name = uri.rsplit('#').next().unwrap_or_default();
    match slot.name {
        "signature" => match (bench.profile, name) {
            _ if careless::mac(uri).is_some() => Formal::Intact,
            (Profile::Rsa, "rsa-sha384" | "rsa-sha512" | "sha256-rsa-MGF1") => Formal::Intact,
            (
                _,
                "rsa-sha1" | "rsa-sha256" | "rsa-sha384" | "rsa-sha512" | "sha256-rsa-MGF1"
                | "ecdsa-sha256" | "eddsa-ed25519",
            ) => Formal::Broken,
            _ => Formal::Unknown,
        },
        "digest" => match name {
            "sha1" | "sha224" | "sha384" | "sha512" | "sha3-256" | "sha3-512" => Formal::Intact,
            _ => Formal::Unknown,
        },
        // The careless verifier digests the octets of a part whatever it is told.
        "part" if name.starts_with("Attachment-Complete") => Formal::Unknown,
        _ => Formal::Intact,
    }
}

fn of_encryption(bench: &'static Bench, slot: &'static Slot) -> Vec<Case> {
    let case = |uri: &&'static str| {
        let (mut changed, old) = slot.set(&bench.good, uri)?;
        if old == *uri {
            return None;
        }
        if slot.name != "content" {
            return Some(
                bench
                    .case(format!("{}: {uri}", slot.name), &changed)
                    .refused(POLICY),
            );
        }
        let name = uri.rsplit('#').next().unwrap_or_default();
        let length = match name {
            "aes256-gcm" | "aes256-cbc" => 32,
            "aes192-gcm" => 24,
            _ => 16,
        };
        let cek = [5; 32];
        let cek = &cek[..length];
        // Both parts under the new key, the second with the agreed algorithm where it fits.
        let gcm = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
        let mut secrets = bench.secrets.clone();
        let mut formal = Formal::Unknown;
        if name.starts_with("aes") && seal_all(bench, &mut changed, (uri, gcm), cek) {
            secrets = bench.secrets.with_cek(cek);
            formal = Formal::Intact;
        }
        let case = bench.case(format!("content: {uri}"), &changed);
        Some(case.with_secrets(&secrets).formal(formal).refused(POLICY))
    };
    URIS.iter().filter_map(case).collect()
}

/// Encrypts both parts with a key of any length and wraps that key for the recipient.
fn seal_all(bench: &Bench, message: &mut Message, (uri, gcm): (&str, &str), cek: &[u8]) -> bool {
    if cek.len() != 16 {
        message.security = message.security.replace(gcm, uri);
    }
    for (at, part) in message.parts.iter_mut().enumerate() {
        let plain = forge::open(gcm, &bench.secrets.cek, &part.content).unwrap();
        let used = if at == 0 || cek.len() != 16 { uri } else { gcm };
        let Some(sealed) = forge::seal(used, cek, &plain) else {
            return false;
        };
        part.content = sealed;
    }
    rewrap(bench, message, cek);
    true
}

fn rewrap(bench: &Bench, message: &mut Message, cek: &[u8]) {
    let recipient = &bench.keys.de_decrypt;
    let wrapped = bench.secrets.wrap(recipient, cek, &OAEP_SHA256_MGF1SHA256);
    set_wrapped(message, &wrapped);
}

pub(crate) fn set_wrapped(message: &mut Message, wrapped: &str) {
    let (before, rest) = message.security.split_once("<xenc:CipherValue>").unwrap();
    let (_, after) = rest.split_once("</xenc:CipherValue>").unwrap();
    message.security = format!("{before}<xenc:CipherValue>{wrapped}</xenc:CipherValue>{after}");
}

/// RSA-OAEP with other hashes, really wrapped so: SHA-1 is what absent children mean.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn wrapped(bench: &'static Bench) -> Vec<Case> {
    if bench.profile != Profile::Rsa {
        return Vec::new();
    }
    let good = &bench.good;
    let sha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let sha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
    let sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
    let mgf = "http://www.w3.org/2009/xmlenc11#mgf1";
    let old = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    let oaep = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
    let method = super::message::cut(
        &good.security,
        &format!("<xenc:EncryptionMethod Algorithm=\"{oaep}\">"),
        "</xenc:EncryptionMethod>",
    );
    let digest = |uri: &str| {
        format!(
            "<ds:DigestMethod xmlns:ds=\"{}\" Algorithm=\"{uri}\"/>",
            careless::DS
        )
    };
    let mask = |name: &str| {
        format!(
            "<xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"{mgf}{name}\"/>"
        )
    };
    let with = |uri: &str, content: &str| {
        format!("<xenc:EncryptionMethod Algorithm=\"{uri}\">{content}</xenc:EncryptionMethod>")
    };
    let source = "<xenc:OAEPparams>AA==</xenc:OAEPparams>";
    let mut cases = Vec::new();
    for (name, new, padding) in [
        ("nothing said", with(oaep, ""), &OAEP_SHA1_MGF1SHA1),
        ("no mask", with(oaep, &digest(sha1)), &OAEP_SHA1_MGF1SHA1),
        ("no label", with(oaep, &mask("sha1")), &OAEP_SHA1_MGF1SHA1),
        (
            "SHA-1",
            with(oaep, &(digest(sha1) + &mask("sha1"))),
            &OAEP_SHA1_MGF1SHA1,
        ),
        ("old name", with(old, ""), &OAEP_SHA1_MGF1SHA1),
        (
            "SHA-384",
            with(oaep, &(digest(sha384) + &mask("sha384"))),
            &OAEP_SHA384_MGF1SHA384,
        ),
        (
            "SHA-512",
            with(oaep, &(digest(sha512) + &mask("sha512"))),
            &OAEP_SHA512_MGF1SHA512,
        ),
        (
            "two labels",
            with(oaep, &(digest(sha256) + &digest(sha256) + &mask("sha256"))),
            &OAEP_SHA256_MGF1SHA256,
        ),
        (
            "a source",
            with(oaep, &(digest(sha256) + &mask("sha256") + source)),
            &OAEP_SHA256_MGF1SHA256,
        ),
    ] {
        let mut changed = good.security(&method, &new);
        let wrapped = bench
            .secrets
            .wrap(&bench.keys.de_decrypt, &bench.secrets.cek, padding);
        set_wrapped(&mut changed, &wrapped);
        cases.push(
            bench
                .case(format!("OAEP, {name}"), &changed)
                .refused(POLICY),
        );
    }
    cases
}

/// Parameters that would weaken an agreed algorithm, and the suites mixed.
fn parameters(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let (_, method) = good.security.split_once("<ds:SignatureMethod ").unwrap();
    let (method, _) = method.split_once("></ds:SignatureMethod>").unwrap();
    let method = format!("<ds:SignatureMethod {method}>");
    let mut cases = Vec::new();
    for child in [
        "<ds:HMACOutputLength>1</ds:HMACOutputLength>",
        "<ds:HMACOutputLength>0</ds:HMACOutputLength>",
        "<pss:RSAPSSParams xmlns:pss=\"http://www.w3.org/2007/05/xmldsig-more#\"/>",
    ] {
        let changed = good.security(&method, &format!("{method}{child}"));
        cases.push(bench.signed(child, &changed).refused(POLICY));
        let hmac = "<ds:SignatureMethod Algorithm=\
                    \"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256\">";
        let changed = swap(&changed.security, &method, hmac);
        let mut message = good.clone();
        message.security = changed;
        cases.push(
            bench
                .signed(format!("HMAC {child}"), &message)
                .refused(POLICY),
        );
    }
    let size = "<xenc:KeySize>64</xenc:KeySize>";
    let data = "#aes128-gcm\">";
    let changed = good.security(data, &format!("{data}{size}"));
    cases.push(bench.case("a key size", &changed).refused(POLICY));
    cases
}
