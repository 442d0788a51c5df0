//! Whose key it is: second signatures, tokens exchanged, keys the message brings along. [AS4 6.F]

use super::{
    bench::{Bench, all, partner, request},
    careless::Formal,
    forge,
    message::{Message, cut, swap},
    tally::{AUTHENTICATION, Case, Group, POLICY},
    world::{Identity, Kind, SCHEME, counter, pmodes_of},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{pmode::TokenKind, send};
use std::sync::LazyLock;

pub(crate) static WRAPPING: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| [headers(bench), signatures(bench), tokens(bench)].concat());
    Group::of(
        "A 33-38",
        "second headers and signatures, tokens exchanged",
        cases,
    )
});

pub(crate) static CONFUSION: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| {
        [
            named(bench),
            carried(bench),
            strangers(bench),
            other_kind(bench),
        ]
        .concat()
    });
    Group::of("F", "keys named, brought along, or of somebody else", cases)
});

#[test]
fn one_signature_by_the_one_sender() {
    // [ROB-76], [ROB-78], [ROB-84]
    WRAPPING.check(100);
}

#[test]
fn the_key_is_the_one_agreed_with_the_sender() {
    // [ROB-83], [ROB-84]
    CONFUSION.check(120);
}

/// (33), (34)
fn headers(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let must = "S12:mustUnderstand=\"true\"";
    let mut cases = Vec::new();
    for role in [
        "S12:role=\"urn:evil\"",
        "S12:role=\"http://www.w3.org/2003/05/soap-envelope/role/none\"",
        "S12:role=\"http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver\"",
        "S12:role=\"\"",
    ] {
        let foreign = swap(&good.security, must, &format!("{must} {role}"));
        let (token, rest) = foreign.split_once("<ds:Signature ").unwrap();
        let stripped = format!("{token}{}", rest.split_once("</ds:Signature>").unwrap().1);
        let empty = format!(
            "{}</wsse:Security>",
            foreign.split_once('>').unwrap().0.to_owned() + ">"
        );
        for second in [&foreign, &stripped, &empty] {
            for both in [
                format!("{}{second}", good.security),
                format!("{second}{}", good.security),
            ] {
                let mut changed = good.clone();
                changed.security = both;
                cases.push(bench.case(role, &changed).number(33).refused(POLICY));
            }
        }
        let mut changed = good.clone();
        changed.security = foreign;
        cases.push(bench.case(role, &changed).number(34).refused(POLICY));
    }
    let mut none = good.clone();
    none.security = String::new();
    cases.push(
        bench
            .case("no Security", &none)
            .number(34)
            .broken()
            .refused(POLICY),
    );
    let other = "http://schemas.xmlsoap.org/ws/2002/04/secext";
    let real = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    let renamed = good.security.replacen(real, other, 1).replace(must, "");
    none.security = renamed;
    cases.push(
        bench
            .case("another WS-Security", &none)
            .number(34)
            .refused(POLICY),
    );
    cases
}

/// (35), (36): a signature of AT over the same content beside or inside that of FR.
fn signatures(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let by_at = forge::resign(&good.soap(), &good.parts, &bench.secrets, &bench.keys.at);
    let at = cut(&by_at, "<ds:Signature ", "</ds:Signature>");
    let at = at.replacen(" Id=\"", " Id=\"at-", 1);
    let own = good.signature();
    let mut cases = Vec::new();
    for both in [
        format!("{at}{own}"),
        format!("{own}{at}"),
        format!("{at}{at}{own}"),
    ] {
        let both = both.replacen("Id=\"at-", "Id=\"at2-", both.matches("at-sig").count() - 1);
        let changed = good.security(&own, &both);
        cases.push(bench.case("two", &changed).number(35).refused(POLICY));
    }
    // AT's signature alone over evil content, FR's own over the header moved away.
    let mut evil = good.messaging("BR_FR_01", "EVIL");
    let soap = forge::resign(&evil.soap(), &evil.parts, &bench.secrets, &bench.keys.at);
    let first = cut(&soap, "<ds:Signature ", "</ds:Signature>").replacen(" Id=\"", " Id=\"at-", 1);
    evil.security = swap(&good.security, &own, &format!("{first}{own}"));
    let soap = swap(
        &evil.soap(),
        "</S12:Header>",
        &format!("<w>{}</w></S12:Header>", good.messaging),
    );
    cases.push(bench.soap_case("over evil content", good, soap).number(35));
    cases.push(
        bench
            .case("over evil content alone", &evil)
            .number(35)
            .refused(POLICY),
    );
    for (place, put) in [
        (
            "</ds:KeyInfo></ds:Signature>",
            "{}</ds:KeyInfo></ds:Signature>",
        ),
        (
            "</ds:Signature>",
            "<ds:Object>{}</ds:Object></ds:Signature>",
        ),
        ("</ds:Signature>", "{}</ds:Signature>"),
        ("</ds:SignatureValue>", "</ds:SignatureValue>{}"),
        ("</wsse:Security>", "<wrap>{}</wrap></wsse:Security>"),
    ] {
        let changed = good.security(place, &put.replace("{}", &at));
        cases.push(bench.case(format!("inside {place}"), &changed).number(36));
    }
    // Inside what is signed the digest sees it.
    let changed = good.security("</ds:SignedInfo>", &format!("{at}</ds:SignedInfo>"));
    cases.push(bench.case("inside SignedInfo", &changed).number(36));
    cases
}

fn token(identity: &Identity) -> String {
    STANDARD.encode(identity.certificate().der())
}

/// The good message as somebody else writes it, naming the certificate in some way.
fn written_by(bench: &Bench, signer: &Identity, kind: TokenKind) -> Message {
    let leg = bench.leg().with_tokens(kind, TokenKind::Bst);
    let certificate = bench.keys.de_decrypt.certificate();
    let key = signer.signing_key();
    Message::split(&send::write(&request(), &leg, &key, &certificate, &mut counter()).unwrap())
}

/// (37), (38)
fn tokens(bench: &'static Bench) -> Vec<Case> {
    let (good, keys) = (&bench.good, bench.keys);
    let mut cases = Vec::new();
    for other in [&keys.rogue, &keys.at, &keys.de] {
        let changed = good.security(&token(&keys.fr), &token(other));
        cases.push(bench.case("token exchanged", &changed).number(37));
        cases.push(bench.signed_by("and signed", &changed, other).number(37));
    }
    for kind in [TokenKind::IssuerSerial, TokenKind::Ski, TokenKind::PkiPath] {
        for other in [&keys.at, &keys.rogue] {
            let by_other = written_by(bench, other, kind);
            let changed = by_other.clone();
            let name = format!("{kind:?} of another");
            // FR signs, another is named. The stranger took FR's name and serial number, so that
            // naming one is naming the other, and FR did sign.
            let case = bench.signed(&name, &changed).number(38);
            let same = kind == TokenKind::IssuerSerial && std::ptr::eq(other, &keys.rogue);
            cases.push(if same { case.unchanged() } else { case });
            cases.push(bench.case(format!("{name}, by it"), &changed).number(38));
        }
    }
    cases
}

/// Everything else that may stand in a `ds:KeyInfo`. Nothing is fetched: the engine has no way to.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn named(bench: &'static Bench) -> Vec<Case> {
    let (good, keys) = (&bench.good, bench.keys);
    let own = good.key_info();
    let reference = cut(
        &own,
        "<wsse:SecurityTokenReference>",
        "</wsse:SecurityTokenReference>",
    );
    let certificate = token(&keys.fr);
    let mut cases = Vec::new();
    for content in [
        "".to_owned(),
        "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/k\"/>".to_owned(),
        "<ds:RetrievalMethod URI=\"#x\" Type=\"http://www.w3.org/2000/09/xmldsig#X509Data\"/>".to_owned(),
        "<dsig11:KeyInfoReference xmlns:dsig11=\"http://www.w3.org/2009/xmldsig11#\" URI=\"#x\"/>".to_owned(),
        "<ds:KeyName>AP_FR_01</ds:KeyName>".to_owned(),
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus></ds:RSAKeyValue></ds:KeyValue>".to_owned(),
        "<dsig11:DEREncodedKeyValue xmlns:dsig11=\"http://www.w3.org/2009/xmldsig11#\">AA==</dsig11:DEREncodedKeyValue>".to_owned(),
        format!("<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>"),
        "<ds:X509Data><ds:X509SubjectName>CN=AP_FR_01</ds:X509SubjectName></ds:X509Data>".to_owned(),
        "<ds:PGPData/>".to_owned(),
        "<ds:SPKIData/>".to_owned(),
        "<ds:MgmtData>x</ds:MgmtData>".to_owned(),
        reference.repeat(2),
        format!("<ds:KeyName>k</ds:KeyName>{reference}"),
        format!("{reference}<ds:KeyName>k</ds:KeyName>"),
        format!("{reference}text"),
        swap(&reference, "URI=\"#", "URI=\"http://127.0.0.1:9/#"),
        swap(&reference, "URI=\"#", "URI=\""),
        "<wsse:SecurityTokenReference/>".to_owned(),
        format!("<wsse:SecurityTokenReference><wsse:Embedded>{certificate}</wsse:Embedded></wsse:SecurityTokenReference>"),
        format!("<wsse:SecurityTokenReference><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></wsse:SecurityTokenReference>"),
        "<wsse:SecurityTokenReference><wsse:KeyIdentifier ValueType=\"urn:x\">AAAA</wsse:KeyIdentifier></wsse:SecurityTokenReference>".to_owned(),
        "<wsse:SecurityTokenReference><wsse:KeyIdentifier>AAAA</wsse:KeyIdentifier></wsse:SecurityTokenReference>".to_owned(),
        "<wsse:SecurityTokenReference><ds:KeyName>k</ds:KeyName></wsse:SecurityTokenReference>".to_owned(),
    ] {
        let changed = good.security(&own, &format!("<ds:KeyInfo>{content}</ds:KeyInfo>"));
        cases.push(bench.case(content, &changed).refused(POLICY));
    }
    cases.push(
        bench
            .case("no KeyInfo", &good.security(&own, ""))
            .refused(POLICY),
    );
    cases.push(
        bench
            .case("two KeyInfo", &good.security(&own, &own.repeat(2)))
            .refused(POLICY),
    );
    // Tokens that are somewhere else, or are none.
    let (_, id) = reference.split_once("URI=\"#").unwrap();
    let id = id.split('"').next().unwrap();
    for other in [good.messaging_id(), "nothing", "x)"] {
        let changed = good.security(&format!("URI=\"#{id}\""), &format!("URI=\"#{other}\""));
        cases.push(bench.case(format!("token {other}"), &changed));
    }
    let element = cut(
        &good.security,
        "<wsse:BinarySecurityToken ",
        "</wsse:BinarySecurityToken>",
    );
    let element = good
        .security
        .split("<wsse:BinarySecurityToken ")
        .skip(1)
        .fold(element, |found, it| {
            let whole = format!(
                "<wsse:BinarySecurityToken {}",
                cut(it, "", "</wsse:BinarySecurityToken>")
            );
            if whole.contains(id) { whole } else { found }
        });
    for put in [
        "<wrap>{}</wrap></S12:Header>",
        "<wrap>{}</wrap></wsse:Security>",
    ] {
        let moved = good.security(&element, "");
        let place = put.trim_start_matches("<wrap>{}</wrap>");
        let declared = format!("xmlns:wsu=\"{WSU}\" xmlns:wsse=\"{WSSE}\" wsu:Id");
        let whole = swap(&element, "wsu:Id", &declared);
        let soap = swap(&moved.soap(), place, &put.replace("{}", &whole));
        cases.push(bench.soap_case(format!("token before {place}"), good, soap));
    }
    cases
}

const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";

/// Tokens that are no certificates, or bring roots along.
fn carried(bench: &'static Bench) -> Vec<Case> {
    let (good, keys) = (&bench.good, bench.keys);
    let own = token(&keys.fr);
    let mut cases = Vec::new();
    let der = keys.fr.certificate().der().to_vec();
    let mut trailing = der.clone();
    trailing.push(0);
    for (name, text) in [
        ("nothing", String::new()),
        ("no base64", "!".to_owned()),
        ("garbage", "AAAA".to_owned()),
        ("cut", STANDARD.encode(&der[..der.len() - 1])),
        ("longer", STANDARD.encode(&trailing)),
        ("a comment", format!("<!-- -->{own}")),
        ("an element", format!("<x/>{own}")),
    ] {
        cases.push(bench.case(name, &good.security(&own, &text)));
    }
    let bare = "#X509v3";
    for kind in ["#X509v1", "#X509PKIPathv2", "#PKCS7", ""] {
        let (start, rest) = good
            .security
            .rsplit_once("<wsse:BinarySecurityToken ")
            .unwrap();
        let mut message = good.clone();
        message.security = format!(
            "{start}<wsse:BinarySecurityToken {}",
            swap(rest, bare, kind)
        );
        cases.push(bench.case(format!("type {kind}"), &message).refused(POLICY));
    }
    // A path with the stranger's certificate at its end, and its own root before it.
    let path = |certificates: &[&Identity]| {
        let content: Vec<u8> = certificates
            .iter()
            .flat_map(|it| it.certificate().der().to_vec())
            .collect();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        STANDARD.encode([&[0x30, 0x82], length.as_slice(), &content].concat())
    };
    for chain in [
        vec![&keys.rogue],
        vec![&keys.fr, &keys.rogue],
        vec![&keys.rogue, &keys.fr, &keys.rogue],
        vec![&keys.at],
        vec![],
        vec![&keys.fr; 9],
    ] {
        let by = chain.last().copied().unwrap_or(&keys.fr);
        let mut message = written_by(bench, &keys.fr, TokenKind::PkiPath);
        let old = path(&[&keys.fr]);
        message.security = swap(&message.security, &old, &path(&chain));
        let case = bench.signed_by(format!("a path of {}", chain.len()), &message, by);
        cases.push(case);
    }
    cases
}

/// Whole messages by somebody else.
fn strangers(bench: &'static Bench) -> Vec<Case> {
    let keys = bench.keys;
    let mut cases = Vec::new();
    let kinds = [
        TokenKind::Bst,
        TokenKind::PkiPath,
        TokenKind::IssuerSerial,
        TokenKind::Ski,
    ];
    for (name, signer) in [
        ("AT", &keys.at),
        ("a stranger", &keys.rogue),
        ("ourselves", &keys.de),
    ] {
        for kind in kinds {
            let message = written_by(bench, signer, kind);
            let case = bench.case(format!("{kind:?} by {name}"), &message);
            // The careless verifier does not know our own key unless the message carries it.
            let known = name != "ourselves" || kind == TokenKind::Bst;
            cases.push(if known { case } else { case.broken() });
        }
    }
    cases
}

/// A key of another kind than the suite has, known to be FR's all the same.
fn other_kind(bench: &'static Bench) -> Vec<Case> {
    let keys = bench.keys;
    let other = Identity::new("AP_FR_01", Kind::P256);
    let suite = if bench.name.starts_with("rsa") {
        "rsa"
    } else {
        "ed25519"
    };
    let security = format!("profile = \"{suite}\"\nencrypt = {}", bench.encrypted);
    let encryption = &keys.other_decrypt.certificate;
    let pmodes = || {
        let fr = partner("AP_FR_01", &other.certificate, encryption, &security);
        pmodes_of("AP_DE_01", SCHEME, vec![fr])
    };
    let changed = bench.good.security(&token(&keys.fr), &token(&other));
    let method = cut(&changed.security, "<ds:SignatureMethod ", ">");
    let ecdsa = "<ds:SignatureMethod Algorithm=\
                 \"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\">";
    let honest = changed.security(&method, ecdsa);
    vec![
        bench
            .signed_by("curve, said", &honest, &other)
            .refused(POLICY)
            .under(pmodes()),
        bench
            .signed_by("curve, not said", &changed, &other)
            .formal(Formal::Broken)
            .refused(AUTHENTICATION)
            .under(pmodes()),
    ]
}
