//! Messages made to use up memory or time: refused, with little memory, while the service goes on.

use std::time::Duration;

use bridge::world::World;
use conformance::simulator::{edm, edm::EdmVersion, foreign::Delivery, world::GermanEvidence};
use ebms::{ContentId, Payload};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    LIMIT, read_all,
    server::{Server, Shared},
    status,
};

/// For raw requests.
static HEAVY: Shared = Shared::new("heavy", &["listen.as4.tls=off"]);

/// For signed messages.
static SECURE: Shared = Shared::new("heavy-tls", &[]);

/// The most that memory may grow, in KiB.
const GROWTH: u64 = 64 * 1024;
/// The longest a refusal may take.
const TIME: Duration = Duration::from_secs(20);

/// Watches memory and time while something arrives; a ping is answered afterwards.
async fn watched<T>(server: &Server, name: &str, arrives: impl Future<Output = T>) -> T {
    let world = World::system();
    let before = server.memory_from_now();
    let began = world.monotonic();
    let came = tokio::time::timeout(LIMIT, arrives).await.expect("an end");
    let took = world.monotonic().saturating_sub(began);
    let grown = server.memory("VmHWM").saturating_sub(before);
    println!(
        "{name}: {} ms, {} MiB more memory",
        took.as_millis(),
        grown / 1024
    );
    assert!(took < TIME, "{name} took {took:?}");
    assert!(grown < GROWTH, "{name}: memory grew by {grown} KiB");
    came
}

/// Sends a body in pieces; what cannot be sent any more need not be.
async fn post(server: &Server, kind: &str, pieces: &[(&[u8], usize)]) -> String {
    let length: usize = pieces
        .iter()
        .map(|(piece, times)| piece.len() * times)
        .sum();
    let head = format!(
        "POST /as4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    let (mut from, mut to) = server.connect().await.into_split();
    let sending = async {
        to.write_all(head.as_bytes()).await?;
        for (piece, times) in pieces {
            for _ in 0..*times {
                to.write_all(piece).await?;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let mut answer = Vec::new();
    let reading = async {
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut part).await {
            answer.extend(&part[..read]);
        }
    };
    // The answer may come before all is sent.
    let (sent, ()) = tokio::join!(sending, reading);
    drop(sent);
    String::from_utf8_lossy(&answer).into_owned()
}

/// These octets are refused with this status and code.
fn check(name: &str, kind: &str, pieces: &[(&[u8], usize)], (code, expected): (&str, &str)) {
    HEAVY.play_alone(async |server| {
        // What the first message costs once is not counted.
        alive(server).await;
        let answer = watched(server, name, post(server, kind, pieces)).await;
        assert_eq!(status(&answer), expected, "{name}");
        assert!(answer.contains(code), "{name}: {answer}");
        alive(server).await;
    });
}

async fn alive(server: &Server) {
    let mut stream = server.connect().await;
    stream.write_all(&server.good()).await.unwrap();
    assert_eq!(status(&read_all(&mut stream).await), "200 OK");
}

const SOAP: &str = "application/soap+xml; charset=UTF-8";
const MIME: &str = "multipart/related; type=\"application/soap+xml\"; boundary=b";
const UNREADABLE: (&str, &str) = ("EBMS:0009", "200 OK");

/// [AT-46] [AT-12]
#[test]
fn at_46_a_document_type_with_an_external_entity_is_refused() {
    let text = b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    check("external entity", SOAP, &[(text, 1)], UNREADABLE);
}

/// [AT-46]
#[test]
fn at_46_entities_that_expand_are_refused() {
    let mut text = "<!DOCTYPE a [<!ENTITY e0 \"ha\">".to_owned();
    for number in 1..=30 {
        let before = format!("&e{};", number - 1).repeat(10);
        text.push_str(&format!("<!ENTITY e{number} \"{before}\">"));
    }
    text.push_str("]><a>&e30;</a>");
    check(
        "entity expansion",
        SOAP,
        &[(text.as_bytes(), 1)],
        UNREADABLE,
    );
}

/// [AT-46]
#[test]
fn at_46_ten_thousand_levels_are_refused() {
    check(
        "depth",
        SOAP,
        &[(b"<a>", 10_000), (b"</a>", 10_000)],
        UNREADABLE,
    );
}

/// [AT-46]
#[test]
fn at_46_ten_thousand_parts_are_refused() {
    let part = b"--b\r\nContent-Type: application/soap+xml\r\nContent-ID: <a@b>\r\n\r\n<a/>\r\n";
    let pieces: [(&[u8], usize); 2] = [(part, 10_000), (b"--b--\r\n", 1)];
    check("parts", MIME, &pieces, ("EBMS:0007", "400 Bad Request"));
}

/// [AT-46]
#[test]
fn at_46_a_part_with_a_header_of_100_megabytes_is_refused() {
    let line = vec![b'a'; 100_000];
    let pieces: [(&[u8], usize); 3] = [
        (b"--b\r\nA: ", 1),
        (&line, 1000),
        (b"\r\n\r\n\r\n--b--\r\n", 1),
    ];
    check(
        "part header",
        MIME,
        &pieces,
        ("EBMS:0007", "400 Bad Request"),
    );
}

/// [AT-46] an envelope of 100 MB, most of it header.
#[test]
fn at_46_an_envelope_of_100_megabytes_is_refused() {
    let blank = vec![b' '; 100_000];
    let open = b"<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Header>";
    let pieces: [(&[u8], usize); 3] = [(open, 1), (&blank, 1000), (b"</e:Header></e:Envelope>", 1)];
    HEAVY.play_alone(async |server| {
        alive(server).await;
        let answer = watched(server, "envelope", post(server, SOAP, &pieces)).await;
        let refused = ["200 OK", "400 Bad Request", "413 Payload Too Large"];
        assert!(refused.contains(&status(&answer)), "{answer}");
        assert!(!answer.contains("Receipt"), "{answer}");
        alive(server).await;
    });
}

/// [AT-46] the head of a request, not of a message.
#[test]
fn at_46_a_request_head_of_100_megabytes_is_refused() {
    HEAVY.play_alone(async |server| {
        alive(server).await;
        let arrives = async {
            let mut stream = server.connect().await;
            let piece = vec![b'a'; 100_000];
            stream
                .write_all(b"POST /as4 HTTP/1.1\r\nHost: x\r\nA: ")
                .await
                .unwrap();
            for _ in 0..1000 {
                if stream.write_all(&piece).await.is_err() {
                    break;
                }
            }
            read_all(&mut stream).await
        };
        let answer = watched(server, "request head", arrives).await;
        // The connection may be gone before the answer is read.
        let refused = ["431 Request Header Fields Too Large", "no answer"];
        assert!(refused.contains(&status(&answer)), "{answer}");
        alive(server).await;
    });
}

/// A signed and encrypted message with this beside its document is refused with this code.
fn check_signed(name: &str, content: Vec<u8>, code: &str) {
    SECURE.play_alone(async |server| {
        let portal = server.stage.world().foreign().portal();
        let id: ContentId = server.access_point().content_id().parse().unwrap();
        let bomb = Payload::new(id, "application/octet-stream", content);
        let request = server.stage.world();
        let request = request.request(EdmVersion::V2_0, GermanEvidence::BirthCertificate);
        let document = edm::request(&portal.facts(&request));
        // Packed first: what the attacker's computer spends is not ours.
        let letter = letter(server, document, bomb);
        let outgoing = server.access_point().compose(&letter).unwrap();
        println!("{name}: {} octets", outgoing.body().len());
        let posting = server.access_point().post(&letter, &outgoing);
        let delivery = watched(server, name, posting).await.unwrap();
        assert_eq!(delivery, Delivery::Refused(vec![code.to_owned()]));
        let ping = server.ping();
        let alive = server
            .access_point()
            .post_raw(ping.content_type(), ping.body().clone())
            .await;
        assert_eq!(alive.unwrap().status, 200);
    });
}

fn letter(
    server: &Server,
    document: Vec<u8>,
    beside: Payload,
) -> conformance::simulator::foreign::Letter {
    let access_point = server.access_point();
    let corner = |name| {
        let scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
        ebms::Property::typed(name, scheme, "1")
    };
    let leading: ContentId = access_point.content_id().parse().unwrap();
    conformance::simulator::foreign::Letter {
        message_id: access_point.message_id(),
        conversation_id: access_point.source().uuid().to_string(),
        action: "ExecuteQueryRequest".to_owned(),
        service: None,
        from: None,
        to: None,
        timestamp: None,
        properties: vec![
            corner(ebms::profile::ORIGINAL_SENDER),
            corner(ebms::profile::FINAL_RECIPIENT),
        ],
        payloads: vec![
            Payload::new(leading, "application/x-ebrs+xml", document),
            beside,
        ],
        signing: None,
        request_id: None,
    }
}

/// [AT-46] [EBMS:0303] a gibibyte of nothing in a megabyte.
#[test]
fn at_46_a_gzip_bomb_is_refused() {
    check_signed("gzip bomb", vec![0; 1 << 30], "EBMS:0303");
}
