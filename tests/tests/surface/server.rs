//! A bridge in a process of its own, shared by tests, that ends with them.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use bridge::{
    audit::{
        event::Written,
        search::{Query, search},
    },
    demo::{Stage, StageOptions},
    world::World,
};
use conformance::simulator::foreign::{AccessPoint, Letter};
use ebms::{Outgoing, Property, profile};
use tests::process::{self, Bridge};
use tokio::{
    net::TcpStream,
    runtime::Runtime,
    sync::{Mutex, OnceCell},
    time::{interval, timeout},
};

use super::LIMIT;

/// One server for many tests.
pub(crate) struct Shared {
    name: &'static str,
    settings: &'static [&'static str],
    runtime: OnceLock<Runtime>,
    server: OnceCell<Server>,
    turn: Mutex<()>,
}

impl Shared {
    pub(crate) const fn new(name: &'static str, settings: &'static [&'static str]) -> Self {
        Self {
            name,
            settings,
            runtime: OnceLock::new(),
            server: OnceCell::const_new(),
            turn: Mutex::const_new(()),
        }
    }

    /// Plays a test beside others.
    pub(crate) fn play(&'static self, test: impl AsyncFnOnce(&Server)) {
        let runtime = self.runtime.get_or_init(|| Runtime::new().unwrap());
        runtime.block_on(async { test(self.server().await).await });
    }

    /// Plays a test while no other test that wants to be alone plays.
    pub(crate) fn play_alone(&'static self, test: impl AsyncFnOnce(&Server)) {
        self.play(async |server| {
            let _turn = self.turn.lock().await;
            test(server).await;
        });
    }

    async fn server(&self) -> &Server {
        let start = || Server::start(self.name, self.settings);
        self.server.get_or_init(start).await
    }
}

/// A running bridge with the simulated world around it.
pub(crate) struct Server {
    pub(crate) stage: Stage,
    pub(crate) as4: SocketAddr,
    pid: u32,
    admin: Bridge,
    folder: PathBuf,
    /// Closing its input ends the bridge, however this process ends.
    _keeper: Child,
}

impl Server {
    async fn start(name: &str, settings: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("surface-{name}"));
        // What an earlier run left.
        drop(std::fs::remove_dir_all(&folder));
        let options = StageOptions {
            folder: Some(folder.clone()),
            ..StageOptions::default()
        };
        let stage = Stage::prepare(options, World::system()).await.unwrap();
        let url: url::Url = stage.urls().as4.parse().unwrap();
        let as4 = url.socket_addrs(|| None).unwrap()[0];
        let (keeper, pid) = launch(&stage.config_path(), settings, &folder);
        let admin = Bridge::new(&stage.config_path(), &stage.admin_url());
        let server = Self {
            stage,
            as4,
            pid,
            admin,
            folder,
            _keeper: keeper,
        };
        let ready = timeout(LIMIT, server.ready()).await;
        assert!(ready.is_ok(), "not ready: {}", server.log());
        server
    }

    async fn ready(&self) {
        let mut tick = interval(Duration::from_millis(20));
        while self.admin.status("/readyz").await.ok() != Some(200) {
            tick.tick().await;
        }
    }

    /// What it printed so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("surface.log")).unwrap_or_default()
    }

    /// A connection to the AS4 listener.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.as4).await.unwrap()
    }

    /// The text of `/metrics`.
    pub(crate) async fn metrics(&self) -> String {
        self.admin.get("/metrics").await.unwrap().1
    }

    pub(crate) fn access_point(&self) -> &AccessPoint {
        self.stage.world().foreign().access_point()
    }

    /// The audit log.
    pub(crate) fn audit(&self) -> Vec<Written> {
        search(&self.folder.join("audit"), &Query::default()).unwrap()
    }

    /// A signed message for the test service, not sent.
    pub(crate) fn ping(&self) -> Outgoing {
        ping_of(self.access_point())
    }

    /// A whole HTTP request with a ping in it; the connection is closed after the answer.
    pub(crate) fn good(&self) -> Vec<u8> {
        let ping = self.ping();
        let (kind, length) = (ping.content_type(), ping.body().len());
        let head = format!(
            "POST /as4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), ping.body()].concat()
    }

    /// Octets this connection of ours has sent and the bridge has not read.
    pub(crate) fn unread(&self, stream: &TcpStream) -> u64 {
        let (ours, theirs) = (stream.local_addr().unwrap().port(), self.as4.port());
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let port = |field: &str| {
            let (_, port) = field.rsplit_once(':').unwrap();
            u16::from_str_radix(port, 16).unwrap()
        };
        for line in table.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            if port(fields[1]) == theirs && port(fields[2]) == ours {
                let (_, queue) = fields[4].split_once(':').unwrap();
                return u64::from_str_radix(queue, 16).unwrap();
            }
        }
        0
    }

    /// Forgets the greatest memory so far; returns the memory now, in KiB.
    pub(crate) fn memory_from_now(&self) -> u64 {
        std::fs::write(format!("/proc/{}/clear_refs", self.pid), "5").unwrap();
        self.memory("VmRSS")
    }

    /// A figure of `/proc/PID/status`, in KiB.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let figure = line.split_whitespace().nth(1).unwrap();
        figure.parse().unwrap()
    }
}

/// A signed message for the test service, not sent. [AS4 3.3]
pub(crate) fn ping_of(access_point: &AccessPoint) -> Outgoing {
    let corner = |name| {
        Property::typed(
            name,
            "urn:oasis:names:tc:ebcore:partyid-type:iso6523:0002",
            "1",
        )
    };
    let letter = Letter {
        message_id: access_point.message_id(),
        conversation_id: access_point.source().uuid().to_string(),
        action: profile::TEST_ACTION.to_owned(),
        service: Some((profile::TEST_SERVICE.to_owned(), None)),
        from: None,
        to: None,
        timestamp: None,
        properties: vec![
            corner(profile::ORIGINAL_SENDER),
            corner(profile::FINAL_RECIPIENT),
        ],
        payloads: Vec::new(),
        signing: None,
        request_id: None,
    };
    access_point.compose(&letter).unwrap()
}

/// Starts the bridge below a shell that ends it when its own input ends.
fn launch(config: &Path, settings: &[&str], folder: &Path) -> (Child, u32) {
    const KEEP: &str = "log=$1; shift; \"$@\" >>\"$log\" 2>&1 & pid=$!; echo $pid; read -r _; \
                        kill -KILL $pid";
    let log = folder.join("surface.log");
    File::create(&log).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", KEEP, "sh"]).arg(&log);
    command
        .arg(process::binary().unwrap())
        .args(["serve", "--config"])
        .arg(config);
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (keeper, line.trim().parse().unwrap())
}
