//! One phase4 and one listener of ours per profile, for all tests of the run.

use ebms::{Answer, Leg, Outgoing};
use interop::{
    Client, Delivered, Inbox, Line, Listener, PROFILES, Peer, Request, Security, Site, harness,
    make, pdf, xml,
};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;

pub(crate) struct Scene {
    runtime: Runtime,
    client: Client,
    pub(crate) peer: Peer,
    inboxes: Vec<(Arc<Inbox>, Listener)>,
    folder: PathBuf,
}

/// The scene, or `None` with one line where phase4 was not built.
pub(crate) fn scene() -> Option<&'static Scene> {
    static SCENE: OnceLock<Option<Scene>> = OnceLock::new();
    SCENE
        .get_or_init(|| {
            let built = harness();
            if built.is_none() {
                eprintln!("not run: phase4: tests/interop/phase4/build has not built it");
            }
            built.map(|built| Scene::new(&built).expect("phase4 starts"))
        })
        .as_ref()
}

impl Scene {
    fn new(built: &Path) -> interop::Result<Self> {
        // Anew for every run, and in a place that is cleaned with the build.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("phase4");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        make(&folder)?;
        let runtime = Runtime::new()?;
        let mut inboxes = Vec::new();
        for (profile, _) in PROFILES {
            let inbox = Arc::new(Inbox::new(Site::open(&folder, profile)?, true));
            let start = Listener::start(Arc::clone(&inbox), &folder, Security::Tls);
            inboxes.push((inbox, runtime.block_on(start)?));
        }
        Ok(Self {
            runtime,
            client: Client::new(&folder)?,
            peer: Peer::start(built, &folder)?,
            inboxes,
            folder,
        })
    }

    pub(crate) fn inbox(&self, profile: &str) -> &Inbox {
        &self.of(profile).0
    }

    fn of(&self, profile: &str) -> &(Arc<Inbox>, Listener) {
        self.inboxes
            .iter()
            .find(|(inbox, _)| inbox.site().profile() == profile)
            .expect("a profile")
    }

    pub(crate) fn write(
        &self,
        profile: &str,
        request: &Request,
        change: fn(Leg) -> Leg,
    ) -> Outgoing {
        let site = self.inbox(profile).site();
        let leg = change(site.partner().unwrap().leg().clone());
        site.write(request, &leg).unwrap()
    }

    /// Posts to phase4 and judges its answer.
    pub(crate) fn post(&self, profile: &str, message: &Outgoing) -> Answer {
        self.post_as(profile, message, message.body().clone())
    }

    pub(crate) fn post_as(
        &self,
        profile: &str,
        message: &Outgoing,
        octets: bytes::Bytes,
    ) -> Answer {
        let partner = self.inbox(profile).site().partner().unwrap();
        let url = self.peer.url("https", profile);
        self.runtime
            .block_on(self.client.post_as(&url, message, octets, partner))
            .unwrap()
    }

    /// What phase4 delivered of a message, once it has.
    pub(crate) fn delivered_by_phase4(&self, id: &str) -> Line {
        self.peer
            .hear(|line| line.word() == "received" && line.get("id") == id)
            .unwrap()
    }

    /// How often phase4 delivered a message.
    pub(crate) fn deliveries_by_phase4(&self, id: &str) -> usize {
        self.peer
            .count(|line| line.word() == "received" && line.get("id") == id)
    }

    /// Has phase4 send a message to us, and returns what it says about the answer.
    pub(crate) fn order(&self, profile: &str, order: &Order<'_>) -> Line {
        let url = self.of(profile).1.url();
        let mut fields = vec!["send", profile, url, order.id];
        fields.extend([order.service.0, order.service.1, order.action]);
        let conversation = interop::octets();
        fields.push(&conversation);
        let mut parts = Vec::new();
        for (number, (media_type, content, packing)) in order.parts.iter().enumerate() {
            let path = self.folder.join(format!("{conversation}-{number}"));
            std::fs::write(&path, content).unwrap();
            parts.push(format!("{}|{media_type}|{packing}", path.display()));
        }
        fields.extend(parts.iter().map(String::as_str));
        let before = self.peer.count(|line| sent(line, order.id));
        self.peer.order(&fields).unwrap();
        self.peer
            .hear_nth(|line| sent(line, order.id), before)
            .unwrap()
    }
}

fn sent(line: &Line, id: &str) -> bool {
    line.word() == "sent" && line.get("id") == id
}

/// What phase4 is to send.
pub(crate) struct Order<'o> {
    pub(crate) id: &'o str,
    pub(crate) service: (&'o str, &'o str),
    pub(crate) action: &'o str,
    /// Media type, content, `gzip` or `plain`.
    pub(crate) parts: &'o [(&'o str, bytes::Bytes, &'o str)],
}

impl<'o> Order<'o> {
    pub(crate) fn query(id: &'o str, parts: &'o [(&'o str, bytes::Bytes, &'o str)]) -> Self {
        Self {
            id,
            service: (
                "QueryManager",
                "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0",
            ),
            action: "ExecuteQueryRequest",
            parts,
        }
    }
}

/// The payloads exchanged: the EDM document, then evidence.
pub(crate) const XML: &str = "application/x-ebrs+xml";
pub(crate) const PDF: &str = "application/pdf";

pub(crate) fn sets() -> [Vec<(&'static str, bytes::Bytes)>; 3] {
    [
        vec![(XML, xml(10_000))],
        vec![(PDF, pdf(128_000))],
        vec![
            (XML, xml(5_000)),
            (PDF, pdf(300_000)),
            ("application/xml", xml(70_000)),
        ],
    ]
}

/// Payloads as the transcript and both sides describe them.
pub(crate) fn described(payloads: &[(&'static str, bytes::Bytes)]) -> Vec<Delivered> {
    payloads
        .iter()
        .map(|(media_type, content)| Delivered {
            media_type: (*media_type).to_owned(),
            bytes: content.len(),
            sha256: interop::sha256(content),
        })
        .collect()
}

/// One line of the transcript.
pub(crate) fn log(way: &str, profile: &str, payloads: &[Delivered], said: &[&str]) {
    let parts: Vec<String> = payloads
        .iter()
        .map(|part| format!("{} {} B", part.media_type, part.bytes))
        .collect();
    let parts = if parts.is_empty() {
        "no payload".to_owned()
    } else {
        parts.join(" + ")
    };
    println!("{way} | {profile} | {parts} | {}", said.join(" | "));
}
