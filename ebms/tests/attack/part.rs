//! Parts and what describes, signs and encrypts them. [AS4 6.B]

use super::{
    attachment::{GCM, mismatch},
    bench::{Bench, all, encrypted},
    careless::Formal,
    forge,
    message::{cut, swap},
    tally::{Case, DECRYPTION, Group, HEADER, MIME, POLICY, VALUE},
};
use ebms::EbmsCode;
use std::sync::LazyLock;

pub(crate) static PARTS: LazyLock<Group> = LazyLock::new(|| {
    let cases = all()
        .flat_map(described)
        .chain(encrypted().flat_map(covered));
    Group::of("B", "parts and what describes them", cases)
});

#[test]
fn every_part_is_described_signed_and_encrypted_once() {
    // [ROB-63], [ROB-77]
    PARTS.check(60);
}

/// [AS4 6.B]
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn described(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let info = cut(
        &good.messaging,
        "<eb:PartInfo href=\"cid:regrep",
        "</eb:PartInfo>",
    );
    let mut cases = Vec::new();
    for (name, from, to, code) in [
        ("twice", info.clone(), info.repeat(2), VALUE),
        ("not", info.clone(), String::new(), MIME),
        (
            "external",
            "cid:regrep@oots.eu".to_owned(),
            "http://127.0.0.1:9/x".to_owned(),
            EbmsCode::ExternalPayloadError,
        ),
        (
            "a file",
            "cid:regrep@oots.eu".to_owned(),
            "file:///etc/hostname".to_owned(),
            EbmsCode::ExternalPayloadError,
        ),
        (
            "absent",
            "cid:regrep@".to_owned(),
            "cid:nosuch@".to_owned(),
            MIME,
        ),
        (
            "no name",
            "cid:regrep@oots.eu".to_owned(),
            "cid:".to_owned(),
            MIME,
        ),
        (
            "not percent",
            "cid:regrep@oots.eu".to_owned(),
            "cid:%zz".to_owned(),
            MIME,
        ),
        (
            "no href",
            " href=\"cid:regrep@oots.eu\"".to_owned(),
            String::new(),
            VALUE,
        ),
        (
            "no parts",
            "</eb:PayloadInfo>".to_owned(),
            "<x/></eb:PayloadInfo>".to_owned(),
            HEADER,
        ),
    ] {
        let changed = good.messaging(&from, &to);
        cases.push(bench.signed(name, &changed).refused(code));
    }
    let mut missing = good.clone();
    missing.parts.pop();
    cases.push(bench.case("missing", &missing).broken().refused(MIME));
    let mut none = good.clone();
    none.parts.clear();
    cases.push(bench.case("none", &none).broken().refused(MIME));
    // A part named like the root, or a root named like a part.
    let mut changed = good.clone();
    changed.root.push_str("\r\nContent-ID: <regrep@oots.eu>");
    let named = changed.root.matches("Content-ID").count() == 1;
    cases.push(bench.case(format!("root {named}"), &changed).refused(MIME));
    let mut nested = good.clone();
    nested.parts[0].headers = swap(
        &nested.parts[0].headers,
        "Content-Type: application/",
        "Content-Type: multipart/mixed; boundary=x; was=",
    );
    cases.push(bench.case("nested", &nested).refused(MIME));
    // Lines that begin like a delimiter, at the start of a line and before its end.
    for (line, refused) in [
        ("\r\n--{}x\r\n", true),
        ("\r\n--{}-\r\n", true),
        ("\r\n--{}--x\r\n", true),
        ("\n--{}\n", false),
        (" --{}\r\n", false),
    ] {
        let line = line.replace("{}", &good.boundary);
        let mut changed = good.clone();
        changed.parts[1].content.extend_from_slice(line.as_bytes());
        let case = bench.case(format!("{line:?}"), &changed).broken();
        cases.push(case.refused(if refused { MIME } else { mismatch(bench) }));
    }
    cases
}

/// Parts left in clear, encrypted twice, or described for something else.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn covered(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let data = cut(
        &good.security,
        "<xenc:EncryptedData ",
        "</xenc:EncryptedData>",
    );
    let id = data
        .split(" Id=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let listed = cut(
        &good.security,
        &format!("<xenc:DataReference URI=\"#{id}\""),
        ">",
    );
    let listed = match good
        .security
        .contains(&format!("{listed}</xenc:DataReference>"))
    {
        true => format!("{listed}</xenc:DataReference>"),
        false => listed,
    };
    let plain = forge::open(GCM, &bench.secrets.cek, &good.parts[0].content).unwrap();
    let mut clear = good.security(&data, "").security(&listed, "");
    clear.parts[0].content = plain;
    let unlisted = good.security(&listed, "");
    let again = data.replacen(id, "again", 1);
    let key = cut(
        &good.security,
        "<xenc:EncryptedKey ",
        "</xenc:EncryptedKey>",
    );
    let all = cut(
        &good.security,
        "<xenc:EncryptedKey ",
        "</xenc:EncryptedKey>",
    );
    let (_, rest) = good.security.split_once(&all).unwrap();
    let others = rest.rsplit_once("</xenc:EncryptedData>").unwrap().0;
    let mut bare = good.security(&format!("{all}{others}</xenc:EncryptedData>"), "");
    for part in &mut bare.parts {
        part.content = forge::open(GCM, &bench.secrets.cek, &part.content).unwrap();
    }
    let cid = "CipherReference URI=\"cid:regrep@oots.eu\"";
    vec![
        bench.case("one in clear", &clear).refused(POLICY),
        bench.case("all in clear", &bare).refused(POLICY),
        bench.case("not listed", &unlisted).refused(POLICY),
        bench
            .case("listed twice", &good.security(&listed, &listed.repeat(2)))
            .refused(POLICY),
        bench
            .case(
                "described twice",
                &good.security(&data, &(data.clone() + &again)),
            )
            .refused(DECRYPTION),
        bench
            .case("no key", &good.security(&key, ""))
            .refused(POLICY),
        bench
            .case(
                "one for the other",
                &good.security(cid, &cid.replace("regrep", "second")),
            )
            .formal(Formal::Broken)
            .refused(POLICY),
        bench
            .case(
                "complete",
                &good.security("#Attachment-Content-Only", "#Attachment-Complete"),
            )
            .refused(POLICY),
        bench
            .case(
                "in place",
                &good.security(
                    &data,
                    &swap(
                        &data,
                        "<xenc:CipherReference",
                        "<xenc:CipherValue>AA==</xenc:CipherValue><xenc:CipherReference",
                    ),
                ),
            )
            .refused(POLICY),
    ]
}
