//! The configuration: one TOML file, the folders it names, environment and command line on top.
//!
//! Everything is read and checked before a port is opened, and every problem is reported at once
//! with its file and line. What is returned needs no further check. It is not changed afterwards:
//! reloading makes a new one.

mod as4;
mod check;
mod common_services;
mod consumers;
pub mod embedded;
mod keys;
mod listen;
mod load;
mod national;
mod overrides;
mod partner_tls;
mod platform;
mod print;
mod problem;
mod read;
mod rest;
mod secret;
mod state;
mod timers;
mod tree;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ebms::PModes;
use mapping::CodeTables;
use url::Url;

pub use self::{
    as4::{As4, Retry},
    common_services::{CommonServices, Directory, NaptrEnvironment},
    consumers::{Consumer, Consumers},
    keys::{Keys, NamedKey},
    listen::{Listen, Listener},
    national::{Codec, National, Peer, Registers, Token, TokenSource},
    overrides::{BadOverride, Overrides},
    platform::{Agent, Environment, LocalizedName, Platform},
    print::{Setting, settings},
    problem::{ConfigErrors, Origin, Problem},
    rest::{Enforcement, IdentityProvider, LogFormat, Preview, Telemetry, Validation},
    secret::Secret,
    state::{Audit, Durability, Spool, Store, StoreKind},
    timers::{RoleTimers, Timers},
};
use self::{
    problem::Problems,
    read::{Context, Table},
    tree::Entries,
};

use crate::http::tls::ClientTls;

/// A complete and consistent configuration.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    overrides: Overrides,
    /// The folders whose files are read: templates, partners, tables.
    folders: Vec<PathBuf>,
    platform: Platform,
    listen: Listen,
    keys: Keys,
    store: Store,
    spool: Spool,
    as4: As4,
    pmodes: PModes,
    partner_tls: BTreeMap<String, ClientTls>,
    common_services: CommonServices,
    national: National,
    tables: CodeTables,
    preview: Preview,
    timers: Timers,
    validation: Validation,
    audit: Audit,
    telemetry: Telemetry,
}

impl Config {
    /// Reads the file, puts the overrides on top, reads all that is named, checks all of it.
    ///
    /// # Errors
    /// Every problem that was found, each with its place.
    pub fn load(path: &Path, overrides: &Overrides) -> Result<Self, ConfigErrors> {
        let base = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let context = Context {
            base,
            problems: Problems::default(),
        };
        let config = match load::read_text(path) {
            Ok(text) => Self::read(path, &text, overrides, &context),
            Err(wrong) => {
                let origin = Origin::whole_file(path);
                let hint = "bridge init DIR writes a configuration; --config names another";
                let problem = wrong
                    .problem
                    .trim_start_matches(&origin.to_string())
                    .trim_start();
                context.problems.add(&origin, problem, hint);
                None
            }
        };
        context.problems.finish(config)
    }

    fn read(path: &Path, text: &str, overrides: &Overrides, context: &Context) -> Option<Self> {
        let mut tree = tree::parse(path, text, &context.problems);
        overrides.apply(&mut tree, &context.problems);
        // What a syntax error swallowed would be reported as missing.
        context.problems.is_empty().then_some(())?;
        let mut config = Self::sections(path, &tree, context)?;
        config.overrides = overrides.clone();
        check::contradictions(&config, &tree, &context.problems);
        Some(config)
    }

    fn sections(path: &Path, tree: &Entries, context: &Context) -> Option<Self> {
        let mut root = Table::root(tree, path, context);
        let platform = Platform::read(root.section("platform"));
        let listen = Listen::read(root.section("listen"));
        let keys = Keys::read(root.section("keys"));
        let store = Store::read(root.section("store"));
        let spool = Spool::read(root.section("spool"));
        let as4 = As4::read(root.section("as4"));
        let (partners, partner_files) = folder_files(root.section("partners"));
        let common_services = CommonServices::read(root.section("common_services"));
        let national = National::read(root.section("national"));
        let (mapping, mapping_files) = folder_files(root.section("mapping"));
        let preview = Preview::read(root.section("preview"));
        let timers = Timers::read(root.section("timers"));
        let validation = Validation::read(root.section("validation"));
        let audit = Audit::read(root.section("audit"));
        let telemetry = Telemetry::read(root.section("telemetry"));
        root.finish();
        let templates = as4
            .as_ref()
            .map(|as4| load::toml_files(context, as4.origin(), as4.pmodes()));
        let ours = platform
            .as_ref()
            .map(|platform| platform.party_id().clone());
        let pmodes = context.pmodes(ours, &templates.unwrap_or_default(), &partner_files);
        let partner_tls = as4
            .as_ref()
            .map(|as4| context.partner_tls(&partner_files, as4.tls()));
        let tables = context.tables(&mapping_files);
        let pmodes_folder = as4.as_ref().map(|as4| as4.pmodes().to_path_buf());
        Some(Self {
            path: path.to_path_buf(),
            overrides: Overrides::none(),
            folders: [partners, mapping, pmodes_folder]
                .into_iter()
                .flatten()
                .collect(),
            platform: platform?,
            listen: listen?,
            keys: keys?,
            store: store?,
            spool: spool?,
            as4: as4?,
            pmodes: pmodes?,
            partner_tls: partner_tls?,
            common_services: common_services?,
            national: national?,
            tables: tables?,
            preview: preview?,
            timers,
            validation,
            audit: audit?,
            telemetry,
        })
    }

    /// Reads the same file again, with the same overrides on top.
    ///
    /// # Errors
    /// Every problem that was found, each with its place.
    pub fn reload(&self) -> Result<Self, ConfigErrors> {
        Self::load(&self.path, &self.overrides)
    }

    /// The file and the folders whose change makes a new configuration.
    pub fn sources(&self) -> Vec<PathBuf> {
        let file = std::iter::once(self.path.clone());
        file.chain(self.folders.iter().cloned()).collect()
    }

    /// The file this was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who we are.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Where we can be reached.
    pub fn listen(&self) -> &Listen {
        &self.listen
    }

    /// What we sign, decrypt, seal and look up with.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What keeps the exchanges.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What keeps messages and evidence on their way.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// How the access point talks.
    pub fn as4(&self) -> &As4 {
        &self.as4
    }

    /// Templates times partners.
    pub fn pmodes(&self) -> &PModes {
        &self.pmodes
    }

    /// TLS of calls to partners that have their own, by the partner's name.
    pub fn partner_tls(&self) -> &BTreeMap<String, ClientTls> {
        &self.partner_tls
    }

    /// Evidence Broker and Data Service Directory.
    pub fn common_services(&self) -> &CommonServices {
        &self.common_services
    }

    /// The SAK, the registers, the Data Consumers.
    pub fn national(&self) -> &National {
        &self.national
    }

    /// The mapping tables.
    pub fn tables(&self) -> &CodeTables {
        &self.tables
    }

    /// Pages for citizens.
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// How long each step may take.
    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// What the rules may do.
    pub fn validation(&self) -> Validation {
        self.validation.clone()
    }

    /// Where the audit log lies and how long it is kept.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Logs and traces.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The addresses of others that evidence or personal data is sent to, with their keys.
    pub(super) fn outgoing_urls(&self) -> Vec<(&'static str, &Url)> {
        let mut urls = vec![("national.sak.url", self.national.sak().url())];
        if let Directory::Urls {
            evidence_broker,
            data_service_directory,
        } = self.common_services.directory()
        {
            urls.push(("common_services.evidence_broker_url", evidence_broker));
            urls.push((
                "common_services.data_service_directory_url",
                data_service_directory,
            ));
        }
        if let Registers::Rdn(rdn) = self.national.registers() {
            urls.push(("national.rdn.url", rdn.url()));
        }
        if let Some(token) = self.national.token() {
            urls.push(("national.token.jwks_url", token.jwks_url()));
            urls.extend(
                token
                    .token_url()
                    .map(|url| ("national.token.token_url", url)),
            );
        }
        urls.extend(
            self.national
                .token_service()
                .map(|url| ("national.vs.url", url)),
        );
        let provider = self.preview.identity_provider();
        urls.extend(provider.map(|idp| ("preview.identity_provider.issuer", idp.issuer())));
        urls
    }
}

/// The files of a section that has one key, `folder`.
fn folder_files(mut table: Table<'_>) -> (Option<PathBuf>, Vec<load::TextFile>) {
    let folder = table.path("folder");
    let files = folder
        .as_ref()
        .map(|folder| load::toml_files(table.context(), table.origin_of("folder"), folder));
    table.finish();
    (folder, files.unwrap_or_default())
}
