//! Messages for others, from ourselves, out of time; ids that are meant for logs and file names.
//! Every one is signed by FR. [AS4 6.K, AS4 6.P]

use super::{
    bench::{Bench, all},
    message::Part,
    tally::{Case, Group, HEADER, MIME},
};
use ebms::EbmsCode;
use std::sync::LazyLock;

pub(crate) static REPLAY: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| [addressed(bench), timed(bench)].concat());
    Group::of(
        "K",
        "messages for others, from ourselves, out of time",
        cases,
    )
});

pub(crate) static IDS: LazyLock<Group> = LazyLock::new(|| {
    Group::of(
        "P",
        "ids for logs, keys and file names",
        all().flat_map(ids),
    )
});

#[test]
fn a_message_is_for_us_from_a_partner_and_of_now() {
    // [ROB-59], [ROB-93]
    REPLAY.check(60);
}

#[test]
fn an_id_is_plain_text() {
    IDS.check(100);
}

#[test]
fn the_same_id_with_other_content_is_another_message() {
    // [ROB-47]
    for bench in all() {
        let digest = |case: &Case| case.receive().unwrap().digest();
        let good = digest(&bench.case("good", &bench.good));
        assert_eq!(digest(&bench.signed("signed again", &bench.good)), good);
        let changed = bench.good.messaging("BR_FR_01", "BR_FR_02");
        assert_ne!(digest(&bench.signed("another header", &changed)), good);
        let leg = bench.leg().with_compression(false);
        let (other, secrets) = bench.write(&super::bench::request(), &leg);
        let case = bench.case("another form", &other).with_secrets(&secrets);
        assert_ne!(digest(&case), good);
    }
}

fn addressed(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let wrong = EbmsCode::ProcessingModeMismatch;
    let (from, to) = (">AP_FR_01</eb:PartyId>", ">AP_DE_01</eb:PartyId>");
    let signed = |name: &str, from: &str, to: &str| bench.signed(name, &good.messaging(from, to));
    let mut cases = vec![
        signed("for AT", to, ">AP_AT_01</eb:PartyId>").refused(wrong),
        signed("for nobody", to, ">AP_XX_01</eb:PartyId>").refused(wrong),
        signed("for our lower case", to, ">ap_de_01</eb:PartyId>").refused(wrong),
        signed("from ourselves", from, ">AP_DE_01</eb:PartyId>").refused(wrong),
        signed("from nobody", from, ">AP_XX_01</eb:PartyId>").refused(wrong),
        // Signed by FR all the same: AT's key is asked for.
        signed("from AT", from, ">AP_AT_01</eb:PartyId>"),
        signed(
            "another action",
            ">ExecuteQueryRequest<",
            ">DeleteEverything<",
        )
        .refused(EbmsCode::ValueNotRecognized),
        signed("another service", ">QueryManager<", ">Other<")
            .refused(EbmsCode::ValueNotRecognized),
        signed("another role", "edelivery/gateway", "edelivery/other").refused(wrong),
        signed(
            "another channel",
            "<eb:UserMessage>",
            "<eb:UserMessage mpc=\"urn:x\">",
        )
        .refused(wrong),
    ];
    let reflected = good.messaging(from, ">AP_XX_01</eb:PartyId>");
    let reflected = reflected
        .messaging(to, from)
        .messaging(">AP_XX_01</eb:PartyId>", to);
    cases.push(bench.signed("reflected", &reflected).refused(wrong));
    // Replayed to a party that is not us, as it stands: what it says is signed.
    let stolen = good.messaging(to, ">AP_AT_01</eb:PartyId>");
    cases.push(
        bench
            .case("for another, not signed anew", &stolen)
            .broken()
            .refused(wrong),
    );
    cases
}

fn timed(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let stamp = "2026-11-23T10:00:00.000Z";
    let real = if good.messaging.contains(stamp) {
        stamp
    } else {
        "2026-11-23T10:00:00Z"
    };
    let other = EbmsCode::Other;
    let at = |text: &str| bench.signed(text, &good.messaging(real, text));
    let mut cases = vec![
        at("2099-01-01T00:00:00Z").refused(other),
        at("2026-11-23T10:11:00Z").refused(other),
        at("2026-11-01T10:00:00Z").refused(other),
        at("1970-01-01T00:00:00Z").refused(other),
        bench
            .case("months later", good)
            .at("2027-03-01T00:00:00Z")
            .refused(other),
        at("2026-11-23T10:09:00Z").delivered(),
        at("2026-11-20T10:00:00.123456789Z").delivered(),
        // Not as ebMS asks for it, but an instant all the same.
        at("2026-11-23T11:00:00+01:00").delivered(),
    ];
    for text in [
        "2026-11-23T10:00:00",
        "2026-11-23 10:00:00Z",
        "2026-11-23T10:00Z",
        "2026-13-23T10:00:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T10:00:00,5Z",
        "20261123T100000Z",
        "-2026-11-23T10:00:00Z",
        "1764000000",
        "now",
        " ",
    ] {
        cases.push(at(text).refused(HEADER));
    }
    cases
}

#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn ids(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    let long = "a".repeat(990) + "@b.example";
    let edge = "a".repeat(254) + "b@";
    for id in [
        "&lt;a@b.example>",
        "a b@b.example",
        "a&#10;b@b.example",
        "a&#13;&#10;X-Header: y",
        "a&#9;b",
        "a\nb",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{202E}b",
        "ä@b.example",
        &long,
        &edge,
        "",
        "  ",
    ] {
        let element = "54f4d4cc-8a26-4b63-9f04-61f477b0bc41@fr.example</eb:MessageId>";
        let changed = good.messaging(element, &format!("{id}</eb:MessageId>"));
        cases.push(
            bench
                .signed(format!("MessageId {:.20}", id), &changed)
                .refused(HEADER),
        );
        let info = "</eb:MessageInfo>";
        let about = format!("<eb:RefToMessageId>{id}</eb:RefToMessageId>{info}");
        let changed = good.messaging(info, &about);
        cases.push(
            bench
                .signed(format!("about {:.20}", id), &changed)
                .refused(HEADER),
        );
    }
    for id in [
        "../../etc/passwd",
        "a;b|c`d",
        "'--",
        "{{7*7}}",
        "%00",
        "a\\b",
    ] {
        // Odd, but printable: nothing that is a path, a key or a query is made from it.
        let element = "54f4d4cc-8a26-4b63-9f04-61f477b0bc41@fr.example</eb:MessageId>";
        let changed = good.messaging(element, &format!("{id}</eb:MessageId>"));
        cases.push(
            bench
                .signed(format!("MessageId {id}"), &changed)
                .delivered(),
        );
    }
    let conversation = "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24";
    for (id, code) in [
        ("", HEADER),
        ("not a UUID", EbmsCode::ValueInconsistent),
        ("e0a6a5b7&#10;", EbmsCode::ValueInconsistent),
        ("a&#10;b", HEADER),
        (
            "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24 x",
            EbmsCode::ValueInconsistent,
        ),
    ] {
        let changed = good.messaging(conversation, id);
        cases.push(
            bench
                .signed(format!("conversation {id:?}"), &changed)
                .refused(code),
        );
    }
    for (name, code) in [
        (" name=\"\"", HEADER),
        ("", HEADER),
        (" name=\" \"", HEADER),
    ] {
        let changed = good.messaging(" name=\"ExchangeId\"", name);
        cases.push(
            bench
                .signed(format!("property{name}"), &changed)
                .refused(code),
        );
    }
    // A file name is never used, whatever it says; but a line break ends the header.
    let with_name = |name: &str| {
        let mut changed = good.clone();
        let disposition = format!("\r\nContent-Disposition: attachment; filename=\"{name}\"");
        changed.parts[0].headers.push_str(&disposition);
        changed
    };
    for name in ["../../etc/passwd", "C:\\x", "a\tb", "x\"; filename=\"y"] {
        cases.push(
            bench
                .case(format!("file {name}"), &with_name(name))
                .unchanged(),
        );
    }
    cases.push(bench.case("file a\\nb", &with_name("a\nb")).refused(MIME));
    let mut changed = good.clone();
    changed.parts.push(Part::new("../../etc/passwd", b"x"));
    cases.push(bench.case("a part named as a path", &changed).refused(MIME));
    cases
}
