//! A partner that answers one ping in a way that a test chooses.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::Arc,
    thread::JoinHandle,
};

use bridge::{
    config::{Config, Overrides},
    world::World,
};
use bytes::Bytes;
use ebms::{Incoming, ReceivedMessage, Verified, receive, signal};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::Pair;

/// What came.
pub(crate) struct Came {
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// What goes back: status line and content type, and the body.
pub(crate) struct Goes {
    pub(crate) head: &'static str,
    pub(crate) body: Vec<u8>,
}

pub(crate) const SIGNAL: &str = "200 OK\r\nContent-Type: application/soap+xml";

/// The partner with its keys.
pub(crate) struct Partner {
    pub(crate) config: Config,
    pub(crate) world: World,
}

impl Partner {
    pub(crate) fn of(pair: &Pair) -> Self {
        let path = pair.them.path("bridge.toml");
        Self {
            config: Config::load(&path, &Overrides::none()).unwrap(),
            world: pair.world.clone(),
        }
    }

    /// Reads a message as its access point would.
    pub(crate) fn open(&self, came: &Came) -> Verified<ReceivedMessage> {
        let limits = receive::Limits::default();
        let read = receive::read(&came.content_type, came.body.clone(), &limits);
        let Incoming::User(sealed) = read.unwrap() else {
            panic!("a signal came");
        };
        let signed = sealed
            .verify(self.config.pmodes(), self.world.now())
            .unwrap();
        signed.open(self.config.keys().as4_decryption()).unwrap()
    }

    pub(crate) fn receipt(&self, message: &Verified<ReceivedMessage>) -> Vec<u8> {
        let id = format!("{}@partner.test", self.world.uuid())
            .parse()
            .unwrap();
        let key = self.config.keys().as4_signing();
        let receipt = signal::receipt(message, id, self.world.now(), key).unwrap();
        receipt.body().to_vec()
    }
}

/// TLS with the partner's server certificate.
pub(crate) fn tls(
    pair: &Pair,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ServerConfig {
    let chain = CertificateDer::pem_file_iter(pair.them.path("keys/server.pem")).unwrap();
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(pair.them.path("keys/server.key.pem")).unwrap();
    ServerConfig::builder_with_provider(bridge::http::tls::provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// Takes one connection and answers what comes on it; returns where.
pub(crate) fn answering(
    pair: &Pair,
    answer: impl FnOnce(Came) -> Goes + Send + 'static,
) -> (String, JoinHandle<()>) {
    let config = Arc::new(tls(pair, rustls::ALL_VERSIONS));
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let url = format!(
        "https://localhost:{}/as4",
        listener.local_addr().unwrap().port()
    );
    let running = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut session = ServerConnection::new(config).unwrap();
        let mut stream = Stream::new(&mut session, &mut socket);
        let goes = answer(read(&mut stream));
        let length = goes.body.len();
        write!(
            stream,
            "HTTP/1.1 {}\r\nContent-Length: {length}\r\n\r\n",
            goes.head
        )
        .unwrap();
        stream.write_all(&goes.body).unwrap();
        stream.flush().unwrap();
    });
    (url, running)
}

fn read(stream: &mut impl Read) -> Came {
    let mut reader = BufReader::new(stream);
    let (mut content_type, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line == "\r\n" {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-type" => value.clone_into(&mut content_type),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Came {
        content_type,
        body: body.into(),
    }
}
