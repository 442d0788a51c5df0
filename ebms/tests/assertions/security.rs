//! What is signed and encrypted, with what, by whom.

use super::{
    exchange::{check_refused, delivered, soap_of, with_pdf},
    forge::{Forge, between},
    published,
    support::{
        Identity, Kind, NOW, SCHEME, World, partner_toml, pmodes_of, reference, request, time,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{
    EbmsCode, Leg, Partner,
    pmode::{Profile, TokenKind},
    security::Certificate,
};
use xml::{Document, Limits};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";

fn values(document: &Document, (namespace, local): (&str, &str), attribute: &str) -> Vec<String> {
    let all = document.root().descendants();
    all.filter(|it| it.is(namespace, local))
        .map(|it| it.attribute("", attribute).unwrap_or_default().to_owned())
        .collect()
}

// [AS4_CP_TA12]
#[test]
fn ta12_the_signature_covers_header_body_and_every_part() {
    let (sent, _) = delivered(&with_pdf(), &Leg::default());
    let soap = soap_of(&sent);
    let document = Document::parse(soap.as_bytes(), &Limits::SOAP).unwrap();
    assert_eq!(
        values(&document, (DS, "SignatureMethod"), "Algorithm"),
        ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    );
    let digests = values(&document, (DS, "DigestMethod"), "Algorithm");
    // Four references, and the one of RSA-OAEP.
    assert_eq!(digests, ["http://www.w3.org/2001/04/xmlenc#sha256"; 5]);
    let id = |from: &str| format!("#{}", between(&soap, from, "\""));
    let mut covered = vec![
        id(
            "xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" wsu:Id=\"",
        ),
        id(
            "<S12:Body xmlns:S12=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" wsu:Id=\"",
        ),
        "cid:regrep@oots.eu".to_owned(),
        "cid:evidence@oots.eu".to_owned(),
    ];
    let mut references = values(&document, (DS, "Reference"), "URI");
    covered.sort();
    references.sort();
    assert_eq!(references, covered);
    // The header is legible: what names the parties is not encrypted.
    assert!(soap.contains("<eb:UserMessage>") && soap.contains(">AP_FR_01<"));
    let token = between(&soap, "wsu:Id=\"sig-token-", "</wsse:BinarySecurityToken>");
    let token = token.split('>').nth(1).unwrap();
    let token = Certificate::from_der(&STANDARD.decode(token).unwrap()).unwrap();
    assert_eq!(token, World::rsa().fr.certificate());
}

// [AS4_CP_TA13]
#[test]
fn ta13_parts_are_encrypted_with_aes_gcm_for_the_certificate_of_the_receiver() {
    let (sent, _) = delivered(&with_pdf(), &Leg::default());
    let soap = soap_of(&sent);
    let document = Document::parse(soap.as_bytes(), &Limits::SOAP).unwrap();
    let gcm = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
    let mut methods = values(&document, (XENC, "EncryptionMethod"), "Algorithm");
    methods.sort();
    assert_eq!(
        methods,
        [gcm, gcm, "http://www.w3.org/2009/xmlenc11#rsa-oaep"]
    );
    let mgf = "http://www.w3.org/2009/xmlenc11#";
    assert_eq!(
        values(&document, (mgf, "MGF"), "Algorithm"),
        ["http://www.w3.org/2009/xmlenc11#mgf1sha256"]
    );
    let token = between(&soap, "<wsse:BinarySecurityToken", "</wsse:Binary");
    let token = token.split('>').nth(1).unwrap();
    let token = Certificate::from_der(&STANDARD.decode(token).unwrap()).unwrap();
    assert_eq!(token, World::rsa().de_decrypt.certificate());
    // All parts and only parts.
    let encrypted = values(&document, (XENC, "CipherReference"), "URI");
    assert_eq!(encrypted, ["cid:regrep@oots.eu", "cid:evidence@oots.eu"]);
}

// [P09]
#[test]
fn p09_the_prefix_list_is_honored() {
    published::accepted(&["edelivery-1.15/oots-request-prefixlist.as4"]);
    published::acknowledged(&["signals/receipt-prefixlist.as4"]);
}

// [P10]
#[test]
fn p10_base64_is_read_with_white_space_and_written_without() {
    published::accepted(&["edelivery-1.15/line-wrapped-base64.as4"]);
    let (sent, _) = delivered(&request(), &Leg::default());
    assert!(!soap_of(&sent).contains(['\r', '\n', '\t']));
}

// [P11]
#[test]
fn p11_rsa_oaep_with_sha_1_needs_the_switch() {
    for name in ["mgf1p-sha256", "no-mgf"] {
        let file = format!("edelivery-1.15/oots-request-oaep-{name}.as4");
        published::refused(&[&file], "EBMS:0103");
        if let Some(opened) = published::open(&file, "legacy_oaep = true") {
            assert!(opened.is_ok(), "{file}: {opened:?}");
        }
    }
}

// [P13]
#[test]
fn p13_a_path_ends_with_its_leaf_and_names_its_type() {
    published::accepted(&[
        "edelivery-1.15/oots-request-pkipath.as4",
        "edelivery-1.15/oots-request-sig-pkipath-enc-bst.as4",
    ]);
    let leg = Leg::default().with_tokens(TokenKind::PkiPath, TokenKind::Bst);
    let (sent, _) = delivered(&request(), &leg);
    let soap = soap_of(&sent);
    let key_info = soap.split("<ds:SignatureValue>").nth(1).unwrap();
    assert!(key_info.contains("TokenType=\""), "{key_info}");
    assert!(key_info.contains("#X509PKIPathv1\""), "{key_info}");
}

// [P14]
#[test]
fn p14_an_issuer_is_found_however_its_name_is_spelled() {
    let leg = Leg::default().with_tokens(TokenKind::IssuerSerial, TokenKind::IssuerSerial);
    let world = World::rsa();
    let sent = world.send(&request(), &leg);
    let good = Forge::of(sent.content_type(), sent.body());
    // Who signed, and for whom it is encrypted.
    for party in ["AP_FR_01", "AP_DE_01"] {
        check_spellings(&good, party);
    }
}

fn check_spellings(good: &Forge, party: &str) {
    let world = World::rsa();
    let name = format!("O=Test\\, with comma,CN={party}");
    for spelled in [
        format!("O=Test\\, with comma, CN={party}"),
        format!("O=\"Test, with comma\", CN={party}"),
        format!("o = Test\\2C with comma , cn = {party}"),
        format!("2.5.4.10=Test\\, with comma,2.5.4.3={party}"),
    ] {
        let forged = good.clone().with(&name, &spelled);
        let opened = world.receive(&forged.content_type(), forged.body());
        assert!(opened.is_ok(), "{spelled}: {opened:?}");
    }
    let other = good.clone().with(&name, "O=Test\\, with comma,CN=AP_XX_01");
    assert!(world.receive(&other.content_type(), other.body()).is_err());
}

// [P15]
#[test]
fn p15_a_key_identifier_is_derived_where_the_certificate_has_none() {
    // The certificates of this world are made without the extension.
    let leg = Leg::default().with_tokens(TokenKind::Ski, TokenKind::Ski);
    let (sent, _) = delivered(&request(), &leg);
    assert!(soap_of(&sent).contains("#X509SubjectKeyIdentifier"));
    if let Some(folder) = reference("p15") {
        let certificate = sample(&folder, "oots-ap_lu_01.cert.pem");
        assert!(certificate.not_before() < time(NOW));
    }
}

fn sample(folder: &std::path::Path, name: &str) -> Certificate {
    let pem = super::support::read(&folder.join("sample-keys").join(name));
    Certificate::from_pem(&pem).unwrap()
}

// [P16]
#[test]
fn p16_a_certificate_strict_parsers_refuse_is_pinned_by_its_octets() {
    let Some(folder) = reference("p16") else {
        return;
    };
    let text = partner_toml("AP_SE_01", "certificates = [\"se\"]", "se", "");
    let pem = super::support::read(&folder.join("sample-keys/oots-ap_se_01.cert.pem"));
    let load = |_: &str| Ok::<_, String>(pem.clone());
    let partner = Partner::from_toml("se", &text, load).unwrap();
    assert_eq!(
        partner.encryption_certificate(),
        Some(&sample(&folder, "oots-ap_se_01.cert.pem"))
    );
}

// [P28]
#[test]
fn p28_no_time_stamp_of_ws_security_is_sent() {
    let (sent, _) = delivered(&request(), &Leg::default());
    assert!(!soap_of(&sent).contains("wsu:Timestamp"));
    // One that is long over is no reason to refuse: it is not signed.
    let stale = "<wsu:Timestamp><wsu:Expires>2001-01-01T00:00:00Z</wsu:Expires></wsu:Timestamp>\
                 </wsse:Security>";
    let message = super::exchange::changed(|it| it.with("</wsse:Security>", stale));
    assert!(message.is_ok(), "{message:?}");
}

// [P29] [EBMS:0103]
#[test]
fn p29_a_message_that_is_not_signed_is_refused() {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    let security = super::forge::cut(&forge.soap, "<wsse:Security ", "</wsse:Security>");
    let unsigned = forge.clone().with(&security, "");
    let signature = super::forge::cut(&forge.soap, "<ds:Signature ", "</ds:Signature>");
    let encrypted_only = forge.with(&signature, "");
    for forged in [unsigned, encrypted_only] {
        let refusal = world.receive(&forged.content_type(), forged.body());
        let refusal = refusal.expect_err("accepted");
        assert_eq!(refusal.code(), EbmsCode::PolicyNoncompliance);
    }
}

// [P37]
#[test]
fn p37_an_id_is_found_whatever_attribute_holds_it() {
    published::accepted(&["edelivery-2.0/oots-request-eddsa-encryptedkey-wsuid.as4"]);
}

// [P38]
#[test]
fn p38_the_key_length_is_in_octets_and_salt_and_info_are_optional() {
    published::refused(&["negative/x25519-hkdf-keylength-bits.as4"], "EBMS:0102");
    published::accepted(&[
        "edelivery-2.0/oots-request-eddsa.as4",
        "edelivery-2.0/oots-request-eddsa-nosalt.as4",
        "edelivery-2.0/oots-request-eddsa-info.as4",
    ]);
}

// [P39]
#[test]
fn p39_an_ecdsa_signature_is_r_and_s_and_no_der() {
    published::refused(&["negative/ecdsa-der-encoded-signature.as4"], "EBMS:0101");
    published::accepted(&["edelivery-2.0/oots-request-ecdsa-p256.as4"]);
}

// [P41]
#[test]
fn p41_a_soap_part_of_64_kib_works() {
    let long = "x".repeat(1024);
    let draft = (0..60).fold(request(), |draft, at| {
        draft.with_property(ebms::Property::new(&format!("p{at}"), &long))
    });
    let leg = Leg::default().with_tokens(TokenKind::PkiPath, TokenKind::PkiPath);
    let (sent, message) = delivered(&draft, &leg);
    assert!(soap_of(&sent).len() > 64 << 10);
    assert_eq!(message.header().properties().len(), 63);
    super::exchange::acknowledged(&sent, &message);
}

// [P40]
#[test]
fn p40_edwards_keys_with_certificates_of_an_rsa_authority_are_trusted() {
    super::authority::check_chain(&rcgen::PKCS_RSA_SHA256);
}

/// A world in which FR signs and decrypts with one RSA certificate, as many partners do.
#[test]
fn one_certificate_may_sign_and_decrypt() {
    // [AS4 1.9]
    let one = Identity::new("AP_FR_01", Kind::Rsa);
    let text = partner_toml("AP_FR_01", "certificates = [\"one\"]", "one", "");
    let load = |_: &str| Ok::<_, String>(one.certificate.clone().into_bytes());
    let partner = Partner::from_toml("fr", &text, load).unwrap();
    let world = World {
        pmodes: pmodes_of("AP_DE_01", SCHEME, vec![partner.clone()]),
        de_partner: partner,
        fr: Identity {
            key: one.key.clone(),
            certificate: one.certificate.clone(),
        },
        de: Identity {
            key: one.key.clone(),
            certificate: one.certificate.clone(),
        },
        de_decrypt: one,
    };
    let sent = world.send(&request(), &Leg::default().with_profile(Profile::Rsa));
    assert!(
        world
            .receive(sent.content_type(), sent.body().clone())
            .is_ok()
    );
}

// [EBMS:0103]
#[test]
fn another_signing_or_digest_algorithm_is_refused() {
    for (old, new) in [
        ("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-sha512"),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        ),
    ] {
        check_refused(|it| it.with(old, new), EbmsCode::PolicyNoncompliance);
    }
    let digest = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">";
    let sha1 = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\">";
    let info = |it: Forge| {
        let info = super::forge::cut(&it.soap, "<ds:SignedInfo", "</ds:SignedInfo>");
        let weak = info.replacen(digest, sha1, 1);
        it.with(&info, &weak)
    };
    check_refused(info, EbmsCode::PolicyNoncompliance);
}
