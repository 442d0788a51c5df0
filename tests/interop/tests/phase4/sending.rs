//! We send, phase4 receives.

use crate::scene::{PDF, Scene, XML, described, log, scene, sets};
use bytes::Bytes;
use ebms::{Answer, EbmsCode, Leg, Service, pmode::TokenKind};
use interop::{Delivered, PROFILES, Request, pdf, xml};

const WAY: &str = "bridge -> phase4";

/// What phase4 says it delivered.
fn delivered(scene: &Scene, id: &str) -> Vec<Delivered> {
    let line = scene.delivered_by_phase4(id);
    assert_eq!(line.get("signed"), "true");
    assert_eq!(line.get("decrypted"), "true");
    line.all("part")
        .map(|part| {
            let fields: Vec<&str> = part.split('|').collect();
            Delivered {
                media_type: fields[0].to_owned(),
                bytes: fields[1].parse().unwrap(),
                sha256: fields[2].to_owned(),
            }
        })
        .collect()
}

#[track_caller]
fn accepted(
    scene: &Scene,
    profile: &str,
    payloads: Vec<(&'static str, Bytes)>,
    leg: fn(Leg) -> Leg,
) {
    let sent = described(&payloads);
    let request = Request::query(payloads).unwrap();
    let message = scene.write(profile, &request, leg);
    let answer = scene.post(profile, &message);
    assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
    assert_eq!(delivered(scene, request.id.as_str()), sent);
    let receipt = "receipt signed by phase4, digests equal";
    log(WAY, profile, &sent, &["delivered, SHA-256 equal", receipt]);
}

// [AS4_CP_TA01] [AS4_CP_TA07] [AS4_CP_TA21]
#[test]
fn phase4_delivers_what_we_send_and_its_receipt_proves_it() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        for payloads in sets() {
            accepted(scene, profile, payloads, |leg| leg);
        }
    }
}

// [AS4_CP_TA04] [P04] the official P-Mode of OOTS answers uncompressed: phase4 canonicalises too.
#[test]
fn phase4_takes_payloads_that_are_not_compressed() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        for payloads in sets() {
            accepted(scene, profile, payloads, |leg| leg.with_compression(false));
        }
    }
}

#[test]
fn phase4_finds_our_certificates_by_every_kind_of_reference() {
    let Some(scene) = scene() else { return };
    let by_name = |leg: Leg| leg.with_tokens(TokenKind::Bst, TokenKind::IssuerSerial);
    let by_key = |leg: Leg| leg.with_tokens(TokenKind::Bst, TokenKind::Ski);
    let by_path = |leg: Leg| leg.with_tokens(TokenKind::PkiPath, TokenKind::Ski);
    for (profile, _) in PROFILES {
        for leg in [by_name, by_key, by_path] {
            accepted(
                scene,
                profile,
                vec![(XML, xml(5_000)), (PDF, pdf(5_000))],
                leg,
            );
        }
    }
}

// [AS4_CP_TA16] [AS4_CP_TA17] [AT-42]
#[test]
fn phase4_answers_a_ping_and_delivers_nothing() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let mut request = Request::query(Vec::new()).unwrap();
        request.service = Service::test();
        request.action = ebms::profile::TEST_ACTION.to_owned();
        let message = scene.write(profile, &request, |leg| leg);
        let answer = scene.post(profile, &message);
        assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
        assert_eq!(scene.deliveries_by_phase4(request.id.as_str()), 0);
        log(
            WAY,
            profile,
            &[],
            &["ping", "nothing delivered", "receipt signed by phase4"],
        );
    }
}

// [P26] phase4 4.4.1 says EBMS:0004 to a duplicate; EBMS:4001 came with 4.5.0 [AS4 0.4].
#[test]
fn phase4_delivers_a_duplicate_once_and_says_so() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let payloads = vec![(XML, xml(5_000))];
        let sent = described(&payloads);
        let request = Request::query(payloads).unwrap();
        let message = scene.write(profile, &request, |leg| leg);
        assert!(matches!(
            scene.post(profile, &message),
            Answer::Acknowledged(_)
        ));
        let code = match scene.post(profile, &message) {
            Answer::Refused(errors) => {
                assert_eq!(errors[0].code(), Some(EbmsCode::Other));
                let detail = errors[0].detail().unwrap_or_default();
                assert!(detail.contains("already handled"), "{detail}");
                "EBMS:0004, already handled"
            }
            Answer::AlreadyAccepted(errors) => {
                assert_eq!(errors[0].code(), Some(EbmsCode::DuplicateDetected));
                "EBMS:4001"
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(scene.deliveries_by_phase4(request.id.as_str()), 1);
        log(WAY, profile, &sent, &["duplicate", "delivered once", code]);
    }
}

#[test]
fn phase4_refuses_a_message_that_was_tampered_with() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let payloads = vec![(PDF, pdf(20_000))];
        let sent = described(&payloads);
        // In the payload, in the header, and in the signature.
        for place in [Place::Payload, Place::Header, Place::Signature] {
            let request = Request::query(payloads.clone()).unwrap();
            let message = scene.write(profile, &request, |leg| leg);
            let answer = scene.post_as(profile, &message, place.tamper(message.body()));
            let Answer::Refused(errors) = answer else {
                panic!("{place:?}: {answer:?}")
            };
            assert_eq!(scene.deliveries_by_phase4(request.id.as_str()), 0);
            let said = format!("{:?} changed", place);
            log(
                WAY,
                profile,
                &sent,
                &[&said, "refused", errors[0].code_text()],
            );
        }
    }
}

// The four-corner profiles ask for both outer corners (as4.md section 4.6).
#[test]
fn phase4_refuses_a_message_without_the_outer_corners() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let payloads = vec![(XML, xml(5_000))];
        let sent = described(&payloads);
        let mut request = Request::query(payloads).unwrap();
        request.corners = false;
        let message = scene.write(profile, &request, |leg| leg);
        let answer = scene.post(profile, &message);
        let Answer::Refused(errors) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(scene.deliveries_by_phase4(request.id.as_str()), 0);
        log(
            WAY,
            profile,
            &sent,
            &["no corners", "refused", errors[0].code_text()],
        );
    }
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Payload,
    Header,
    Signature,
}

impl Place {
    /// The octets with one letter or one octet exchanged.
    fn tamper(self, octets: &[u8]) -> Bytes {
        let mut octets = octets.to_vec();
        let find = |needle: &[u8]| {
            let at = octets.windows(needle.len()).position(|it| it == needle);
            at.unwrap() + needle.len()
        };
        let at = match self {
            Self::Payload => octets.len() - 2_000,
            Self::Header => find(b">BR_DE_0"),
            Self::Signature => find(b"SignatureValue>") + 20,
        };
        octets[at] = match octets[at] {
            b'A' => b'B',
            b'1' => b'2',
            letter if letter.is_ascii_alphanumeric() => b'A',
            other => other ^ 1,
        };
        Bytes::from(octets)
    }
}
