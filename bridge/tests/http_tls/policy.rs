//! Versions and suites of the AS4 listener, asked for by OpenSSL.

use bridge::http::{
    server::Protocols,
    tls::{ClientCertificate, Suite, TlsPolicy, TlsVersion},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

use super::{Leaf, Server};

fn suite(name: &str) -> Suite {
    let known = Suite::ALL.into_iter().find(|(known, _)| *known == name);
    known.unwrap().1
}

/// What OpenSSL and the listener agree on: `New, TLSv1.3, Cipher is …`; `None` when on nothing.
async fn agreed(server: &Server, arguments: &[&str]) -> Option<String> {
    let shown = Command::new("openssl")
        .args(["s_client", "-connect", &server.address.to_string()])
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("New, "))?;
    (!line.contains("(NONE)")).then(|| line.to_owned())
}

async fn listener(versions: Vec<TlsVersion>, suites: &[&str]) -> Server {
    let suites = suites.iter().map(|name| suite(name)).collect();
    let policy = TlsPolicy::new(versions, suites).unwrap();
    Server::under(&policy, None, Protocols::Http1).await
}

/// Any suite OpenSSL has, however weak.
const ANY: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

/// `[AS4_CP_TA39]` [AS4 4.5] what is listed is what is spoken, in versions and in suites.
#[tokio::test]
async fn as4_cp_ta39_version_and_suite_are_configurable() {
    let both = listener(Vec::new(), &[]).await;
    let old = listener(vec![TlsVersion::V1_2], &[]).await;
    let new = listener(vec![TlsVersion::V1_3], &[]).await;
    for (server, version, expected) in [
        (&both, "-tls1_2", true),
        (&both, "-tls1_3", true),
        (&old, "-tls1_2", true),
        (&old, "-tls1_3", false),
        (&new, "-tls1_2", false),
        (&new, "-tls1_3", true),
    ] {
        let agreed = agreed(server, &[version]).await;
        assert_eq!(agreed.is_some(), expected, "{version}: {agreed:?}");
    }
    let one = listener(
        vec![TlsVersion::V1_2],
        &["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    );
    let line = agreed(&one.await, &["-tls1_2"]).await.unwrap();
    assert!(
        line.ends_with("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"),
        "{line}"
    );
}

/// `[AS4_CP_TA40]` [ROB-102] preferred by the assertion, always so here.
#[tokio::test]
async fn as4_cp_ta40_tls_1_0_and_1_1_are_refused() {
    let server = listener(Vec::new(), &[]).await;
    for version in ["-tls1", "-tls1_1"] {
        assert_eq!(agreed(&server, &[version, "-cipher", ANY]).await, None);
    }
    let text = server.metrics.text().unwrap();
    assert!(text.contains(r#"reason="handshake"} 2"#), "{text}");
}

/// Sends a handshake of old and returns what comes back.
async fn greeted(server: &Server, hello: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(hello).await.unwrap();
    let mut answer = Vec::new();
    // Closed or reset: either way there is no conversation.
    drop(stream.read_to_end(&mut answer).await);
    answer
}

/// `[AS4_CP_TA41]` [ROB-102] nothing but an alert comes back.
#[tokio::test]
async fn as4_cp_ta41_ssl_2_and_3_are_refused() {
    let server = listener(Vec::new(), &[]).await;
    // SSL 2: length, CLIENT-HELLO, version 0.2, one cipher (RC4-MD5), a challenge.
    let mut ssl2 = vec![0x80, 0x1c, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80];
    ssl2.extend([7; 16]);
    // SSL 3: a record of a ClientHello of version 3.0 with RC4-SHA and 3DES.
    let mut body = vec![3, 0];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0, 5, 0, 10, 1, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut ssl3 = vec![22, 3, 0, 0, length + 4, 1, 0, 0, length];
    ssl3.extend(body);
    for hello in [ssl2, ssl3] {
        let answer = greeted(&server, &hello).await;
        // An alert record, or nothing.
        assert!(matches!(answer.as_slice(), [] | [21, ..]), "{answer:?}");
    }
    let text = server.metrics.text().unwrap();
    assert!(text.contains(r#"reason="handshake"} 2"#), "{text}");
}

/// `[AS4_CP_TA42]` [ROB-102]
#[tokio::test]
async fn as4_cp_ta42_a_suite_that_is_not_listed_is_refused() {
    let server = listener(Vec::new(), &[]).await;
    for cipher in [
        "ECDHE-ECDSA-AES256-SHA",
        "ECDHE-ECDSA-AES128-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "AES128-GCM-SHA256",
        "ECDHE-ECDSA-NULL-SHA",
        "AECDH-AES128-SHA",
    ] {
        let cipher = format!("{cipher}:@SECLEVEL=0");
        assert_eq!(
            agreed(&server, &["-tls1_2", "-cipher", &cipher]).await,
            None,
            "{cipher}"
        );
    }
    let chacha = ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"];
    assert_eq!(agreed(&server, &chacha).await, None);
}

/// `[AS4_CP_TA43]`
#[tokio::test]
async fn as4_cp_ta43_a_listed_suite_is_accepted() {
    let server = listener(Vec::new(), &[]).await;
    for cipher in [
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ] {
        let line = agreed(&server, &["-tls1_2", "-cipher", cipher])
            .await
            .unwrap();
        assert!(line.ends_with(cipher), "{line}");
    }
    for suite in ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"] {
        let line = agreed(&server, &["-tls1_3", "-ciphersuites", suite])
            .await
            .unwrap();
        assert!(line.ends_with(suite), "{line}");
    }
    let chacha = listener(vec![TlsVersion::V1_3], &["TLS_CHACHA20_POLY1305_SHA256"]).await;
    let asked = ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"];
    assert!(agreed(&chacha, &asked).await.is_some());
}

/// [AS4 4.5] client authentication is there for those who want it, under either version.
#[tokio::test]
async fn client_certificates_work_with_either_version() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let policy = TlsPolicy::new(vec![version], Vec::new()).unwrap();
        let required = Some(ClientCertificate::Required);
        let server = Server::under(&policy, required, Protocols::Http1).await;
        let Leaf { chain, key } = server.clients.client();
        let known = server.get(Some(Leaf { chain, key })).await.unwrap();
        assert_ne!(known.1, "nobody");
        server.get(None).await.unwrap_err();
    }
}
