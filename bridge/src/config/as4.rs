//! `[as4]` and `[partners]`: how the access point talks, and to whom.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ebms::pmode::Profile;

use super::{
    listen::tls_policy,
    problem::Origin,
    read::{Choice, Table},
};
use crate::http::tls::ClientTls;

/// How long one attempt to send a message may take. How many there are, and how far apart, is agreed
/// in the P-Mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retry {
    timeout: Duration,
}

impl Retry {
    /// How long one attempt may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// `[P42]` a partner says nothing while it verifies a large message.
    fn read(mut table: Table<'_>) -> Self {
        let timeout = table.seconds("timeout_secs", 60);
        table.finish();
        Self { timeout }
    }
}

impl Choice for Profile {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("rsa", Self::Rsa),
        ("ed25519", Self::Ed25519),
        ("ecdsa", Self::Ecdsa),
    ];
}

/// `[as4]`.
#[derive(Clone, Debug)]
pub struct As4 {
    origin: Origin,
    pmodes: PathBuf,
    max_message_bytes: u64,
    max_payload_bytes: u64,
    retry: Retry,
    duplicate_window: Duration,
    outbound_profile: Profile,
    tls: ClientTls,
}

impl As4 {
    /// Where the folder of the templates is named.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The folder of the P-Mode templates.
    pub fn pmodes(&self) -> &Path {
        &self.pmodes
    }

    /// The largest request body that is read.
    pub fn max_message_bytes(&self) -> u64 {
        self.max_message_bytes
    }

    /// The largest part after decompression.
    pub fn max_payload_bytes(&self) -> u64 {
        self.max_payload_bytes
    }

    /// How long one attempt may take.
    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// How long a MessageId is remembered.
    pub fn duplicate_window(&self) -> Duration {
        self.duplicate_window
    }

    /// The suite that our signing key is for.
    pub fn outbound_profile(&self) -> Profile {
        self.outbound_profile
    }

    /// Which partners' TLS servers we trust, and who we say we are to them.
    pub fn tls(&self) -> &ClientTls {
        &self.tls
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let mut tls_table = table.section("tls");
        let tls = client_tls(&mut tls_table);
        tls_table.finish();
        let pmodes = table.path("pmodes");
        let origin = table.origin_of("pmodes").clone();
        let max_message_bytes = table.or("max_message_bytes", 100 * MIB);
        let max_payload_bytes = table.or("max_payload_bytes", 100 * MIB);
        let retry = Retry::read(table.section("retry"));
        let days = table.or::<u64>("duplicate_window_days", 7);
        if days < 7 {
            let problem = format!("{days} days are less than a week");
            table.problem("duplicate_window_days", problem, "at least 7");
        }
        let outbound_profile = table.or("outbound_profile", Profile::Rsa);
        table.finish();
        Some(Self {
            origin,
            pmodes: pmodes?,
            max_message_bytes,
            max_payload_bytes,
            retry,
            duplicate_window: Duration::from_secs(days.saturating_mul(86_400)),
            outbound_profile,
            tls: tls?,
        })
    }
}

/// `trust`, `certificate` and `key` of outgoing calls; without `trust` the public roots count.
pub(super) fn client_tls(table: &mut Table<'_>) -> Option<ClientTls> {
    let trust = table.has("trust").then(|| table.pem_file("trust"));
    let identity = (table.has("certificate") || table.has("key"))
        .then(|| (table.pem_file("certificate"), table.secret_file("key")));
    let trust = match trust {
        Some(pem) => Some(pem?),
        None => None,
    };
    let identity = match identity {
        Some((certificate, key)) => Some((certificate?, key?)),
        None => None,
    };
    Some(ClientTls::new(trust, identity).with_policy(tls_policy(table)?))
}

const MIB: u64 = 1024 * 1024;
