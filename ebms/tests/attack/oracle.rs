//! Whatever goes wrong while a message is opened, the sender learns one thing: it could not be
//! opened. One refusal, one answer, octet by octet. [AS4 6.L]

use super::{
    algorithm::set_wrapped,
    attachment::GCM,
    bench::{Bench, encrypted},
    careless::Formal,
    forge,
    message::{Message, cut},
    tally::{Case, DECRYPTION, Group},
    world::{NOW, time},
};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{pmode::Profile, signal};
use std::sync::LazyLock;

pub(crate) static ORACLE: LazyLock<Group> = LazyLock::new(|| {
    let cases = encrypted().flat_map(all);
    Group::of("L", "keys and parts that do not open", cases)
});

#[test]
fn what_does_not_open_is_refused() {
    // [ROB-86], [ROB-87], [EBMS:0102]
    ORACLE.check(150);
}

#[test]
fn all_that_does_not_open_gets_one_answer() {
    // [ROB-86]
    for bench in encrypted() {
        let refusals: Vec<_> = all(bench)
            .iter()
            .map(|it| it.receive().unwrap_err())
            .collect();
        let answer = |refusal| {
            let id = "answer@de.example".parse().unwrap();
            let key = bench.keys.de.signing_key();
            signal::error(refusal, id, time(NOW), Some(&key))
                .body()
                .clone()
        };
        let first = &refusals[0];
        assert_eq!(first.to_string(), "EBMS:0102: decryption failed");
        for refusal in &refusals {
            assert_eq!(refusal, first);
        }
        // One answer stands for all that are equal; two are written to see that nothing else
        // flows in.
        assert_eq!(answer(first), answer(refusals.last().unwrap()));
    }
}

fn all(bench: &'static Bench) -> Vec<Case> {
    let mut cases = [parts(bench), keys(bench), recipients(bench)].concat();
    cases.extend(match bench.profile {
        Profile::Rsa => padding(bench),
        _ => agreement(bench),
    });
    cases
}

/// Ciphertext and tag, and content that opens but was not signed.
fn parts(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for part in 0..2 {
        let sealed = &good.parts[part].content;
        let length = sealed.len();
        let with = |name: String, content: Vec<u8>| {
            let mut changed = good.clone();
            changed.parts[part].content = content;
            bench.case(name, &changed).broken().refused(DECRYPTION)
        };
        for at in [
            0,
            5,
            11,
            12,
            20,
            length - 17,
            length - 16,
            length - 8,
            length - 1,
        ] {
            for bit in [0x01, 0x80] {
                let mut content = sealed.clone();
                content[at] ^= bit;
                cases.push(with(format!("octet {at} of part {part}"), content));
            }
        }
        for kept in [0, 1, 11, 12, 27, 28, length - 16, length - 8, length - 1] {
            cases.push(with(
                format!("{kept} octets of part {part}"),
                sealed[..kept].to_vec(),
            ));
        }
        cases.push(with(
            "longer".to_owned(),
            [sealed.as_slice(), &[0]].concat(),
        ));
        for content in [b"".as_slice(), b"evil", &[0; 64]] {
            let content = forge::seal(GCM, &bench.secrets.cek, content).unwrap();
            cases.push(with("another content".to_owned(), content));
        }
        // What was sealed is right, but the type says that it was digested as XML.
        let data = cut(
            &good.security,
            "<xenc:EncryptedData ",
            "</xenc:EncryptedData>",
        );
        let changed = good.security(&data, &data.replace("application/gzip", "text/xml"));
        cases.push(bench.case("as XML", &changed).broken().refused(DECRYPTION));
    }
    cases
}

fn wrapped(message: &Message) -> Vec<u8> {
    let value = cut(
        &message.security,
        "<xenc:CipherValue>",
        "</xenc:CipherValue>",
    );
    let value = value.trim_start_matches("<xenc:CipherValue>");
    STANDARD
        .decode(value.trim_end_matches("</xenc:CipherValue>"))
        .unwrap()
}

fn with_wrapped(bench: &'static Bench, name: &str, value: &str) -> Case {
    let mut changed = bench.good.clone();
    set_wrapped(&mut changed, value);
    // The careless verifier knows the content key, whatever is wrapped.
    bench.case(name, &changed).refused(DECRYPTION)
}

/// The wrapped key changed, cut, not base64; wrapped keys of other lengths.
fn keys(bench: &'static Bench) -> Vec<Case> {
    let real = wrapped(&bench.good);
    let length = real.len();
    let mut cases = Vec::new();
    for at in [0, 1, 7, 8, 15, length / 2, length - 2, length - 1] {
        for bit in [0x01, 0x80] {
            let mut changed = real.clone();
            changed[at] ^= bit;
            cases.push(with_wrapped(
                bench,
                &format!("octet {at}"),
                &STANDARD.encode(changed),
            ));
        }
    }
    for octets in [
        Vec::new(),
        vec![0],
        vec![0; 8],
        vec![0; 16],
        vec![0; 24],
        vec![0; length],
        vec![0xFF; length],
        real[..length - 1].to_vec(),
        real[..length - 8].to_vec(),
        [real.as_slice(), &[0]].concat(),
        [&[0], real.as_slice()].concat(),
        [real.as_slice(), real.as_slice()].concat(),
    ] {
        let name = format!("{} octets", octets.len());
        cases.push(with_wrapped(bench, &name, &STANDARD.encode(octets)));
    }
    for text in ["!", "A", "AAA", "AAAA=", "<!-- -->", "<x/>"] {
        cases.push(with_wrapped(bench, text, text));
    }
    for length in [8, 24, 32, 64] {
        // [AS4 6.L] some stacks cut a longer key.
        let cek = [bench.secrets.cek.as_slice(), &[9; 64]].concat();
        let recipient = &bench.keys.de_decrypt;
        // Key wrap takes no key of less than sixteen octets.
        if length < 16 && bench.profile != Profile::Rsa {
            continue;
        }
        let value = bench
            .secrets
            .wrap(recipient, &cek[..length], &OAEP_SHA256_MGF1SHA256);
        cases.push(with_wrapped(bench, &format!("a key of {length}"), &value));
    }
    let value = bench
        .secrets
        .wrap(&bench.keys.de_decrypt, &[1; 16], &OAEP_SHA256_MGF1SHA256);
    cases.push(with_wrapped(bench, "another key", &value));
    cases
}

/// For whom it is wrapped, and how many there are.
fn recipients(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let other = &bench.keys.other_decrypt;
    let value = bench
        .secrets
        .wrap(other, &bench.secrets.cek, &OAEP_SHA256_MGF1SHA256);
    let mut cases = vec![with_wrapped(bench, "for another", &value)];
    let token = |identity: &super::world::Identity| STANDARD.encode(identity.certificate().der());
    let changed = good.security(&token(&bench.keys.de_decrypt), &token(other));
    cases.push(bench.case("another named", &changed).refused(DECRYPTION));
    let mut both = changed;
    set_wrapped(&mut both, &value);
    cases.push(
        bench
            .case("another named and meant", &both)
            .refused(DECRYPTION),
    );
    let key = cut(
        &good.security,
        "<xenc:EncryptedKey ",
        "</xenc:EncryptedKey>",
    );
    for count in [1, 9, 999] {
        let more: String = (0..count)
            .map(|at| key.replacen(" Id=\"", &format!(" Id=\"k{at}"), 1))
            .collect();
        for order in [format!("{key}{more}"), format!("{more}{key}")] {
            let changed = good.security(&key, &order);
            cases.push(
                bench
                    .case(format!("{count} more keys"), &changed)
                    .refused(DECRYPTION),
            );
        }
    }
    let reference = "CipherReference URI=\"cid:regrep@oots.eu\"";
    for uri in ["cid:nosuch@oots.eu", "http://127.0.0.1:9/x", "#x", ""] {
        let changed = good.security(reference, &format!("CipherReference URI=\"{uri}\""));
        // The part itself stays encrypted, so its digest does not fit.
        cases.push(
            bench
                .case(format!("part {uri}"), &changed)
                .broken()
                .refused(DECRYPTION),
        );
    }
    let data = cut(
        &good.security,
        "<xenc:EncryptedData ",
        "</xenc:EncryptedData>",
    );
    let more: String = (0..1000)
        .map(|at| data.replacen(" Id=\"", &format!(" Id=\"d{at}"), 1))
        .collect();
    let changed = good.security(&data, &format!("{data}{more}"));
    cases.push(
        bench
            .case("1000 descriptions", &changed)
            .refused(DECRYPTION),
    );
    cases
}

/// OAEP with other hashes than the message says.
fn padding(bench: &'static Bench) -> Vec<Case> {
    let recipient = &bench.keys.de_decrypt;
    let mut cases = Vec::new();
    for (name, padding) in [
        ("SHA-1", &OAEP_SHA1_MGF1SHA1),
        ("SHA-384", &OAEP_SHA384_MGF1SHA384),
    ] {
        let value = bench.secrets.wrap(recipient, &bench.secrets.cek, padding);
        cases.push(with_wrapped(bench, &format!("padded with {name}"), &value));
    }
    cases
}

/// Points of small order on X25519 and its twist, little-endian. (RFC 7748, 6.1)
const LOW_ORDER: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The sender's ephemeral key and the parameters of the derivation.
fn agreement(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let (_, rest) = good.security.split_once("DEREncodedKeyValue").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let real = rest.split('<').next().unwrap();
    let der = STANDARD.decode(real).unwrap();
    let mut cases = Vec::new();
    let mut push = |name: String, octets: &[u8]| {
        let changed = good.security(real, &STANDARD.encode(octets));
        cases.push(bench.case(name, &changed).refused(DECRYPTION));
    };
    let prefix = &der[..der.len() - 32];
    for point in LOW_ORDER {
        let octet = |at| u8::from_str_radix(point.get(at..at + 2).unwrap(), 16).unwrap();
        let mut raw: Vec<u8> = (0..64).step_by(2).map(octet).collect();
        push(format!("low order {point}"), &[prefix, &raw].concat());
        // The top bit does not count.
        raw[31] ^= 0x80;
        push(
            format!("low order {point}, top bit"),
            &[prefix, &raw].concat(),
        );
    }
    for at in [0, 1, 4, 8, 11, 12, 20, der.len() - 1] {
        let mut changed = der.clone();
        changed[at] ^= 1;
        push(format!("octet {at} of the point"), &changed);
    }
    push("no point".to_owned(), &[]);
    push("the point alone".to_owned(), &der[12..]);
    push("cut".to_owned(), &der[..der.len() - 1]);
    push("longer".to_owned(), &[der.as_slice(), &[0]].concat());
    let salt = cut(&good.security, "<dsig-more:Salt>", "</dsig-more:Salt>");
    let length = "<dsig-more:KeyLength>16</dsig-more:KeyLength>";
    for (name, from, to) in [
        ("no salt", salt.as_str(), ""),
        ("empty salt", &salt, "<dsig-more:Salt></dsig-more:Salt>"),
        (
            "another salt",
            &salt,
            "<dsig-more:Salt>AAAA</dsig-more:Salt>",
        ),
        ("no base64", &salt, "<dsig-more:Salt>!</dsig-more:Salt>"),
        (
            "info",
            length,
            &format!("<dsig-more:Info>AAAA</dsig-more:Info>{length}"),
        ),
        ("bits", length, &length.replace("16", "128")),
        ("a longer key", length, &length.replace("16", "32")),
        ("a shorter key", length, &length.replace("16", "1")),
        ("no length", length, &length.replace("16", "")),
    ] {
        cases.push(
            bench
                .case(name, &good.security(from, to))
                .refused(DECRYPTION),
        );
    }
    let unknown = cases.iter().filter(|it| it.judge() != Formal::Intact);
    assert_eq!(unknown.count(), 0);
    cases
}
