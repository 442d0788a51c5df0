//! Steps before HTTP: name, connection, TLS.

use std::net::TcpListener;

use super::{Pair, check_stops, partner};

/// [AT-47] a name that nobody knows; `.invalid` is reserved for that.
#[test]
fn an_unknown_host_fails_at_dns() {
    let pair = Pair::new();
    pair.at("https://as4.invalid/as4", "");
    let said = check_stops(pair.ping_json(), "dns", 69);
    assert!(said.contains("as4.invalid is unknown"), "{said}");
    assert!(said.contains("correct endpoint"), "{said}");
}

/// [AT-47]
#[test]
fn a_closed_port_fails_at_tcp() {
    let pair = Pair::new();
    let port = {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    pair.at(&format!("https://127.0.0.1:{port}/as4"), "");
    let said = check_stops(pair.ping_json(), "tcp", 69);
    assert!(said.contains(&format!("127.0.0.1:{port}: ")), "{said}");
    assert!(said.contains("refused"), "{said}");
}

fn tls_fails(pair: &Pair) -> String {
    let answer = |_| partner::Goes {
        head: "200 OK",
        body: Vec::new(),
    };
    // It never gets to its answer.
    let (url, _running) = partner::answering(pair, answer);
    pair.at(&url, "");
    check_stops(pair.ping_json(), "tls", 69)
}

/// [AT-47]
#[test]
fn a_server_nobody_vouches_for_fails_at_tls() {
    let pair = Pair::new();
    // Each example has an authority of its own; this one is replaced by a stranger's.
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["stranger.test".to_owned()]).unwrap();
    let stranger = params.self_signed(&key).unwrap().pem();
    std::fs::write(pair.us.path("keys/ca.pem"), stranger).unwrap();
    let said = tls_fails(&pair);
    assert!(said.contains("trust of [as4.tls]"), "{said}");
}

/// [AT-47]
#[test]
fn a_server_with_another_name_fails_at_tls_unless_names_may_differ() {
    let pair = Pair::new();
    let (url, _running) = partner::answering(&pair, |_| partner::Goes {
        head: "503 Service Unavailable",
        body: Vec::new(),
    });
    let trust = "[tls]\ntrust = [\"../keys/ca.pem\"]\n";
    pair.at(&url.replace("localhost", "127.0.0.2"), trust);
    let said = check_stops(pair.ping_json(), "tls", 69);
    assert!(said.contains("name_check"), "{said}");

    let pair = Pair::new();
    let (url, running) = partner::answering(&pair, |_| partner::Goes {
        head: "503 Service Unavailable",
        body: Vec::new(),
    });
    let lenient = format!("{trust}name_check = \"off\"\n");
    pair.at(&url.replace("localhost", "127.0.0.2"), &lenient);
    check_stops(pair.ping_json(), "http", 75);
    running.join().unwrap();
}

/// [AT-47] `[AS4_CP_TA42]`
#[test]
fn a_server_without_a_common_version_fails_at_tls() {
    let pair = Pair::new();
    let (url, _running) = partner::answering(&pair, |_| partner::Goes {
        head: "200 OK",
        body: Vec::new(),
    });
    // The partner speaks both; it is asked for what it has not: a suite of the other key type.
    let only =
        "[tls]\nversions = [\"1.2\"]\nsuites = [\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\"]\n";
    pair.at(&url, only);
    let said = check_stops(pair.ping_json(), "tls", 69);
    assert!(said.contains("no version or suite in common"), "{said}");
}

/// [AT-47]
#[test]
fn a_server_that_speaks_no_tls_fails_at_tls() {
    use std::io::{Read as _, Write as _};
    let pair = Pair::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let running = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
    });
    pair.at(&format!("https://localhost:{port}/as4"), "");
    let said = check_stops(pair.ping_json(), "tls", 69);
    assert!(said.contains("does not speak TLS"), "{said}");
    running.join().unwrap();
}
