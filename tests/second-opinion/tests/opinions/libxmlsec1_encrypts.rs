//! Each decrypts what the other encrypts. The key transport of 1.15 came with libxmlsec1 1.3; where
//! an older one is installed, the command `openssl` stands in for that one step.

use crate::{
    identity::{Identity, Kind},
    message::{Parts, between},
    openssl,
    template::Unsigned,
    world::{World, XML, draft_with, parts_of},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{
    Leg,
    pmode::{Profile, TokenKind},
    refusal::EbmsCode,
};
use flate2::read::GzDecoder;
use second_opinion::{Method, Verdict, knows};
use std::{
    io::{self, Read as _},
    sync::LazyLock,
};

const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const WSS: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
const WSS11: &str = "http://docs.oasis-open.org/wss/oasis-wss-";

static STRICT: LazyLock<World> = LazyLock::new(|| world(""));
static LENIENT: LazyLock<World> = LazyLock::new(|| world("legacy_oaep = true"));

fn world(security: &str) -> World {
    let [fr, de] = ["AP_FR_01", "AP_DE_01"].map(|name| Identity::new(name, Kind::Rsa));
    World::of(Profile::Rsa, fr, de, security)
}

fn unwrap_key(message: &Parts, recipient: &Identity) -> [u8; 16] {
    let unwrapped = second_opinion::unwrap_key(&message.soap, recipient.key.as_bytes());
    if knows(RSA_OAEP) {
        return unwrapped.unwrap().try_into().unwrap();
    }
    let refused = unwrapped.unwrap_err();
    assert!(refused.says(RSA_OAEP), "{refused}");
    let key = between(
        message.soap_text(),
        "<xenc:EncryptedKey",
        "</xenc:EncryptedKey>",
    );
    let wrapped = STANDARD
        .decode(between(key, "<xenc:CipherValue>", "</"))
        .unwrap();
    openssl::unwrap_oaep_sha256(&wrapped, &recipient.key).expect("OpenSSL unwraps the key")
}

// [AS4 1.9, AS4_CP_TA13, AS4_CP_TA38]
#[test]
fn libxmlsec1_decrypts_and_then_verifies_what_we_encrypt() {
    let world = &*STRICT;
    let contents = [XML, b"%PDF-1.7\n", b""];
    let draft = draft_with(&[
        ("application/x-ebrs+xml", contents[0]),
        ("application/pdf", contents[1]),
        ("application/octet-stream", contents[2]),
    ]);
    for compress in [true, false] {
        for token in [
            TokenKind::Bst,
            TokenKind::PkiPath,
            TokenKind::IssuerSerial,
            TokenKind::Ski,
        ] {
            let leg = Leg::default()
                .with_tokens(token, token)
                .with_compression(compress);
            let mut message = parts_of(&world.send(&draft, leg));
            let key = unwrap_key(&message, &world.de_decrypt);
            let opened = second_opinion::decrypt(&message.soap, &message.raw(), &key).unwrap();
            // The types that were encrypted stand in the envelope, in the order of the parts.
            let soap = message.soap_text().to_owned();
            let types = soap.split(" MimeType=\"").skip(1);
            for ((part, described), content) in message.parts.iter_mut().zip(types).zip(contents) {
                assert_eq!(part.content_type, "application/octet-stream");
                described
                    .split('"')
                    .next()
                    .unwrap()
                    .clone_into(&mut part.content_type);
                part.content = opened.get(&format!("cid:{}", part.cid)).unwrap().to_vec();
                let mut plain = part.content.clone();
                if compress {
                    plain.clear();
                    let decoder = GzDecoder::new(part.content.as_slice());
                    io::copy(&mut decoder.take(1 << 20), &mut plain).unwrap();
                }
                assert_eq!(plain, content);
            }
            let verdict = message.verify(world.fr.certificate_pem(), Method::RsaSha256);
            assert!(matches!(verdict, Ok(Verdict::Valid(uris)) if uris.len() == 5));
        }
    }
}

#[test]
fn libxmlsec1_refuses_a_part_that_was_changed_after_encryption() {
    let world = &*STRICT;
    let draft = draft_with(&[("application/pdf", b"%PDF-1.7\n")]);
    let mut message = parts_of(&world.send(&draft, Leg::default()));
    let key = unwrap_key(&message, &world.de_decrypt);
    let at = message.parts[0].content.len() - 20;
    message.parts[0].content[at] ^= 1;
    assert!(second_opinion::decrypt(&message.soap, &message.raw(), &key).is_err());
    let (content_type, body) = message.join();
    let refusal = world.receive(&content_type, body).unwrap_err();
    assert_eq!(refusal.code(), EbmsCode::FailedDecryption);
}

const CONTENT_KEY: [u8; 16] = *b"0123456789abcdef";

/// A message signed, then encrypted, by libxmlsec1; the content key was wrapped by `transport`.
fn encrypted(world: &World, transport: &str, wrapped: &[u8]) -> Parts {
    let unsigned = Unsigned::new(&world.fr, Method::RsaSha256)
        .with_part("application/x-ebrs+xml", "application/x-ebrs+xml", XML)
        .with_part("application/pdf", "application/pdf", b"%PDF-1.7\n");
    let types = ["application/x-ebrs+xml", "application/pdf"];
    let data: String = types
        .iter()
        .enumerate()
        .map(|(at, kind)| encrypted_data(at, kind, &unsigned.uri(at)))
        .collect();
    let key = format!(
        "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Id=\"EK\">{transport}\
         <ds:KeyInfo><wsse:SecurityTokenReference><wsse:KeyIdentifier \
         EncodingType=\"{WSS}soap-message-security-1.0#Base64Binary\" \
         ValueType=\"{WSS11}soap-message-security-1.1#ThumbprintSHA1\">{}</wsse:KeyIdentifier>\
         </wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{}\
         </xenc:CipherValue></xenc:CipherData><xenc:ReferenceList><xenc:DataReference \
         URI=\"#ED-0\"/><xenc:DataReference URI=\"#ED-1\"/></xenc:ReferenceList>\
         </xenc:EncryptedKey>",
        thumbprint(&world.de_decrypt),
        STANDARD.encode(wrapped),
    );
    let mut message = unsigned.with_encryption(key + &data).sign(&world.fr);
    for part in &mut message.parts {
        part.content = second_opinion::encrypt(&part.content, &CONTENT_KEY).unwrap();
        "application/octet-stream".clone_into(&mut part.content_type);
    }
    message
}

fn encrypted_data(at: usize, kind: &str, uri: &str) -> String {
    format!(
        "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Id=\"ED-{at}\" \
         MimeType=\"{kind}\" Type=\"{WSS11}SwAProfile-1.1#Attachment-Content-Only\">\
         <xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes128-gcm\"/>\
         <ds:KeyInfo><wsse:SecurityTokenReference \
         xmlns:wsse11=\"{WSS11}wssecurity-secext-1.1.xsd\" \
         wsse11:TokenType=\"{WSS11}soap-message-security-1.1#EncryptedKey\">\
         <wsse:Reference URI=\"#EK\"/></wsse:SecurityTokenReference></ds:KeyInfo>\
         <xenc:CipherData><xenc:CipherReference URI=\"{uri}\"><xenc:Transforms><ds:Transform \
         Algorithm=\"{WSS11}SwAProfile-1.1#Attachment-Ciphertext-Transform\"/></xenc:Transforms>\
         </xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>"
    )
}

fn thumbprint(identity: &Identity) -> String {
    let printed = openssl::describe(identity.certificate_pem(), &["-fingerprint", "-sha1"]);
    let (_, digits) = printed.trim().split_once('=').unwrap();
    let octets: Vec<u8> = digits
        .split(':')
        .map(|it| u8::from_str_radix(it, 16).unwrap())
        .collect();
    STANDARD.encode(octets)
}

#[track_caller]
fn check_opened(world: &World, message: &Parts) {
    let (content_type, body) = message.join();
    let opened = world.receive(&content_type, body).unwrap();
    let delivered: Vec<&[u8]> = opened.payloads().iter().map(|it| &**it.content()).collect();
    assert_eq!(delivered, [XML, b"%PDF-1.7\n"]);
}

// [AS4 1.9, AS4_CP_TA13]
#[test]
fn we_decrypt_what_libxmlsec1_encrypts() {
    let world = &*STRICT;
    let transport = format!(
        "<xenc:EncryptionMethod Algorithm=\"{RSA_OAEP}\">\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
         <xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" \
         Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/></xenc:EncryptionMethod>"
    );
    let wrapped = openssl::wrap_oaep_sha256(&CONTENT_KEY, world.de_decrypt.certificate_pem());
    check_opened(world, &encrypted(world, &transport, &wrapped));
}

// [P11]
#[test]
fn the_older_key_transport_of_libxmlsec1_is_opened_where_that_was_agreed_only() {
    let transport = "<xenc:EncryptionMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"><ds:DigestMethod \
         Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/></xenc:EncryptionMethod>";
    let wrap = |world: &World| {
        let certificate = world.de_decrypt.certificate_pem().as_bytes();
        let wrapped = second_opinion::wrap_key(&CONTENT_KEY, certificate).unwrap();
        let message = encrypted(world, transport, &wrapped);
        // It opens its own.
        let key = world.de_decrypt.key.as_bytes();
        assert_eq!(
            second_opinion::unwrap_key(&message.soap, key).unwrap(),
            CONTENT_KEY
        );
        message
    };
    check_opened(&LENIENT, &wrap(&LENIENT));
    let (content_type, body) = wrap(&STRICT).join();
    let refusal = STRICT.receive(&content_type, body).unwrap_err();
    assert_eq!(refusal.code(), EbmsCode::PolicyNoncompliance);
}
