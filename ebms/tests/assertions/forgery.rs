//! The cases of phase4's `UserMessageFailureForgeryTest`, `UserMessageCompressionTest` and client
//! tests: each is refused, with a code that says why, and nothing of it is delivered.

use super::{
    compression::plain,
    exchange::{changed, check_refused, with_pdf},
    forge::{Forge, cut},
    support::{World, request},
};
use bytes::Bytes;
use ebms::{EbmsCode, Leg, Outgoing, Refusal};

mod user_message_failure_forgery {
    use super::*;

    fn sent() -> Outgoing {
        World::rsa().send(&with_pdf(), &Leg::default())
    }

    /// Not signed anew: what was signed is not what is there.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Forge), code: EbmsCode) {
        let sent = sent();
        let mut forged = Forge::of(sent.content_type(), sent.body());
        change(&mut forged);
        let refusal = World::rsa().receive(&forged.content_type(), forged.body());
        let refusal = refusal.expect_err("accepted");
        assert_eq!(refusal.code(), code, "{refusal}");
    }

    fn soap(text: &'static str) -> Refusal {
        let body = Bytes::from_static(text.as_bytes());
        let limits = ebms::receive::Limits::default();
        ebms::receive::read("application/soap+xml", body, &limits).expect_err("accepted")
    }

    // [EBMS:0009]
    #[test]
    fn an_empty_message() {
        assert_eq!(soap("").code(), EbmsCode::InvalidHeader);
        check_refused(
            |it| {
                let user = cut(&it.soap, "<eb:UserMessage>", "</eb:UserMessage>");
                it.with(&user, "")
            },
            EbmsCode::InvalidHeader,
        );
    }

    #[test]
    fn an_empty_user_message() {
        check_refused(
            |it| {
                let user = cut(&it.soap, "<eb:UserMessage>", "</eb:UserMessage>");
                it.with(&user, "<eb:UserMessage></eb:UserMessage>")
            },
            EbmsCode::InvalidHeader,
        );
    }

    #[test]
    fn no_xml() {
        for text in ["hello", "{\"a\": 1}", "<a", "<a></b>"] {
            assert_eq!(soap(text).code(), EbmsCode::InvalidHeader);
        }
    }

    #[test]
    fn two_user_messages() {
        check_refused(
            |it| {
                let user = cut(&it.soap, "<eb:UserMessage>", "</eb:UserMessage>");
                it.with(&user, &user.repeat(2))
            },
            EbmsCode::InvalidHeader,
        );
    }

    #[test]
    fn no_party_id() {
        check_refused(
            |it| {
                let id = cut(&it.soap, "<eb:PartyId ", "</eb:PartyId>");
                it.with(&id, "")
            },
            EbmsCode::InvalidHeader,
        );
    }

    #[test]
    fn a_payload_in_the_body() {
        let refusal = changed(|it| it.with("></S12:Body>", "><a></a></S12:Body>"));
        assert_eq!(
            refusal.expect_err("accepted").code(),
            EbmsCode::InvalidHeader
        );
    }

    // [EBMS:0101]
    #[test]
    fn a_payload_changed_after_signing() {
        let world = plain();
        let sent = world.send(&request(), &Leg::default().with_encryption(false));
        let mut forged = Forge::of(sent.content_type(), sent.body());
        let content = &mut forged.parts[0].content;
        let last = content.len() - 1;
        content[last] ^= 1;
        let refusal = world.receive(&forged.content_type(), forged.body());
        let refusal = refusal.expect_err("accepted");
        assert_eq!(refusal.code(), EbmsCode::FailedAuthentication);
    }

    // [EBMS:0007]
    #[test]
    fn a_wrong_attachment_id() {
        check(
            |it| it.parts[1].headers = it.parts[1].headers.replace("evidence@", "other@"),
            EbmsCode::MimeInconsistency,
        );
    }

    // [EBMS:0102]
    #[test]
    fn a_forged_encrypted_attachment() {
        check(
            |it| {
                let middle = it.parts[0].content.len() / 2;
                it.parts[0].content[middle] ^= 0x80;
            },
            EbmsCode::FailedDecryption,
        );
        check(
            |it| it.parts[1].content = it.parts[0].content.clone(),
            EbmsCode::FailedDecryption,
        );
        check(|it| it.parts[0].content.clear(), EbmsCode::FailedDecryption);
    }

    #[test]
    fn payload_info_alone() {
        check_refused(
            |it| {
                let part = cut(&it.soap, "<eb:PartInfo ", "</eb:PartInfo>");
                it.with(&part, "")
            },
            EbmsCode::InvalidHeader,
        );
    }

    #[test]
    fn an_attachment_without_part_info() {
        check_refused(
            |it| {
                let info = cut(&it.soap, "<eb:PayloadInfo>", "</eb:PayloadInfo>");
                it.with(&info, "")
            },
            EbmsCode::MimeInconsistency,
        );
    }

    #[test]
    fn part_info_without_an_attachment() {
        check(|it| drop(it.parts.pop()), EbmsCode::MimeInconsistency);
    }

    #[test]
    fn more_attachments_than_part_infos() {
        check(
            |it| {
                let mut extra = it.parts[0].clone();
                extra.headers = extra.headers.replace("regrep@", "third@");
                it.parts.push(extra);
            },
            EbmsCode::MimeInconsistency,
        );
    }

    // [EBMS:0202]
    #[test]
    fn a_failure_behind_the_access_point() {
        let refusal = Refusal::undeliverable(Some("m@fr".parse().unwrap()));
        assert_eq!(refusal.code().as_str(), "EBMS:0202");
        assert!(!refusal.code().is_permanent());
    }
}

mod user_message_compression {
    use super::*;

    #[test]
    fn with_and_without_encryption_compression_is_undone() {
        for (world, encrypted) in [(World::rsa(), true), (plain(), false)] {
            for compressed in [true, false] {
                let leg = Leg::default()
                    .with_encryption(encrypted)
                    .with_compression(compressed);
                let sent = world.send(&with_pdf(), &leg);
                let message = world.receive(sent.content_type(), sent.body().clone());
                assert_eq!(message.unwrap().payloads(), with_pdf().payloads());
            }
        }
    }

    // [EBMS:0003]
    #[test]
    fn a_wrong_compression_type() {
        for kind in ["gzip", "application/x-gzip", "application/zip", "none"] {
            let property = format!("name=\"CompressionType\">{kind}<");
            check_refused(
                |it| it.with("name=\"CompressionType\">application/gzip<", &property),
                EbmsCode::ValueInconsistent,
            );
        }
    }
}
