//! Messages written in another way that is allowed, which are accepted.

use super::{GOOD, Message};
use crate::engine::support::World;
use bytes::Bytes;

#[track_caller]
fn check_legal(change: impl Fn(&str) -> String) {
    let soap = change(&GOOD.soap());
    assert_ne!(soap, GOOD.soap(), "nothing changed");
    assert_eq!(GOOD.receive_soap(&soap).unwrap(), GOOD.receive().unwrap());
}

#[test]
fn legal_variants_of_the_envelope_are_accepted() {
    let quoted = |text: &str| text.replace('"', "'");
    // Quotes, white space in tags, empty tags: one canonical form.
    check_legal(|soap| {
        soap.replacen(
            "S12:mustUnderstand=\"true\"",
            "S12:mustUnderstand = 'true'",
            1,
        )
    });
    check_legal(|soap| soap.replace(&GOOD.body, &quoted(&GOOD.body)));
    check_legal(|soap| soap.replacen("></S12:Body>", " />", 1));
    check_legal(|soap| soap.replacen("<eb:MessageInfo>", "<eb:MessageInfo\n>", 1));
    // Attribute order.
    let id = format!("wsu:Id=\"{}\" ", Message::id_of(&GOOD.messaging));
    check_legal(|soap| {
        let must = "S12:mustUnderstand=\"true\"";
        soap.replacen(&format!("{id}{must}"), &format!("{must} {id}"), 1)
    });
    // A comment in unread places, a declaration, an encoding name, a byte order mark.
    check_legal(|soap| soap.replacen("<eb:PartyInfo>", "<eb:PartyInfo><!-- c -->", 1));
    check_legal(|soap| format!("<?xml version='1.0' encoding='utf-8'?>\n{soap}"));
    check_legal(|soap| format!("\u{FEFF}{soap}"));
    // White space and line ends between header blocks.
    check_legal(|soap| soap.replacen("<wsse:Security ", "\r\n\t<wsse:Security ", 1));
    check_legal(|soap| soap.replacen("<S12:Header>", "\r\n<S12:Header>\r\n", 1));
    check_legal(|soap| soap.replacen("<ds:KeyInfo>", "\n<ds:KeyInfo>\n", 1));
    // Security before Messaging, another header block.
    check_legal(|soap| {
        soap.replace(&GOOD.messaging, "").replace(
            &GOOD.security,
            &format!("{}{}", GOOD.security, GOOD.messaging),
        )
    });
    check_legal(|soap| soap.replacen("<S12:Header>", "<S12:Header><x/>", 1));
    // Declarations further out, other prefixes where nothing is signed.
    check_legal(|soap| soap.replacen("<S12:Envelope ", "<S12:Envelope xmlns:x=\"urn:x\" ", 1));
    check_legal(|soap| {
        let security = GOOD
            .security
            .replace("wsse:", "sec:")
            .replace("xmlns:wsse=", "xmlns:sec=");
        soap.replace(&GOOD.security, &security)
    });
    // A time stamp and a token nobody uses. [P18]
    check_legal(|soap| soap.replacen("</wsse:Security>", "<wsu:Timestamp/></wsse:Security>", 1));
    check_legal(|soap| {
        let token = "<wsse:BinarySecurityToken wsu:Id=\"unused\">AAAA</wsse:BinarySecurityToken>";
        soap.replacen("</wsse:Security>", &format!("{token}</wsse:Security>"), 1)
    });
    // Wrapped base64. [P10]
    check_legal(|soap| soap.replacen("<ds:SignatureValue>", "<ds:SignatureValue>\r\n ", 1));
    check_legal(|soap| soap.replacen("<xenc:CipherValue>", "<xenc:CipherValue>\n\t", 1));
    // The PrefixList may name what is not used.
    let method =
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    assert!(GOOD.security.contains(method));
}

#[test]
fn legal_variants_of_the_package_are_accepted() {
    let good = GOOD.receive().unwrap();
    let check = |change: &dyn Fn(&mut Message)| {
        let mut message = GOOD.clone();
        change(&mut message);
        assert_eq!(message.receive().unwrap(), good);
    };
    check(&|it| it.preamble = "This is a MIME message\r\n".to_owned());
    check(&|it| it.preamble = "\r\n".to_owned());
    check(&|it| it.parts.reverse());
    check(&|it| {
        it.parts[0].headers = it.parts[0]
            .headers
            .to_uppercase()
            .replace("REGREP@OOTS.EU", "regrep@oots.eu")
    });
    check(&|it| it.parts[0].headers = it.parts[0].headers.replace(['<', '>'], ""));
    check(&|it| it.parts[0].headers = it.parts[0].headers.replace(": ", ":\r\n\t"));
    check(&|it| {
        it.parts[0]
            .headers
            .push_str("\r\nContent-Disposition: attachment; filename=\"../x\"")
    });
    check(&|it| it.boundary = "----=_Part_1.2".to_owned());
    check(&|it| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encoded = STANDARD.encode(&it.parts[0].content);
        it.parts[0].content = encoded.into_bytes();
        it.parts[0].headers = it.parts[0].headers.replace("binary", "base64");
    });
    check(&|it| {
        let encoded = it.parts[1]
            .content
            .iter()
            .map(|byte| format!("={byte:02X}"))
            .collect::<Vec<_>>();
        let lines: Vec<String> = encoded.chunks(20).map(<[String]>::concat).collect();
        it.parts[1].content = lines.join("=\r\n").into_bytes();
        it.parts[1].headers = it.parts[1].headers.replace("binary", "Quoted-Printable");
    });
    let body = Bytes::from(GOOD.octets(&GOOD.soap()));
    for content_type in [
        format!("Multipart/Related;boundary={}", GOOD.boundary),
        format!(
            "multipart/related; charset=x; type=Application/SOAP+xml; BOUNDARY=\"{}\"",
            GOOD.boundary
        ),
    ] {
        assert!(
            World::rsa().receive(&content_type, body.clone()).is_ok(),
            "{content_type}"
        );
    }
}
