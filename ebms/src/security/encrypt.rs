//! Encrypts the parts of a message: a fresh content key per message, a fresh IV per part.
//! [AS4 1.9, AS4 1.10, AS4 1.11]

use super::{
    Certificate,
    agreement::{self, ContentKey, Curve, Derivation, KEY_LENGTH},
    certificate::KeyKind,
    gcm::{IV_LENGTH, Sealer},
    to_base64, token,
};
use crate::{
    id::ContentId,
    pmode::{KeyDerivation, Leg, Profile},
    profile::{self, alg, ns},
};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use std::io::Write;
use xml::{Fragment, Writer};
use zeroize::Zeroizing;

type Random<'r> = &'r mut dyn FnMut(&mut [u8]);

/// Whether a certificate can be encrypted for under a profile.
pub(crate) fn suits(certificate: &Certificate, profile: Profile) -> bool {
    let kind = matches!(
        (profile, certificate.key_kind()),
        (Profile::Rsa, KeyKind::Rsa)
            | (Profile::Ed25519, KeyKind::X25519)
            | (
                Profile::Ecdsa,
                KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Brainpool256
            )
    );
    kind && certificate.may_encrypt()
}

/// The content key of a message, wrapped for its recipient.
pub(crate) struct Encryption {
    content_key: ContentKey,
    wrapped: Wrapped,
}

impl Encryption {
    /// Draws a content key. `None` if the library fails.
    pub(crate) fn new(leg: &Leg, recipient: &Certificate, random: Random<'_>) -> Option<Self> {
        let mut content_key = Zeroizing::new([0; KEY_LENGTH]);
        random(content_key.as_mut_slice());
        let wrapped = Wrapped::new(&content_key, leg, recipient, random)?;
        Some(Self {
            content_key,
            wrapped,
        })
    }

    /// Encrypts what is written into it under a fresh IV.
    pub(crate) fn sealer<W: Write>(&self, out: W, random: Random<'_>) -> Sealer<W> {
        let mut iv = [0; IV_LENGTH];
        random(&mut iv);
        Sealer::new(&self.content_key, iv, out)
    }

    /// The elements that describe how the parts are encrypted: their ids and the content types
    /// they had before. `tag` makes ids unique.
    pub(crate) fn elements(
        &self,
        parts: &[(&ContentId, &str)],
        leg: &Leg,
        recipient: &Certificate,
        tag: &str,
    ) -> Fragment {
        let mut w = Writer::new();
        let ids = Ids {
            token: format!("enc-{tag}"),
            key: format!("ek-{tag}"),
            data: format!("ed-{tag}"),
        };
        // A path of the recipient's certificates is not ours to know.
        let chain = std::slice::from_ref(recipient);
        token::write_token(&mut w, leg.encryption_token, chain, &ids.token);
        self.wrapped.write(&mut w, &ids, parts.len(), |w| {
            token::write_reference(w, leg.encryption_token, recipient, &ids.token);
        });
        for (at, (cid, content_type)) in parts.iter().enumerate() {
            write_data(&mut w, cid, content_type, &ids, at);
        }
        w.finish()
    }
}

struct Ids {
    token: String,
    key: String,
    data: String,
}

/// A wrapped content key.
enum Wrapped {
    Oaep(Vec<u8>),
    Agreed {
        curve: Curve,
        originator: Vec<u8>,
        derivation: Derivation,
        wrapped: Vec<u8>,
    },
}

impl Wrapped {
    fn new(
        content_key: &[u8; KEY_LENGTH],
        leg: &Leg,
        recipient: &Certificate,
        random: Random<'_>,
    ) -> Option<Self> {
        if leg.profile == Profile::Rsa {
            let key = PublicEncryptingKey::from_der(recipient.spki()).ok()?;
            let key = OaepPublicEncryptingKey::new(key).ok()?;
            let mut out = vec![0; key.ciphertext_size()];
            key.encrypt(&OAEP_SHA256_MGF1SHA256, content_key, &mut out, None)
                .ok()?;
            return Some(Self::Oaep(out));
        }
        let curve = Curve::of(recipient.key_kind())?;
        let ephemeral = curve.ephemeral(random)?;
        let derivation = match leg.key_derivation {
            KeyDerivation::Hkdf => {
                let mut salt = vec![0; 32];
                random(&mut salt);
                let info = Vec::new();
                Derivation::Hkdf { salt, info }
            }
            KeyDerivation::ConcatKdf => Derivation::Concat {
                other_info: Vec::new(),
            },
        };
        let wrapped = agreement::wrap(
            &ephemeral,
            curve,
            recipient.key_bits(),
            &derivation,
            content_key,
        )?;
        let originator = curve.write_public(&ephemeral.public()?);
        Some(Self::Agreed {
            curve,
            originator,
            derivation,
            wrapped,
        })
    }

    fn write(&self, w: &mut Writer, ids: &Ids, parts: usize, reference: impl FnOnce(&mut Writer)) {
        w.element(
            "xenc:EncryptedKey",
            &[("xmlns:xenc", ns::XENC), ("Id", &ids.key)],
            |w| {
                let wrapped = match self {
                    Self::Oaep(wrapped) => {
                        write_oaep(w, reference);
                        wrapped
                    }
                    Self::Agreed {
                        curve,
                        originator,
                        derivation,
                        wrapped,
                    } => {
                        w.empty("xenc:EncryptionMethod", &[("Algorithm", alg::KW_AES128)]);
                        w.element("ds:KeyInfo", &[("xmlns:ds", ns::DS)], |w| {
                            write_agreement(w, *curve, originator, derivation, reference);
                        });
                        wrapped
                    }
                };
                w.element("xenc:CipherData", &[], |w| {
                    w.leaf("xenc:CipherValue", &[], &to_base64(wrapped));
                });
                w.element("xenc:ReferenceList", &[], |w| {
                    for at in 0..parts {
                        w.empty(
                            "xenc:DataReference",
                            &[("URI", &format!("#{}-{at}", ids.data))],
                        );
                    }
                });
            },
        );
    }
}

fn write_oaep(w: &mut Writer, reference: impl FnOnce(&mut Writer)) {
    w.element(
        "xenc:EncryptionMethod",
        &[("Algorithm", alg::RSA_OAEP)],
        |w| {
            w.empty(
                "ds:DigestMethod",
                &[("xmlns:ds", ns::DS), ("Algorithm", alg::SHA256)],
            );
            w.empty(
                "xenc11:MGF",
                &[
                    ("xmlns:xenc11", ns::XENC11),
                    ("Algorithm", alg::MGF1_SHA256),
                ],
            );
        },
    );
    w.element("ds:KeyInfo", &[("xmlns:ds", ns::DS)], reference);
}

fn write_agreement(
    w: &mut Writer,
    curve: Curve,
    originator: &[u8],
    derivation: &Derivation,
    reference: impl FnOnce(&mut Writer),
) {
    let algorithm = if curve == Curve::X25519 {
        alg::X25519
    } else {
        alg::ECDH_ES
    };
    w.element("xenc:AgreementMethod", &[("Algorithm", algorithm)], |w| {
        write_derivation(w, derivation);
        w.element("xenc:OriginatorKeyInfo", &[], |w| {
            let namespace = ("xmlns:dsig11", ns::DSIG11);
            let Some(uri) = curve.uri() else {
                let key = to_base64(originator);
                return w.leaf("dsig11:DEREncodedKeyValue", &[namespace], &key);
            };
            w.element("ds:KeyValue", &[], |w| {
                w.element("dsig11:ECKeyValue", &[namespace], |w| {
                    w.empty("dsig11:NamedCurve", &[("URI", uri)]);
                    w.leaf("dsig11:PublicKey", &[], &to_base64(originator));
                });
            });
        });
        w.element("xenc:RecipientKeyInfo", &[], reference);
    });
}

fn write_derivation(w: &mut Writer, derivation: &Derivation) {
    let algorithm = match derivation {
        Derivation::Hkdf { .. } => alg::HKDF,
        Derivation::Concat { .. } => alg::CONCAT_KDF,
    };
    let attributes = [("xmlns:xenc11", ns::XENC11), ("Algorithm", algorithm)];
    w.element(
        "xenc11:KeyDerivationMethod",
        &attributes,
        |w| match derivation {
            Derivation::Hkdf { salt, info } => {
                let attributes = [("xmlns:dsig-more", ns::DSIG_MORE)];
                w.element("dsig-more:HKDFParams", &attributes, |w| {
                    w.empty("dsig-more:PRF", &[("Algorithm", alg::HMAC_SHA256)]);
                    w.leaf("dsig-more:Salt", &[], &to_base64(salt));
                    if !info.is_empty() {
                        w.leaf("dsig-more:Info", &[], &to_base64(info));
                    }
                    w.leaf("dsig-more:KeyLength", &[], "16");
                });
            }
            Derivation::Concat { other_info } => {
                // One piece is enough: the pieces are joined before they are used.
                let all = to_bit_string(other_info);
                let attributes = [
                    ("AlgorithmID", all.as_str()),
                    ("PartyUInfo", ""),
                    ("PartyVInfo", ""),
                ];
                w.element("xenc11:ConcatKDFParams", &attributes, |w| {
                    w.empty("ds:DigestMethod", &[("Algorithm", alg::SHA256)]);
                });
            }
        },
    );
}

/// Hexadecimal, after an octet that says that all bits count. [AS4 1.11]
fn to_bit_string(octets: &[u8]) -> String {
    let mut text = String::new();
    if !octets.is_empty() {
        text.push_str("00");
    }
    for octet in octets {
        for digit in [octet >> 4, octet & 0xF] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

fn write_data(w: &mut Writer, cid: &ContentId, content_type: &str, ids: &Ids, at: usize) {
    let attributes = [
        ("xmlns:xenc", ns::XENC),
        ("Id", &format!("{}-{at}", ids.data)),
        // [P05] the type of what was encrypted: gzip where it is compressed.
        ("MimeType", content_type),
        ("Type", alg::ATTACHMENT_CONTENT_ONLY),
    ];
    w.element("xenc:EncryptedData", &attributes, |w| {
        w.empty("xenc:EncryptionMethod", &[("Algorithm", alg::AES128_GCM)]);
        w.element("ds:KeyInfo", &[("xmlns:ds", ns::DS)], |w| {
            let attributes = [
                ("xmlns:wsse11", ns::WSSE11),
                ("wsse11:TokenType", profile::token::ENCRYPTED_KEY),
            ];
            w.element("wsse:SecurityTokenReference", &attributes, |w| {
                w.empty("wsse:Reference", &[("URI", &format!("#{}", ids.key))]);
            });
        });
        w.element("xenc:CipherData", &[], |w| {
            w.element("xenc:CipherReference", &[("URI", &cid.to_href())], |w| {
                w.element("xenc:Transforms", &[], |w| {
                    let attributes = [
                        ("xmlns:ds", ns::DS),
                        ("Algorithm", alg::ATTACHMENT_CIPHERTEXT),
                    ];
                    w.empty("ds:Transform", &attributes);
                });
            });
        });
    });
}
