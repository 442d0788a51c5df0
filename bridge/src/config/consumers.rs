//! The file of Data Consumers: who may order evidence, and where their users return to.

use std::path::Path;

use url::Url;

use super::{
    load::entries_of,
    read::{Table, Wrong},
};

/// One Data Consumer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consumer {
    id: String,
    name: String,
    agent_id: String,
    agent_scheme: String,
    certificates: Vec<[u8; 32]>,
    return_origins: Vec<String>,
}

impl Consumer {
    /// Its Teilnehmer-ID.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, for operators.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its identifier in messages.
    pub fn agent_id(&self) -> &str {
        &self.agent_id
    }

    /// Scheme of that identifier.
    pub fn agent_scheme(&self) -> &str {
        &self.agent_scheme
    }

    /// SHA-256 of each client certificate (DER) it may use.
    pub fn certificates(&self) -> &[[u8; 32]] {
        &self.certificates
    }

    /// Whether users may be sent back to `url`: https, and an origin that is registered.
    pub fn may_return_to(&self, url: &Url) -> bool {
        let origin = url.origin();
        origin.is_tuple()
            && url.scheme() == "https"
            && self.return_origins.contains(&origin.ascii_serialization())
    }

    /// The origins users may be sent back to.
    pub fn return_origins(&self) -> &[String] {
        &self.return_origins
    }

    fn read(mut table: Table<'_>) -> Option<Self> {
        let id = table.get::<String>("id");
        let name = table.get::<String>("name");
        let mut agent = table.section("agent");
        let agent_id = agent.get::<String>("id");
        let agent_scheme = agent.get::<String>("scheme");
        agent.finish();
        let certificates = read_fingerprints(&mut table);
        let return_origins = read_origins(&mut table);
        table.finish();
        Some(Self {
            id: id?,
            name: name?,
            agent_id: agent_id?,
            agent_scheme: agent_scheme?,
            certificates,
            return_origins,
        })
    }
}

/// Every Data Consumer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Consumers {
    consumers: Vec<Consumer>,
}

impl Consumers {
    /// The one that a client certificate belongs to.
    pub fn by_certificate(&self, sha256: &[u8; 32]) -> Option<&Consumer> {
        self.consumers
            .iter()
            .find(|consumer| consumer.certificates.contains(sha256))
    }

    /// The one with this Teilnehmer-ID.
    pub fn by_id(&self, id: &str) -> Option<&Consumer> {
        self.consumers.iter().find(|consumer| consumer.id == id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Consumer> {
        self.consumers.iter()
    }

    /// Reads the file that the key `consumers` names.
    pub(super) fn load(table: &mut Table<'_>) -> Option<Self> {
        let (path, text) = table.whole_file("consumers")?;
        Self::parse(table, &path, &text)
    }

    fn parse(table: &Table<'_>, path: &Path, text: &str) -> Option<Self> {
        let entries = entries_of(table.context(), path, text);
        let mut root = Table::root(&entries, path, table.context());
        let read: Vec<_> = root
            .tables("consumer")
            .into_iter()
            .map(Consumer::read)
            .collect();
        let consumers: Vec<Consumer> = read.into_iter().collect::<Option<_>>()?;
        let mut seen = Vec::new();
        for consumer in &consumers {
            if seen.contains(&&consumer.id) {
                root.problem("consumer", format!("id {:?} occurs twice", consumer.id), "");
            }
            seen.push(&consumer.id);
        }
        let mut prints: Vec<_> = consumers.iter().flat_map(Consumer::certificates).collect();
        prints.sort_unstable();
        if prints.windows(2).any(|pair| pair.first() == pair.last()) {
            root.problem("consumer", "one certificate belongs to two consumers", "");
        }
        root.finish();
        Some(Self { consumers })
    }
}

fn read_fingerprints(table: &mut Table<'_>) -> Vec<[u8; 32]> {
    let texts = table.list::<String>("certificates_sha256");
    if !table.has("certificates_sha256") {
        table.missing(
            "certificates_sha256",
            "openssl x509 -noout -fingerprint -sha256 -in FILE",
        );
    }
    let mut prints = Vec::new();
    for text in texts {
        match fingerprint(&text) {
            Ok(print) => prints.push(print),
            Err(wrong) => table.problem("certificates_sha256", wrong.problem, wrong.hint),
        }
    }
    prints
}

/// Hex digits, with or without colons.
fn fingerprint(text: &str) -> Result<[u8; 32], Wrong> {
    let wrong = || {
        Wrong::new(
            format!("{text:?} is not a SHA-256 fingerprint"),
            "64 hex digits",
        )
    };
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let mut bytes = Vec::with_capacity(32);
    for pair in digits.chunks(2) {
        let [high, low] = pair else {
            return Err(wrong());
        };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    bytes.try_into().map_err(|_| wrong())
}

fn read_origins(table: &mut Table<'_>) -> Vec<String> {
    let mut origins = Vec::new();
    for url in table.list::<Url>("return_origins") {
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if url.scheme() != "https" || !bare {
            let hint = "for example \"https://portal.example\"";
            table.problem(
                "return_origins",
                format!("{url} is not an https origin"),
                hint,
            );
            continue;
        }
        origins.push(url.origin().ascii_serialization());
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let plain = "00ff".repeat(16);
        let colons = vec!["00:FF"; 16].join(":");
        assert_eq!(fingerprint(&plain).unwrap(), fingerprint(&colons).unwrap());
    }

    #[test]
    fn a_short_or_foreign_fingerprint_is_refused() {
        for text in ["", "00", "zz", &"0".repeat(63), &"0".repeat(66)] {
            assert!(fingerprint(text).is_err(), "{text}");
        }
    }

    fn consumer(origins: &[&str]) -> Consumer {
        Consumer {
            id: "a".into(),
            name: "A".into(),
            agent_id: "a".into(),
            agent_scheme: "s".into(),
            certificates: Vec::new(),
            return_origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn check(url: &str, allowed: bool) {
        let consumer = consumer(&["https://portal.example"]);
        assert_eq!(
            consumer.may_return_to(&Url::parse(url).unwrap()),
            allowed,
            "{url}"
        );
    }

    #[test]
    fn users_return_to_registered_origins_only() {
        check("https://portal.example/done?x=1", true);
        check("https://portal.example:443/", true);
        check("https://portal.example:8443/", false);
        check("http://portal.example/", false);
        check("https://portal.example.evil.example/", false);
        check("https://evil.example/#https://portal.example", false);
        check("https://portal.example@evil.example/", false);
        check("javascript:alert(1)", false);
        check("data:text/html,x", false);
    }
}
