//! phase4 sends, we receive.

use crate::scene::{Order, PDF, XML, described, log, scene, sets};
use bytes::Bytes;
use interop::{PROFILES, octets, pdf, xml};

const WAY: &str = "phase4 -> bridge";

// [AS4_CP_TA01] [AS4_CP_TA33]
#[test]
fn we_deliver_what_phase4_sends_and_it_accepts_our_receipt() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        for payloads in sets() {
            for packing in ["gzip", "plain"] {
                let id = format!("{}@phase4", octets());
                let parts: Vec<_> = payloads
                    .iter()
                    .map(|(media_type, content)| (*media_type, content.clone(), packing))
                    .collect();
                let line = scene.order(profile, &Order::query(&id, &parts));
                assert_eq!(line.get("result"), "true", "{line:?}");
                assert_eq!(line.get("receipt"), "true", "{line:?}");
                assert_eq!(line.get("signed"), "true", "{line:?}");
                assert_eq!(line.get("check"), "success", "{line:?}");
                let verdicts = scene.inbox(profile).verdicts(&id);
                assert_eq!(verdicts.len(), 1, "{line:?}");
                let sent = described(&payloads);
                assert_eq!(verdicts[0].delivered.as_ref(), Some(&sent));
                let said = format!("{packing}, delivered, SHA-256 equal");
                let receipt = "our receipt: phase4's check says success";
                log(WAY, profile, &sent, &[&said, receipt]);
            }
        }
    }
}

// [AS4_CP_TA16] [AS4_CP_TA17] [AT-42]
#[test]
fn we_answer_a_ping_of_phase4_and_deliver_nothing() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let id = format!("{}@phase4", octets());
        let order = Order {
            id: &id,
            service: (ebms::profile::TEST_SERVICE, ""),
            action: ebms::profile::TEST_ACTION,
            parts: &[],
        };
        let line = scene.order(profile, &order);
        assert_eq!(line.get("check"), "success", "{line:?}");
        let verdicts = scene.inbox(profile).verdicts(&id);
        assert_eq!(verdicts.len(), 1);
        assert_eq!(verdicts[0].delivered, None);
        let receipt = "our receipt: phase4's check says success";
        log(WAY, profile, &[], &["ping", "nothing delivered", receipt]);
    }
}

// [P26] the same id with other digests is another message; the same octets get the same receipt.
#[test]
fn a_duplicate_from_phase4_gets_the_same_receipt_again() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let id = format!("{}@phase4", octets());
        let parts = [(XML, xml(5_000), "gzip")];
        let line = scene.order(profile, &Order::query(&id, &parts));
        assert_eq!(line.get("check"), "success", "{line:?}");
        let inbox = scene.inbox(profile);
        let first = inbox.verdicts(&id).remove(0);
        let (content_type, body) = first.request.clone().unwrap();
        let again = inbox.take(&content_type, body).unwrap();
        assert_eq!(*again.body(), first.answer);
        let verdicts = inbox.verdicts(&id);
        assert!(verdicts[1].duplicate && verdicts[1].delivered.is_none());
        let sent = first.delivered.unwrap();
        log(
            WAY,
            profile,
            &sent,
            &["duplicate", "delivered once", "same receipt again"],
        );
    }
}

#[test]
fn we_refuse_what_was_changed_on_the_way_from_phase4() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let id = format!("{}@phase4", octets());
        let parts = [(PDF, pdf(20_000), "gzip")];
        let line = scene.order(profile, &Order::query(&id, &parts));
        assert_eq!(line.get("check"), "success", "{line:?}");
        let inbox = scene.inbox(profile);
        let first = inbox.verdicts(&id).remove(0);
        let (content_type, body) = first.request.clone().unwrap();
        let mut octets = body.to_vec();
        let at = octets.len() - 2_000;
        octets[at] ^= 1;
        inbox.take(&content_type, Bytes::from(octets)).unwrap();
        let refused = inbox.verdicts(&id).remove(1);
        assert_eq!(refused.refused.as_deref(), Some("EBMS:0102"));
        let sent = first.delivered.unwrap();
        log(
            WAY,
            profile,
            &sent,
            &["payload changed", "refused", "EBMS:0102"],
        );
    }
}

#[test]
fn phase4_understands_our_refusal() {
    let Some(scene) = scene() else { return };
    for (profile, _) in PROFILES {
        let id = format!("{}@phase4", octets());
        let parts = [(XML, xml(5_000), "gzip")];
        let mut order = Order::query(&id, &parts);
        order.action = "NobodyAgreedToThis";
        let line = scene.order(profile, &order);
        assert_eq!(line.get("receipt"), "false", "{line:?}");
        let verdict = scene.inbox(profile).verdicts(&id).remove(0);
        assert_eq!(verdict.delivered, None);
        let code = verdict.refused.unwrap();
        assert_eq!(line.get("error"), code, "{line:?}");
        let sent = described(&[(XML, xml(5_000))]);
        log(WAY, profile, &sent, &["unknown action", "refused", &code]);
    }
}
