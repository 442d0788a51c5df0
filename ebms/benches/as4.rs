//! What one AS4 exchange costs on one core, beside the bare cryptography of the same exchange
//! with the same library in the same run. Prints a table; judges nothing.

#![expect(
    clippy::expect_used,
    reason = "a benchmark stops where it cannot go on"
)]

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest,
    rand::SystemRandom,
    rsa::{
        OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        PrivateDecryptingKey,
    },
    signature::{self, KeyPair as _, RsaKeyPair, UnparsedPublicKey},
};
use ebms::{
    Draft, Heading, Incoming, Leg, Outgoing, PModes, Partner, Party, PartyId, Payload, Property,
    ReceivedMessage, Service, Template, Verified,
    pmode::Profile,
    profile::GATEWAY_ROLE,
    receive::{self, Limits},
    security::{Certificate, DecryptionKey, SigningKey},
    send,
    signal::{self, HttpAnswer, read_answer},
};
use jiff::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, RsaKeySize};
use std::{hint::black_box, time::Duration};

const SCHEME: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
const NOW: &str = "2026-11-23T10:05:00Z";

fn main() {
    // `cargo test` runs benchmarks to see that they start.
    let budget = if std::env::args().any(|it| it == "--bench") {
        1500
    } else {
        1
    };
    let clock = Clock {
        budget: Duration::from_millis(budget),
    };
    let world = World::new();
    let mut rows = Vec::new();
    bare(&world, &clock, &mut rows);
    for (name, media_type, content) in contents() {
        exchange(&world, &clock, (name, media_type, &content), &mut rows);
    }
    print(&rows);
}

struct Clock {
    budget: Duration,
}

impl Clock {
    /// Microseconds of one call, over as many as fit.
    fn measure(&self, mut call: impl FnMut()) -> f64 {
        call();
        #[expect(clippy::disallowed_methods, reason = "a benchmark reads the time")]
        let start = std::time::Instant::now();
        let mut calls = 0_u32;
        while calls == 0 || start.elapsed() < self.budget {
            call();
            calls += 1;
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    }
}

struct Identity {
    pair: KeyPair,
    pem: String,
}

impl Identity {
    fn new(name: &str) -> Self {
        let pair =
            KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2030, 1, 1);
        let pem = parameters.self_signed(&pair).expect("a certificate").pem();
        Self { pair, pem }
    }

    fn signing(&self) -> SigningKey {
        SigningKey::from_pkcs8_pem(self.pair.serialize_pem().as_bytes(), self.pem.as_bytes())
            .expect("a signing key")
    }

    fn decryption(&self) -> DecryptionKey {
        DecryptionKey::from_pkcs8_pem(self.pair.serialize_pem().as_bytes(), self.pem.as_bytes())
            .expect("a decryption key")
    }

    fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.pem.as_bytes()).expect("a certificate")
    }
}

struct World {
    fr: Identity,
    de: Identity,
    pmodes: PModes,
    partner: Partner,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        let (fr, de) = (Identity::new("AP_FR_01"), Identity::new("AP_DE_01"));
        let template = "[[service]]\nvalue = \"QueryManager\"\n\
            type = \"urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0\"\n\
            actions = [\"ExecuteQueryResponse\"]\n";
        let template = Template::from_toml("oots", template).expect("a template");
        let partner = |party: &str, identity: &Identity| {
            let text = format!(
                "template = \"oots\"\nendpoint = \"https://x.example\"\n\
                 [[party]]\nvalue = \"{party}\"\nscheme = \"{SCHEME}\"\n\
                 [signing]\ncertificates = [\"c\"]\n[encryption]\ncertificate = \"c\"\n"
            );
            let load = |_: &str| Ok::<_, String>(identity.pem.clone().into_bytes());
            Partner::from_toml(&party.to_lowercase(), &text, load).expect("a partner")
        };
        let ours = PartyId::new("AP_DE_01", Some(SCHEME)).expect("a party");
        let pmodes = PModes::new(vec![ours], vec![template], vec![partner("AP_FR_01", &fr)])
            .expect("P-Modes");
        let partner = partner("AP_DE_01", &de);
        let now = NOW.parse().expect("a time");
        Self {
            fr,
            de,
            pmodes,
            partner,
            now,
        }
    }

    fn draft(&self, media_type: &str, content: &[u8]) -> Draft {
        let party = |name| {
            Party::new(
                PartyId::new(name, Some(SCHEME)).expect("a party"),
                GATEWAY_ROLE,
            )
        };
        Draft::new(Heading {
            message_id: "m@fr.example".parse().expect("an id"),
            timestamp: self.now,
            conversation_id: "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24"
                .parse()
                .expect("an id"),
            from: party("AP_FR_01"),
            to: party("AP_DE_01"),
            service: Service::query_manager(),
            action: "ExecuteQueryResponse".to_owned(),
        })
        .with_property(Property::typed("originalSender", SCHEME, "C1"))
        .with_property(Property::typed("finalRecipient", SCHEME, "C4"))
        .with_payload(Payload::new(
            "regrep@oots.eu".parse().expect("an id"),
            media_type,
            content.to_vec(),
        ))
    }
}

struct Row {
    what: String,
    micros: f64,
    floor: Option<f64>,
}

/// The bare operations of the library.
fn bare(world: &World, clock: &Clock, rows: &mut Vec<Row>) {
    let random = SystemRandom::new();
    let der = world.fr.pair.serialize_der();
    let pair = RsaKeyPair::from_pkcs8(&der).expect("a key");
    let message = [7; 1500];
    let mut value = vec![0; pair.public_modulus_len()];
    let mut sign = || {
        pair.sign(&signature::RSA_PKCS1_SHA256, &random, &message, &mut value)
            .expect("signed");
    };
    rows.push(Row::bare("RSA-2048 sign", clock.measure(&mut sign)));
    let public = pair.public_key().as_ref().to_vec();
    let verify = || {
        UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, &public)
            .verify(&message, &value)
            .expect("valid");
    };
    rows.push(Row::bare("RSA-2048 verify", clock.measure(verify)));
    let private = PrivateDecryptingKey::from_pkcs8(&der).expect("a key");
    let public = OaepPublicEncryptingKey::new(private.public_key()).expect("a key");
    let mut wrapped = vec![0; public.ciphertext_size()];
    let mut encrypt = || {
        public
            .encrypt(&OAEP_SHA256_MGF1SHA256, &[1; 16], &mut wrapped, None)
            .expect("wrapped");
    };
    rows.push(Row::bare(
        "RSA-2048 OAEP encrypt",
        clock.measure(&mut encrypt),
    ));
    let private = OaepPrivateDecryptingKey::new(private).expect("a key");
    let mut out = vec![0; private.min_output_size()];
    let decrypt = || {
        private
            .decrypt(&OAEP_SHA256_MGF1SHA256, &wrapped, &mut out, None)
            .expect("unwrapped");
    };
    rows.push(Row::bare("RSA-2048 OAEP decrypt", clock.measure(decrypt)));
}

impl Row {
    fn bare(what: &str, micros: f64) -> Self {
        Self {
            what: what.to_owned(),
            micros,
            floor: None,
        }
    }
}

fn bare_sum(rows: &[Row], names: &[&str]) -> f64 {
    rows.iter()
        .filter(|row| names.contains(&row.what.as_str()))
        .map(|row| row.micros)
        .sum()
}

/// One message there and its receipt back, each step beside what its cryptography costs bare.
fn exchange(
    world: &World,
    clock: &Clock,
    (name, media_type, content): (&str, &str, &[u8]),
    rows: &mut Vec<Row>,
) {
    let draft = world.draft(media_type, content);
    let (fr, de) = (world.fr.signing(), world.de.signing());
    let recipient = world.de.certificate();
    let keys = [world.de.decryption()];
    let leg = Leg::default().with_profile(Profile::Rsa);
    let mut random = |out: &mut [u8]| aws_lc_rs::rand::fill(out).expect("random octets");
    let mut write = || send::write(&draft, &leg, &fr, &recipient, &mut random).expect("sent");
    let sent = write();
    let bulk = bulk(clock, sent.body().len());
    let (sign, verify) = ("RSA-2048 sign", "RSA-2048 verify");
    let floor = bulk + bare_sum(rows, &[sign, "RSA-2048 OAEP encrypt"]);
    push(
        rows,
        format!("{name}: send"),
        clock.measure(|| drop(black_box(write()))),
        floor,
    );

    let open = |sent: &Outgoing| open(world, sent, &keys);
    let floor = bulk + bare_sum(rows, &[verify, "RSA-2048 OAEP decrypt"]);
    push(
        rows,
        format!("{name}: receive"),
        clock.measure(|| drop(black_box(open(&sent)))),
        floor,
    );

    let message = open(&sent);
    let id = || "r@de.example".parse().expect("an id");
    let receipt = || signal::receipt(&message, id(), world.now, &de).expect("a receipt");
    let floor = bare_sum(rows, &[sign]);
    push(
        rows,
        format!("{name}: receipt"),
        clock.measure(|| drop(black_box(receipt()))),
        floor,
    );

    let receipt = receipt();
    let http = HttpAnswer {
        status: 200,
        content_type: Some(receipt.content_type()),
        body: receipt.body(),
    };
    let judge = || read_answer(&http, sent.proof(), &world.partner, world.now);
    let floor = bare_sum(rows, &[verify]);
    push(
        rows,
        format!("{name}: judge receipt"),
        clock.measure(|| drop(black_box(judge()))),
        floor,
    );

    let last: Vec<&Row> = rows.iter().rev().take(4).collect();
    let micros = last.iter().map(|row| row.micros).sum();
    let floor = last.iter().filter_map(|row| row.floor).sum();
    push(rows, format!("{name}: exchange"), micros, floor);
}

fn open(world: &World, sent: &Outgoing, keys: &[DecryptionKey]) -> Verified<ReceivedMessage> {
    let body = sent.body().clone();
    let incoming = receive::read(sent.content_type(), body, &Limits::default());
    match incoming.expect("a message") {
        Incoming::User(sealed) => sealed
            .verify(&world.pmodes, world.now)
            .and_then(|signed| signed.open(keys))
            .expect("verified"),
        Incoming::Signal(_) => unreachable!("a user message was sent"),
    }
}

/// AES-GCM and SHA-256 over as many octets.
fn bulk(clock: &Clock, length: usize) -> f64 {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[1; 16]).expect("a key"));
    let mut content = vec![0; length];
    clock.measure(|| {
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut content);
        black_box(tag.is_ok());
        black_box(digest::digest(&digest::SHA256, &content));
    })
}

fn push(rows: &mut Vec<Row>, what: String, micros: f64, floor: f64) {
    rows.push(Row {
        what,
        micros,
        floor: Some(floor),
    });
}

/// A small XML document, and a document that does not compress.
fn contents() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let slot = "<rim:Slot name=\"IssueDateTime\"><rim:SlotValue xsi:type=\"rim:DateTimeValueType\">\
                <rim:Value>2026-11-23T10:00:00Z</rim:Value></rim:SlotValue></rim:Slot>\n";
    let xml = slot.repeat(5_000 / slot.len() + 1).into_bytes();
    let mut state = 1_u32;
    let dense = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let pdf = b"%PDF-1.7\n"
        .iter()
        .copied()
        .chain(dense.take(128 << 10))
        .collect();
    vec![
        ("5 kB XML", "application/x-ebrs+xml", xml),
        ("128 kB PDF", "application/pdf", pdf),
    ]
}

fn print(rows: &[Row]) {
    let mut table = String::from(
        "| one core | per second | µs | bare cryptography, µs | ratio |\n\
         | --- | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let per_second = 1e6 / row.micros;
        let (floor, ratio) = match row.floor {
            Some(floor) => (format!("{floor:.0}"), format!("{:.2}", row.micros / floor)),
            None => (String::new(), String::new()),
        };
        table.push_str(&format!(
            "| {} | {per_second:.0} | {:.0} | {floor} | {ratio} |\n",
            row.what, row.micros
        ));
    }
    #[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
    {
        println!("{table}");
    }
}
