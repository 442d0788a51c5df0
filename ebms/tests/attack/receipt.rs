//! Receipts that prove nothing: unsigned, by somebody else, for something else. All but the first
//! few are signed by DE itself, so that only what they say is wrong. [AS4 6.O]

use super::{
    bench::{Bench, all},
    forge,
    message::{cut, swap},
    tally::Group,
    world::{Identity, NOW, time},
};
use ebms::{
    Answer, SentProof,
    signal::{self, HttpAnswer, InvalidReceipt, read_answer},
};
use std::sync::LazyLock;

pub(crate) static RECEIPTS: LazyLock<Group> = LazyLock::new(|| {
    let mut group = Group::new("O", "receipts that prove nothing");
    for bench in all() {
        try_all(bench, &mut group);
    }
    group
});

#[test]
fn a_receipt_proves_exactly_what_was_sent() {
    // [ROB-50], [ROB-51], [ROB-52], [ROB-94], [EBMS:0302]
    RECEIPTS.check(100);
}

/// The sender's proof and the receipt's text.
fn exchange(bench: &Bench) -> (SentProof, String) {
    let message = bench.opened();
    let id = "receipt@de.example".parse().unwrap();
    let receipt = signal::receipt(&message, id, time(NOW), &bench.keys.de.signing_key()).unwrap();
    let text = String::from_utf8(receipt.body().to_vec()).unwrap();
    let sent = ebms::send::write(
        &super::bench::request(),
        &bench.leg(),
        &bench.keys.fr.signing_key(),
        &bench.keys.de_decrypt.certificate(),
        &mut super::world::counter(),
    );
    (sent.unwrap().proof().clone(), text)
}

struct Judge<'a> {
    bench: &'a Bench,
    proof: &'a SentProof,
}

impl Judge<'_> {
    fn answer(&self, receipt: &str) -> Answer {
        let http = HttpAnswer {
            status: 200,
            content_type: Some("application/soap+xml"),
            body: receipt.as_bytes(),
        };
        read_answer(&http, self.proof, &self.bench.de_partner, time(NOW))
    }

    fn signed(&self, receipt: &str, signer: &Identity) -> String {
        forge::resign(receipt, &[], &self.bench.secrets, signer)
    }
}

fn try_all(bench: &'static Bench, group: &mut Group) {
    let (proof, good) = exchange(bench);
    let judge = Judge {
        bench,
        proof: &proof,
    };
    let de = &bench.keys.de;
    assert!(matches!(judge.answer(&good), Answer::Acknowledged(_)));
    // What is signed anew without change is good, too: the forger works.
    assert!(matches!(
        judge.answer(&judge.signed(&good, de)),
        Answer::Acknowledged(_)
    ));
    for (name, receipt) in unproven(bench, &judge, &good) {
        let answer = judge.answer(&receipt);
        group.count(name, false, !matches!(answer, Answer::Acknowledged(_)));
    }
    for (name, change) in claims(&good) {
        let expected = match name {
            "another message" => InvalidReceipt::OtherMessage,
            _ if name.starts_with("malformed") => InvalidReceipt::Malformed,
            _ => InvalidReceipt::Digests,
        };
        let answer = judge.answer(&judge.signed(&change, de));
        let refused = answer == Answer::InvalidReceipt(expected);
        assert!(refused, "[{}] {name}: {answer:?}", bench.name);
        group.count(name, true, refused);
    }
    for (name, change) in tolerated(&good) {
        let answer = judge.answer(&judge.signed(&change, de));
        assert!(
            matches!(answer, Answer::Acknowledged(_)),
            "{name}: {answer:?}"
        );
    }
    replayed(bench, &good, group);
}

/// Signatures that are not the partner's, or not over what is read.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn unproven(bench: &Bench, judge: &Judge<'_>, good: &str) -> Vec<(&'static str, String)> {
    let keys = bench.keys;
    let security = cut(good, "<wsse:Security ", "</wsse:Security>");
    let signature = cut(good, "<ds:Signature ", "</ds:Signature>");
    let messaging = cut(good, "<eb:Messaging ", "</eb:Messaging>");
    let body = cut(good, "<S12:Body ", "</S12:Body>");
    let other = proof_changed(&messaging);
    let token = |it: &Identity| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        STANDARD.encode(it.certificate().der())
    };
    let by =
        |signer: &Identity| judge.signed(&swap(good, &token(&keys.de), &token(signer)), signer);
    let user = &bench.good.messaging;
    let header = super::message::id_of(&messaging).to_owned();
    let reference = cut(
        &signature,
        &format!("<ds:Reference URI=\"#{header}"),
        "</ds:Reference>",
    );
    let part = bench.good.reference("cid:regrep");
    vec![
        ("no Security", swap(good, &security, "")),
        ("no signature", swap(good, &signature, "")),
        ("by AT", by(&keys.at)),
        ("by a stranger", by(&keys.rogue)),
        ("by the sender", by(&keys.fr)),
        ("signed by AT, says DE", judge.signed(good, &keys.at)),
        ("changed", swap(good, &messaging, &other)),
        (
            "value cut",
            swap(good, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        ),
        (
            "header not signed",
            judge.signed(&swap(good, &reference, ""), &keys.de),
        ),
        (
            "parts of the request signed",
            swap(good, &reference, &format!("{reference}{part}")),
        ),
        (
            "moved",
            swap(
                good,
                &messaging,
                &format!("{}<w>{messaging}</w>", super::message::with_id(&other, "")),
            ),
        ),
        (
            "moved into the Body",
            swap(
                &swap(good, &messaging, &other),
                &body,
                &swap(&body, "></", &format!(">{messaging}</")),
            ),
        ),
        (
            "two",
            swap(good, &messaging, &format!("{other}{messaging}")),
        ),
        (
            "two signatures",
            swap(good, &signature, &signature.repeat(2)),
        ),
        ("two headers", swap(good, &security, &security.repeat(2))),
        (
            "in a message",
            swap(
                good,
                &messaging,
                &swap(
                    user,
                    "</eb:Messaging>",
                    &format!(
                        "{}</eb:Messaging>",
                        cut(&messaging, "<eb:SignalMessage>", "</eb:SignalMessage>")
                    ),
                ),
            ),
        ),
        (
            "two signals",
            judge.signed(
                &swap(
                    good,
                    "</eb:Messaging>",
                    "<eb:SignalMessage/></eb:Messaging>",
                ),
                &keys.de,
            ),
        ),
        ("a document type", format!("<!DOCTYPE x>{good}")),
        ("nothing", String::new()),
    ]
}

fn proof_changed(messaging: &str) -> String {
    let (start, rest) = messaging.split_once("<ds:DigestValue>").unwrap();
    let (digest, end) = rest.split_once("</ds:DigestValue>").unwrap();
    let turned: String = digest.chars().rev().skip(1).collect();
    format!("{start}<ds:DigestValue>{turned}=</ds:DigestValue>{end}")
}

/// What a partner signs that is not what was sent.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn claims(good: &str) -> Vec<(&'static str, String)> {
    let part = cut(
        good,
        "<ebbp:MessagePartNRInformation>",
        "</ebbp:MessagePartNRInformation>",
    );
    let all = cut(
        good,
        "<ebbp:NonRepudiationInformation ",
        "</ebbp:NonRepudiationInformation>",
    );
    let last = all
        .rsplit_once("<ebbp:MessagePartNRInformation>")
        .unwrap()
        .1;
    let last = format!(
        "<ebbp:MessagePartNRInformation>{}",
        last.trim_end_matches("</ebbp:NonRepudiationInformation>")
    );
    let digest = cut(&part, "<ds:DigestValue>", "</ds:DigestValue>");
    let other_digest = cut(&last, "<ds:DigestValue>", "</ds:DigestValue>");
    let zero = format!("<ds:DigestValue>{}=</ds:DigestValue>", "A".repeat(43));
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let one = |from: &str, to: &str| swap(good, &part, &swap(&part, from, to));
    let id = "<eb:RefToMessageId>54f4d4cc";
    vec![
        (
            "another message",
            swap(good, id, "<eb:RefToMessageId>64f4d4cc"),
        ),
        (
            "another message",
            swap(
                good,
                &cut(good, "<eb:RefToMessageId>", "</eb:RefToMessageId>"),
                "",
            ),
        ),
        ("one missing", swap(good, &part, "")),
        ("another missing", swap(good, &last, "")),
        ("one twice", swap(good, &part, &part.repeat(2))),
        ("one for another", swap(good, &part, &last)),
        ("another digest", one(&digest, &zero)),
        ("a digest of another", one(&digest, &other_digest)),
        (
            "another name",
            swap(good, &last, &last.replace("cid:second", "cid:third")),
        ),
        (
            "a name in capitals",
            swap(good, &last, &last.replace("cid:second", "cid:SECOND")),
        ),
        (
            "malformed: SHA-1",
            one(sha256, "http://www.w3.org/2000/09/xmldsig#sha1"),
        ),
        (
            "malformed: SHA-512",
            one(sha256, "http://www.w3.org/2001/04/xmlenc#sha512"),
        ),
        (
            "malformed: a short digest",
            one(&digest, "<ds:DigestValue>AAAA</ds:DigestValue>"),
        ),
        ("malformed: two digests", one(&digest, &digest.repeat(2))),
        (
            "malformed: a comment",
            one("<ds:DigestValue>", "<ds:DigestValue><!-- -->"),
        ),
        ("malformed: no digest", one(&digest, "")),
        ("malformed: nothing", swap(good, &all, "<x/>")),
        ("malformed: twice", swap(good, &all, &all.repeat(2))),
        (
            "malformed: named parts",
            swap(
                good,
                &part,
                "<ebbp:MessagePartNRInformation><ebbp:MessagePartIdentifier>x\
             </ebbp:MessagePartIdentifier></ebbp:MessagePartNRInformation>",
            ),
        ),
        (
            "malformed: something else inside",
            swap(good, &part, &format!("<ebbp:x/>{part}")),
        ),
    ]
}

/// What partners do differently. [P01], [P18]
fn tolerated(good: &str) -> Vec<(&'static str, String)> {
    let all = cut(
        good,
        "<ebbp:NonRepudiationInformation ",
        "</ebbp:NonRepudiationInformation>",
    );
    let first = cut(
        good,
        "<ebbp:MessagePartNRInformation>",
        "</ebbp:MessagePartNRInformation>",
    );
    let moved = swap(&all, &first, "");
    let end = "</ebbp:NonRepudiationInformation>";
    vec![
        (
            "another order",
            swap(good, &all, &swap(&moved, end, &format!("{first}{end}"))),
        ),
        (
            "a name in percent",
            swap(good, "cid:regrep@oots.eu", "cid:regrep%40oots.eu"),
        ),
        (
            "another child",
            swap(good, &all, &format!("{all}<m:Mark xmlns:m=\"urn:m\"/>")),
        ),
        ("blanks", swap(good, &first, &first.replace("><", ">\n<"))),
    ]
}

/// The receipt for one message offered for another. [ROB-94]
fn replayed(bench: &'static Bench, good: &str, group: &mut Group) {
    let mut draws = super::world::counter();
    let mut random = |out: &mut [u8]| draws(out);
    let mut skipped = [0; 64];
    random(&mut skipped);
    let sent = ebms::send::write(
        &super::bench::request(),
        &bench.leg(),
        &bench.keys.fr.signing_key(),
        &bench.keys.de_decrypt.certificate(),
        &mut random,
    )
    .unwrap();
    // The same id and content: what differs are the ids of elements, so the digests do.
    let judge = Judge {
        bench,
        proof: sent.proof(),
    };
    let answer = judge.answer(good);
    group.count(
        "of another copy",
        true,
        answer == Answer::InvalidReceipt(InvalidReceipt::Digests),
    );
}
