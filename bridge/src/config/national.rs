//! `[national]`: the SAK, the registers, the Data Consumers.

use std::time::Duration;

use mapping::code_table::providers::Providers;
use url::Url;

use super::{
    consumers::Consumers,
    read::{Choice, Table},
    secret::Secret,
};
use crate::http::tls::ClientTls;

/// How national messages are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Codec {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Choice for Codec {
    const WORDS: &'static [(&'static str, Self)] = &[("json", Self::Json), ("xml", Self::Xml)];
}

/// Who fetches the Abruftoken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenSource {
    /// The SAK.
    Sak,
    /// We do.
    Platform,
}

impl Choice for TokenSource {
    const WORDS: &'static [(&'static str, Self)] =
        &[("sak", Self::Sak), ("platform", Self::Platform)];
}

/// A national component that we call.
#[derive(Clone, Debug)]
pub struct Peer {
    url: Url,
    tls: ClientTls,
    timeout: Duration,
}

impl Peer {
    /// Its base URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Which servers we trust, and who we say we are.
    pub fn tls(&self) -> &ClientTls {
        &self.tls
    }

    /// How long connecting and answering may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn read(mut table: Table<'_>) -> Option<Self> {
        let url = table.get("url");
        let tls = super::as4::client_tls(&mut table);
        let timeout = table.seconds("timeout_secs", 10);
        table.finish();
        Some(Self {
            url: url?,
            tls: tls?,
            timeout,
        })
    }
}

/// Where the register for an evidence is found.
#[derive(Clone, Debug)]
pub enum Registers {
    /// The Registerdatennavigation is asked.
    Rdn(Box<Peer>),
    /// A table of our own.
    Table(Providers),
}

/// Access tokens: those we check and those we fetch.
#[derive(Clone, Debug)]
pub struct Token {
    issuer: Url,
    audience: String,
    jwks_url: Url,
    token_url: Option<Url>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
}

impl Token {
    /// Who must have issued a token.
    pub fn issuer(&self) -> &Url {
        &self.issuer
    }

    /// For whom it must have been issued.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The issuer's keys.
    pub fn jwks_url(&self) -> &Url {
        &self.jwks_url
    }

    /// Where we fetch ours.
    pub fn token_url(&self) -> Option<&Url> {
        self.token_url.as_ref()
    }

    /// Who we are there.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Our secret there, when the client certificate is not enough.
    pub fn client_secret(&self) -> Option<&Secret> {
        self.client_secret.as_ref()
    }

    fn read(mut table: Table<'_>) -> Option<Self> {
        let issuer = table.get("issuer");
        let audience = table.get::<String>("audience");
        let jwks_url = table.get("jwks_url");
        let token_url = table.find("token_url");
        let client_id = table.find::<String>("client_id");
        let client_secret = table
            .has("client_secret")
            .then(|| table.secret_file("client_secret"))
            .flatten();
        if token_url.is_some() && client_id.is_none() {
            table.missing("client_id", "token_url needs it");
        }
        table.finish();
        Some(Self {
            issuer: issuer?,
            audience: audience?,
            jwks_url: jwks_url?,
            token_url,
            client_id,
            client_secret,
        })
    }
}

/// `[national]`.
#[derive(Clone, Debug)]
pub struct National {
    codec: Codec,
    component_id: String,
    directory: String,
    directory_id: String,
    sak: Peer,
    registers: Registers,
    consumers: Consumers,
    token: Option<Token>,
    token_source: TokenSource,
    token_service: Option<Url>,
    xnachweis_version: String,
}

impl National {
    /// How national messages are written.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Our Teilnehmer-ID.
    pub fn component_id(&self) -> &str {
        &self.component_id
    }

    /// The directory that lists us, `verzeichnisdienst` of `autor`.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// Our entry in that directory, `kennung` of `autor`.
    pub fn directory_id(&self) -> &str {
        &self.directory_id
    }

    /// The Sicherer Anschlussknoten.
    pub fn sak(&self) -> &Peer {
        &self.sak
    }

    /// Where the register for an evidence is found.
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// Who may order evidence.
    pub fn consumers(&self) -> &Consumers {
        &self.consumers
    }

    /// Access tokens, when they are in use.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Who fetches the Abruftoken.
    pub fn token_source(&self) -> TokenSource {
        self.token_source
    }

    /// The Vermittlungsstelle, when we fetch the Abruftoken.
    pub fn token_service(&self) -> Option<&Url> {
        self.token_service.as_ref()
    }

    /// The version of XNachweis that is spoken.
    pub fn xnachweis_version(&self) -> &str {
        &self.xnachweis_version
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let codec = table.or("codec", Codec::Json);
        let component_id = table.get::<String>("component_id");
        let directory = table.or("directory", "DVDV".to_owned());
        let directory_id = table.get::<String>("directory_id");
        let sak = Peer::read(table.section("sak"));
        let registers = read_registers(&mut table);
        let consumers = Consumers::load(&mut table);
        let token = table.optional("token").map(Token::read);
        let mut service = table.section("vs");
        let token_source = service.or("mode", TokenSource::Sak);
        let token_service = service.find("url");
        if token_source == TokenSource::Platform && token_service.is_none() {
            service.missing("url", "mode = \"platform\" needs it");
        }
        service.finish();
        let version = table.or("xnachweis_version", XNACHWEIS.to_owned());
        if version != XNACHWEIS {
            let problem = format!("version {version:?} is not supported");
            table.problem("xnachweis_version", problem, format!("\"{XNACHWEIS}\""));
        }
        table.finish();
        let token = match token {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Self {
            codec,
            component_id: component_id?,
            directory,
            directory_id: directory_id?,
            sak: sak?,
            registers: registers?,
            consumers: consumers?,
            token,
            token_source,
            token_service,
            xnachweis_version: version,
        })
    }
}

fn read_registers(table: &mut Table<'_>) -> Option<Registers> {
    let rdn = table.optional("rdn").map(Peer::read);
    match (rdn, table.has("providers")) {
        (Some(_), true) => {
            table.node("providers");
            table.problem("providers", "contradicts rdn", "keep one of the two");
            None
        }
        (Some(rdn), false) => rdn.map(Box::new).map(Registers::Rdn),
        (None, true) => {
            let (path, text) = table.whole_file("providers")?;
            let read = Providers::from_toml(&path.display().to_string(), &text);
            table.context().accept(read).map(Registers::Table)
        }
        (None, false) => {
            table.missing(
                "providers",
                "the table of registers, or rdn = { url = \"…\" }",
            );
            None
        }
    }
}

const XNACHWEIS: &str = "1.4";
