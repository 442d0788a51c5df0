//! How a message names a certificate. The reference selects a candidate and proves nothing:
//! acceptance is [`super::Trust`]'s. [AS4 1.8]

use super::{Certificate, der, from_base64, name::Name, to_base64};
use crate::{
    envelope::Cursor,
    pmode::TokenKind,
    profile::{ns, token},
    refusal::Reason,
};
use xml::{Element, IdTable, Writer};

/// A certificate named by a message.
#[derive(Clone, Debug)]
pub(crate) enum Token {
    /// The message carries it, with or without its chain.
    Carried {
        certificate: Certificate,
        path: Vec<Certificate>,
    },
    /// Issuer name and serial number.
    IssuerSerial { issuer: Name, serial: Vec<u8> },
    /// Subject key identifier.
    KeyIdentifier(Vec<u8>),
    /// SHA-1 of the certificate.
    Thumbprint(Vec<u8>),
}

/// Certificates one PKIPath may carry.
const MAX_PATH: usize = 8;

impl Token {
    /// Reads the `wsse:SecurityTokenReference` in a `ds:KeyInfo` or `xenc:RecipientKeyInfo`.
    pub(crate) fn read(
        key_info: Element<'_>,
        security: Element<'_>,
        ids: &IdTable<'_>,
    ) -> Result<Self, Reason> {
        // [AS4 1.8] RetrievalMethod, KeyValue, KeyName and bare X509Data select nothing here.
        const UNKNOWN: Reason = Reason::Policy("a key is named in a way that was not agreed");
        let mut children = Cursor::new(key_info);
        let reference = children
            .take(ns::WSSE, "SecurityTokenReference")
            .ok_or(UNKNOWN)?;
        if !children.is_done() {
            return Err(UNKNOWN);
        }
        let mut children = Cursor::new(reference);
        let child = children.next().ok_or(UNKNOWN)?;
        if !children.is_done() {
            return Err(UNKNOWN);
        }
        if child.is(ns::WSSE, "Reference") {
            carried(child, security, ids)
        } else if child.is(ns::WSSE, "KeyIdentifier") {
            identified(child)
        } else if child.is(ns::DS, "X509Data") {
            issued(child)
        } else {
            Err(UNKNOWN)
        }
    }

    /// Whether this names the certificate.
    pub(crate) fn names(&self, candidate: &Certificate) -> bool {
        match self {
            Self::Carried { certificate, .. } => certificate == candidate,
            Self::IssuerSerial { issuer, serial } => {
                candidate.serial() == serial && candidate.issuer_name().matches(issuer)
            }
            Self::KeyIdentifier(identifier) => candidate.key_identifier() == identifier,
            Self::Thumbprint(thumbprint) => candidate.thumbprint_sha1() == thumbprint.as_slice(),
        }
    }
}

/// `wsse:Reference` to a token in this very security header.
fn carried(
    reference: Element<'_>,
    security: Element<'_>,
    ids: &IdTable<'_>,
) -> Result<Token, Reason> {
    let id = reference
        .attribute("", "URI")
        .and_then(|uri| uri.strip_prefix('#'));
    let id = id.ok_or(Reason::Policy("a token outside the message"))?;
    let token = ids
        .find(id)
        .filter(|token| token.is(ns::WSSE, "BinarySecurityToken"))
        .filter(|token| token.parent() == Some(security))
        .ok_or(Reason::Authentication(
            "a token that is not in the Security header",
        ))?;
    let encoding = token.attribute("", "EncodingType").unwrap_or(token::BASE64);
    if encoding != token::BASE64 {
        return Err(Reason::Policy("the encoding of a token"));
    }
    let invalid = Reason::Authentication("a token that is not a certificate");
    let Some(octets) = octets(token) else {
        return Err(invalid);
    };
    match token.attribute("", "ValueType") {
        Some(token::X509V3) => {
            let certificate = Certificate::from_der(&octets).map_err(|_| invalid)?;
            Ok(Token::Carried {
                certificate,
                path: Vec::new(),
            })
        }
        Some(token::PKI_PATH) => {
            let mut path = read_path(&octets).ok_or(invalid.clone())?;
            // [P13] the end entity stands last.
            let certificate = path.pop().ok_or(invalid)?;
            Ok(Token::Carried { certificate, path })
        }
        _ => Err(Reason::Policy("the type of a token")),
    }
}

fn identified(identifier: Element<'_>) -> Result<Token, Reason> {
    let octets = octets(identifier).ok_or(Reason::Authentication(
        "a key identifier that is not base64",
    ))?;
    match identifier.attribute("", "ValueType") {
        Some(token::SKI) => Ok(Token::KeyIdentifier(octets)),
        Some(token::THUMBPRINT) => Ok(Token::Thumbprint(octets)),
        _ => Err(Reason::Policy("the type of a key identifier")),
    }
}

fn issued(data: Element<'_>) -> Result<Token, Reason> {
    const INVALID: Reason = Reason::Policy("X509Data without issuer and serial number");
    let mut children = Cursor::new(data);
    let issued = children.take(ns::DS, "X509IssuerSerial").ok_or(INVALID)?;
    let mut inner = Cursor::new(issued);
    let name = inner.take(ns::DS, "X509IssuerName").ok_or(INVALID)?;
    let serial = inner.take(ns::DS, "X509SerialNumber").ok_or(INVALID)?;
    let plain = name.is_plain_text() && serial.is_plain_text();
    if !children.is_done() || !inner.is_done() || !plain {
        return Err(INVALID);
    }
    let unknown = Reason::Authentication("an issuer or serial number that cannot be read");
    let issuer = Name::parse(&name.trimmed_text()).ok_or(unknown.clone())?;
    let serial = from_decimal(&serial.trimmed_text()).ok_or(unknown)?;
    Ok(Token::IssuerSerial { issuer, serial })
}

/// Decoded text of a leaf.
pub(crate) fn octets(element: Element<'_>) -> Option<Vec<u8>> {
    if element.is_plain_text() {
        from_base64(&element.text())
    } else {
        None
    }
}

/// `SEQUENCE OF Certificate`.
fn read_path(der: &[u8]) -> Option<Vec<Certificate>> {
    let outer = der::take(der, der::SEQUENCE)?;
    if !outer.rest.is_empty() {
        return None;
    }
    let mut path = Vec::new();
    let mut left = outer.content;
    while !left.is_empty() {
        let certificate = der::take(left, der::SEQUENCE)?;
        if path.len() == MAX_PATH {
            return None;
        }
        path.push(Certificate::from_der(certificate.whole).ok()?);
        left = certificate.rest;
    }
    Some(path)
}

/// Writes the `wsse:BinarySecurityToken`, if the kind carries the certificate.
pub(crate) fn write_token(w: &mut Writer, kind: TokenKind, chain: &[Certificate], id: &str) {
    let (value_type, octets) = match kind {
        TokenKind::Bst => (token::X509V3, chain.first().map(|it| it.der().to_vec())),
        TokenKind::PkiPath => (token::PKI_PATH, Some(write_path(chain))),
        TokenKind::IssuerSerial | TokenKind::Ski => return,
    };
    let attributes = [
        ("EncodingType", token::BASE64),
        ("ValueType", value_type),
        ("wsu:Id", id),
    ];
    let octets = octets.unwrap_or_default();
    w.leaf("wsse:BinarySecurityToken", &attributes, &to_base64(&octets));
}

/// Writes the `wsse:SecurityTokenReference`.
pub(crate) fn write_reference(
    w: &mut Writer,
    kind: TokenKind,
    certificate: &Certificate,
    id: &str,
) {
    let uri = format!("#{id}");
    let reference = |w: &mut Writer, value_type: &str| {
        w.empty(
            "wsse:Reference",
            &[("URI", &uri), ("ValueType", value_type)],
        );
    };
    match kind {
        TokenKind::Bst => {
            w.element("wsse:SecurityTokenReference", &[], |w| {
                reference(w, token::X509V3)
            });
        }
        TokenKind::PkiPath => {
            // BSP R5215 asks for the token type of a path.
            let attributes = [
                ("xmlns:wsse11", ns::WSSE11),
                ("wsse11:TokenType", token::PKI_PATH),
            ];
            w.element("wsse:SecurityTokenReference", &attributes, |w| {
                reference(w, token::PKI_PATH);
            });
        }
        TokenKind::Ski => w.element("wsse:SecurityTokenReference", &[], |w| {
            let attributes = [("EncodingType", token::BASE64), ("ValueType", token::SKI)];
            w.leaf(
                "wsse:KeyIdentifier",
                &attributes,
                &to_base64(certificate.key_identifier()),
            );
        }),
        TokenKind::IssuerSerial => w.element("wsse:SecurityTokenReference", &[], |w| {
            w.element("ds:X509Data", &[("xmlns:ds", ns::DS)], |w| {
                w.element("ds:X509IssuerSerial", &[], |w| {
                    w.leaf("ds:X509IssuerName", &[], &certificate.issuer());
                    w.leaf(
                        "ds:X509SerialNumber",
                        &[],
                        &to_decimal(certificate.serial()),
                    );
                });
            });
        }),
    }
}

/// The chain with its end entity last.
fn write_path(chain: &[Certificate]) -> Vec<u8> {
    let content: Vec<u8> = chain
        .iter()
        .rev()
        .flat_map(|it| it.der().iter().copied())
        .collect();
    let mut der = vec![0x30];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7F) => der.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            der.push(0x80 | u8::try_from(length.len()).unwrap_or(4));
            der.extend(length);
        }
    }
    der.extend(content);
    der
}

/// Big-endian octets of a decimal number, without leading zeros.
fn from_decimal(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > 100 {
        return None;
    }
    // Little-endian while it grows.
    let mut number: Vec<u8> = Vec::new();
    for digit in text.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in &mut number {
            let sum = u32::from(*byte) * 10 + carry;
            *byte = (sum & 0xFF) as u8;
            carry = sum >> 8;
        }
        if carry > 0 {
            number.push((carry & 0xFF) as u8);
        }
    }
    number.reverse();
    Some(number)
}

/// Decimal digits of a big-endian number.
fn to_decimal(number: &[u8]) -> String {
    let mut number = number.to_vec();
    let mut digits = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest << 8 | u32::from(*byte);
            *byte = (value / 10) as u8;
            rest = value % 10;
        }
        digits.push(char::from_digit(rest, 10).unwrap_or('0'));
    }
    if digits.is_empty() {
        "0".to_owned()
    } else {
        digits.into_iter().rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn serial_numbers_survive_decimal(number in any::<u128>()) {
            let octets: Vec<u8> =
                number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            prop_assert_eq!(to_decimal(&octets), number.to_string());
            prop_assert_eq!(from_decimal(&number.to_string()), Some(octets));
        }

        #[test]
        fn reading_a_path_never_panics(der in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read_path(&der);
            let _ = read_path(&[&[0x30, 0x82], der.as_slice()].concat());
        }
    }

    #[test]
    fn a_serial_number_is_decimal() {
        assert_eq!(from_decimal("00256"), Some(vec![1, 0]));
        assert_eq!(from_decimal("0x10"), None);
        assert_eq!(from_decimal(""), None);
        assert_eq!(from_decimal(&"9".repeat(101)), None);
    }
}
