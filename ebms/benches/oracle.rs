//! Whether the time it takes to fail tells what failed: opening a message that is right, and
//! messages whose key does not unwrap, whose part does not decrypt, or whose content is not what
//! was signed. Taken in turns, so that whatever else the machine does meets all alike. Prints a
//! table; judges nothing. [AS4 6.L], [ROB-86]

#![expect(
    clippy::expect_used,
    reason = "a benchmark stops where it cannot go on"
)]

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ebms::{
    Incoming, Leg, Signed,
    pmode::Profile,
    receive::{self, Limits},
    security::DecryptionKey,
    send,
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use support::{NOW, World, counter, draft, payload, time};

#[path = "../tests/engine/support.rs"]
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "shared with the tests, which use the rest and stop likewise"
)]
mod support;

fn main() {
    // `cargo test` runs benchmarks to see that they start.
    let rounds = if std::env::args().any(|it| it == "--bench") {
        2000
    } else {
        2
    };
    let mut table = String::from(
        "| suite, payload | what is wrong | median, µs | middle half, µs | from bad tag, µs | \
         told from bad tag |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for (name, profile) in [("rsa", Profile::Rsa), ("ed25519", Profile::Ed25519)] {
        let world = World::new(profile);
        for (size, length) in [("5 kB", 5 << 10), ("128 kB", 128 << 10)] {
            let variants = Message::new(&world, profile, length).variants(profile);
            let key = world.de_decrypt.decryption_key();
            let times = measure(&world, &key, &variants, rounds);
            table.push_str(&rows(&format!("{name}, {size}"), &times));
        }
    }
    #[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
    {
        println!("{rounds} runs each\n{table}");
    }
}

/// A message with one part, and the key of its content.
struct Message {
    content_type: String,
    body: Vec<u8>,
    content_key: Vec<u8>,
}

type Variant = (&'static str, String, Bytes);

impl Message {
    fn new(world: &World, profile: Profile, length: usize) -> Self {
        let mut source = counter();
        let mut content = vec![0; length];
        source(&mut content);
        let draft = draft().with_payload(payload("p@x", "application/pdf", &content));
        let leg = Leg::default().with_profile(profile);
        let mut drawn = Vec::new();
        let mut random = |out: &mut [u8]| {
            source(out);
            drawn.push(out.to_vec());
        };
        let (key, recipient) = (world.fr.signing_key(), world.de_decrypt.certificate());
        let sent = send::write(&draft, &leg, &key, &recipient, &mut random).expect("sent");
        Self {
            content_type: sent.content_type().to_owned(),
            body: sent.body().to_vec(),
            // The first draw is for ids.
            content_key: drawn.get(1).expect("a content key").clone(),
        }
    }

    /// The message as it is, and with one thing wrong each: nothing that is signed changes, so
    /// that every one gets as far as being opened.
    fn variants(&self, profile: Profile) -> Vec<Variant> {
        let key = match profile {
            Profile::Rsa => "bad OAEP",
            _ => "bad AES key wrap",
        };
        let mut variants = vec![
            self.variant("nothing", |_| {}),
            self.variant("bad tag", flip_last),
            self.variant("bad ciphertext", |part| flip(part, 12)),
            self.variant("bad digest", |part| self.reseal(part)),
        ];
        let wrapped = self.with_text("<xenc:CipherValue>", |it| flip_last(it));
        variants.push((key, self.content_type.clone(), wrapped));
        if profile == Profile::Ed25519 {
            // The octets of the point are the last of the structure: all zero.
            let point = self.with_text("DEREncodedKeyValue xmlns", |it| {
                it.iter_mut().rev().take(32).for_each(|octet| *octet = 0);
            });
            variants.push(("bad point", self.content_type.clone(), point));
        }
        variants
    }

    fn variant(&self, name: &'static str, change: impl FnOnce(&mut [u8])) -> Variant {
        let mut body = self.body.clone();
        let start = find(&body, b"Content-ID: <p@x>", 0);
        let start = find(&body, b"\r\n\r\n", start) + 4;
        let end = find(&body, b"\r\n--", body.len() - 100);
        change(body.get_mut(start..end).expect("the part"));
        (name, self.content_type.clone(), Bytes::from(body))
    }

    /// The message with the octets of a base64 text changed, behind the next `>` after `tag`.
    fn with_text(&self, tag: &str, change: impl FnOnce(&mut Vec<u8>)) -> Bytes {
        let mut body = self.body.clone();
        let start = find(&body, tag.as_bytes(), 0);
        let start = find(&body, b">", start) + 1;
        let end = find(&body, b"<", start);
        let text = body.get(start..end).expect("the text");
        let mut octets = STANDARD.decode(text).expect("base64");
        change(&mut octets);
        body.splice(start..end, STANDARD.encode(octets).into_bytes());
        Bytes::from(body)
    }

    /// Other content of the same length, rightly encrypted.
    fn reseal(&self, part: &mut [u8]) {
        let (nonce, sealed) = part.split_at_mut(12);
        let key = UnboundKey::new(&AES_128_GCM, &self.content_key).expect("a key");
        let key = LessSafeKey::new(key);
        let nonce = || Nonce::try_assume_unique_for_key(nonce).expect("a nonce");
        let length = sealed.len() - 16;
        key.open_in_place(nonce(), Aad::empty(), sealed)
            .expect("opened");
        let (content, tag) = sealed.split_at_mut(length);
        flip_last(content);
        let made = key.seal_in_place_separate_tag(nonce(), Aad::empty(), content);
        tag.copy_from_slice(made.expect("sealed").as_ref());
    }
}

fn flip(octets: &mut [u8], at: usize) {
    *octets.get_mut(at).expect("an octet") ^= 1;
}

fn flip_last(octets: &mut [u8]) {
    *octets.last_mut().expect("an octet") ^= 1;
}

fn find(octets: &[u8], needle: &[u8], from: usize) -> usize {
    let rest = octets.get(from..).expect("the rest");
    let at = rest.windows(needle.len()).position(|it| it == needle);
    from + at.expect("the text")
}

/// How long opening takes, in microseconds: each variant once per round.
fn measure(
    world: &World,
    key: &DecryptionKey,
    variants: &[Variant],
    rounds: usize,
) -> Vec<(&'static str, Vec<f64>)> {
    let mut times: Vec<(&'static str, Vec<f64>)> = variants
        .iter()
        .map(|(name, ..)| (*name, Vec::with_capacity(rounds)))
        .collect();
    let keys = std::slice::from_ref(key);
    // The first rounds warm caches and the allocator.
    let warm = rounds / 10;
    for round in 0..warm + rounds {
        let count = variants.len();
        // In another order each round: what comes before leaves its traces.
        for at in 0..count {
            let at = (at + round) % count;
            let at = if round % 2 == 0 { at } else { count - 1 - at };
            let (variant, taken) = (variants.get(at), times.get_mut(at));
            let (Some((name, content_type, body)), Some((_, taken))) = (variant, taken) else {
                continue;
            };
            let signed = verify(world, content_type, body);
            let (right, time) = clock(|| signed.open(keys).is_ok());
            assert_eq!(right, *name == "nothing", "{name}");
            if round >= warm {
                taken.push(time.as_secs_f64() * 1e6);
            }
        }
    }
    times
}

fn verify(world: &World, content_type: &str, body: &Bytes) -> Signed {
    match receive::read(content_type, body.clone(), &Limits::default()).expect("read") {
        Incoming::User(sealed) => sealed.verify(&world.pmodes, time(NOW)).expect("verified"),
        Incoming::Signal(_) => unreachable!("a user message was sent"),
    }
}

fn clock<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the time")]
    let start = Instant::now();
    let out = black_box(call());
    (out, start.elapsed())
}

fn rows(suite: &str, times: &[(&'static str, Vec<f64>)]) -> String {
    let reference = times.iter().find(|(name, _)| *name == "bad tag");
    let reference = sorted(&reference.expect("the reference").1);
    let middle = quantile(&reference, 0.5);
    let row = |(name, taken): &(&'static str, Vec<f64>)| {
        let taken = sorted(taken);
        let median = quantile(&taken, 0.5);
        let (low, high) = (quantile(&taken, 0.25), quantile(&taken, 0.75));
        let told = 100.0 * told_apart(&taken, &reference);
        let from = median - middle;
        format!(
            "| {suite} | {name} | {median:.1} | {low:.1}–{high:.1} | {from:+.1} | {told:.0} % |\n"
        )
    };
    times.iter().map(row).collect()
}

fn sorted(times: &[f64]) -> Vec<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// How often the better of "longer" and "shorter" is right for one run of each: 50 % is chance.
fn told_apart(left: &[f64], right: &[f64]) -> f64 {
    let mut wins = 0.0;
    let mut below = 0;
    for time in left {
        while right.get(below).is_some_and(|it| it < time) {
            below += 1;
        }
        wins += below as f64;
    }
    let share = wins / (left.len() as f64 * right.len() as f64);
    share.max(1.0 - share)
}
