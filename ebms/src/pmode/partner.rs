//! Who a partner is, where it is reached and which certificates are its own.

use super::{
    Problems, Template,
    leg::{Leg, LegRule, NOT_ECDSA, Security},
    problem::Problem,
    read::{Located, Source, Table},
    template::{Adjustment, unknown_legs},
};
use crate::{
    header::Service,
    id::{PartnerName, PartyId},
    security::{Certificate, Crl, Revocations, Subject, Trust},
};
use jiff::Timestamp;
use std::{fmt, sync::Arc};

/// A partner access point.
#[derive(Clone, Debug)]
pub struct Partner {
    name: PartnerName,
    template: (String, Option<usize>),
    country: Option<String>,
    endpoint: String,
    edm_versions: Vec<String>,
    party_ids: Vec<PartyId>,
    party_lines: Vec<Option<usize>>,
    trust: Trust,
    encryption: Option<Certificate>,
    security: Security,
    legs: Vec<LegRule>,
    /// The leg of what no rule names; settled with the template.
    leg: Leg,
    adjustment: Adjustment,
}

/// Why nothing may be encrypted for a partner now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableRecipient {
    /// Its validity has ended.
    #[error("the encryption certificate has expired")]
    Expired,
    /// Its validity has not begun.
    #[error("the encryption certificate is not yet valid")]
    NotYetValid,
    /// It is for something else.
    #[error("the encryption certificate is not for encryption")]
    Usage,
    /// Its issuer took it back.
    #[error("the encryption certificate is revoked")]
    Revoked,
    /// Nobody says whether it is revoked, and somebody must.
    #[error("nothing current says whether the encryption certificate is revoked")]
    Unknown,
}

impl UnusableRecipient {
    /// Whether waiting may help: for a list that could not be fetched, not for a date.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::NotYetValid | Self::Unknown)
    }
}

impl Partner {
    /// Reads a partner file. `load` fetches the certificate and revocation files it names, in PEM
    /// or DER.
    ///
    /// # Errors
    /// Every problem, with its line.
    pub fn from_toml<E: fmt::Display>(
        name: &str,
        text: &str,
        load: impl Fn(&str) -> Result<Vec<u8>, E>,
    ) -> Result<Self, Problems> {
        let source = Source::new(name, text);
        let tree = source.tree()?;
        let load = |file: &str| load(file).map_err(|error| format!("{file}: {error}"));
        let read = Self::read(name, &Table::root(&source, tree.get_ref()), &load);
        source.finish(read)
    }

    fn read(name: &str, table: &Table<'_>, load: Load<'_>) -> Option<Self> {
        let parsed = name.parse();
        let parsed = parsed
            .map_err(|error| table.problem("file name", error))
            .ok();
        let template = table.required("template");
        let endpoint = endpoint(table);
        let (party_ids, party_lines) = parties(table);
        let security = security(table);
        let legs = LegRule::read_all(table);
        let country = table.word("country");
        let edm_versions = table.texts("edm_versions");
        let trust = trust(&table.table("signing"), party_ids.first(), load);
        // How connections to it are made is read by whoever makes them.
        table.table("tls");
        let encryption = encryption(table.table("encryption"), load);
        let adjustment = Adjustment::read(table);
        table.check();
        let mut leg = Leg::default();
        security.apply(&mut leg);
        Some(Self {
            name: parsed?,
            template: (template?, table.line_of("template")),
            country,
            endpoint: endpoint?,
            edm_versions: edm_versions.into_iter().map(|it| it.text).collect(),
            party_ids,
            party_lines,
            trust: trust?,
            encryption: encryption?,
            security,
            legs,
            leg,
            adjustment,
        })
    }

    /// Joins the partner with its template: the template as it counts for this partner.
    pub(super) fn settle(&mut self, template: &Template, problems: &mut Vec<Problem>) -> Template {
        for (line, problem) in unknown_legs(&self.legs, &template.services) {
            problems.push(Problem::new(self.name.as_str(), Some(line), problem));
        }
        self.leg = template.leg(None);
        self.security.apply(&mut self.leg);
        let mut settled = template.clone();
        settled.adjust(&self.adjustment);
        settled
    }

    /// What is agreed for messages of this service and action, of which `template` says a part.
    pub(super) fn leg_of(&self, template: &Template, service: &Service, action: &str) -> Leg {
        let mut leg = template.leg(Some((service, action)));
        self.security.apply(&mut leg);
        for rule in &self.legs {
            rule.apply(&mut leg, service, action);
        }
        leg
    }

    pub(super) fn with_revocations(mut self, known: &Arc<Revocations>) -> Self {
        self.trust = self.trust.with_revocations(Arc::clone(known));
        self
    }

    pub(super) fn template_line(&self) -> Option<usize> {
        self.template.1
    }

    pub(super) fn party_line(&self, at: usize) -> Option<usize> {
        self.party_lines.get(at).copied().flatten()
    }

    /// Its name.
    pub fn name(&self) -> &PartnerName {
        &self.name
    }

    /// The template it follows.
    pub fn template(&self) -> &str {
        &self.template.0
    }

    /// Country code, where it stands for one country.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// URL of its access point.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// EDM releases it speaks, as it writes them.
    pub fn edm_versions(&self) -> &[String] {
        &self.edm_versions
    }

    /// Its party ids; the first is the one to address.
    pub fn party_ids(&self) -> &[PartyId] {
        &self.party_ids
    }

    /// Whose signatures are accepted.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The certificate to encrypt for.
    pub fn encryption_certificate(&self) -> Option<&Certificate> {
        self.encryption.as_ref()
    }

    /// The certificate to encrypt for, if it may be used at `now`. [AS4 1.15]
    ///
    /// # Errors
    /// It must not be used.
    pub fn recipient(&self, now: Timestamp) -> Result<Option<&Certificate>, UnusableRecipient> {
        let Some(certificate) = &self.encryption else {
            return Ok(None);
        };
        if now > certificate.not_after() {
            Err(UnusableRecipient::Expired)
        } else if now < certificate.not_before() {
            Err(UnusableRecipient::NotYetValid)
        } else if !certificate.may_encrypt() {
            Err(UnusableRecipient::Usage)
        } else {
            self.trust.check_recipient(certificate, now)?;
            Ok(Some(certificate))
        }
    }

    /// What was agreed for messages to it that no `[[leg]]` names.
    pub fn leg(&self) -> &Leg {
        &self.leg
    }
}

type Load<'l> = &'l dyn Fn(&str) -> Result<Vec<u8>, String>;

fn endpoint(table: &Table<'_>) -> Option<String> {
    // The published P-Modes carry addresses with a trailing blank. [P32]
    let endpoint = table.trimmed("endpoint");
    if endpoint.as_deref() == Some("") {
        table.problem("endpoint", "is empty");
    }
    endpoint
}

fn parties(table: &Table<'_>) -> (Vec<PartyId>, Vec<Option<usize>>) {
    let tables = table.tables("party");
    if tables.is_empty() {
        table.problem("party", "at least one [[party]] is needed");
    }
    let read = |table: Table<'_>| {
        let (value, scheme) = (table.required("value"), table.text("scheme"));
        let party = value.and_then(|value| {
            PartyId::new(&value, scheme.as_deref())
                .map_err(|error| table.problem("value", error))
                .ok()
        });
        let line = table.line_of("value");
        table.finish();
        party.map(|party| (party, line))
    };
    tables.into_iter().filter_map(read).unzip()
}

fn security(table: &Table<'_>) -> Security {
    let section = table.table("security");
    let security = Security::read(&section);
    if security.is_contradictory() || security.derives_without_profile() {
        section.problem("key_derivation", NOT_ECDSA);
    }
    section.finish();
    security
}

fn encryption(table: Table<'_>, load: Load<'_>) -> Option<Option<Certificate>> {
    if !table.is_written() {
        return Some(None);
    }
    let file = table.required("certificate").map(|text| Located {
        text,
        line: table.line_of("certificate").unwrap_or_default(),
    });
    let found = file.and_then(|file| certificates(&table, &[file], load));
    table.finish();
    Some(Some(found?.into_iter().next()?))
}

fn trust(table: &Table<'_>, party: Option<&PartyId>, load: Load<'_>) -> Option<Trust> {
    if !table.is_written() {
        table.problem("certificates", "[signing] is missing");
    }
    let list = |key| certificates(table, &table.texts(key), load);
    let (pinned, authorities) = (list("certificates"), list("authorities"));
    let intermediates = list("intermediates");
    let common_name = table
        .word("common_name")
        .or_else(|| party.map(|party| party.value().to_owned()));
    let texts = |key| -> Vec<String> {
        let texts = table.texts(key).into_iter();
        texts.map(|located| located.text).collect()
    };
    let subject = table.word("subject").map(|text| Subject::parse(&text));
    if let Some(Err(problem)) = &subject {
        table.problem("subject", problem);
    }
    let (policies, crls) = (texts("policies"), crls(table, load));
    let (urls, ocsp) = (texts("crl_urls"), table.word("ocsp_url"));
    let revocation = table.choice("revocation");
    table.check();
    let trust = Trust::new(pinned?, authorities?, intermediates?)
        .with_common_name(common_name)
        .with_subject(subject.and_then(Result::ok))
        .with_policies(policies)
        .with_crls(crls)
        .with_sources(urls, ocsp)
        .with_revocation(revocation);
    if let Err(problem) = trust.check() {
        table.problem("certificates", problem);
    }
    Some(trust)
}

fn certificates(table: &Table<'_>, files: &[Located], load: Load<'_>) -> Option<Vec<Certificate>> {
    let mut all = Some(Vec::new());
    for file in files {
        let read = load(&file.text).and_then(|bytes| {
            Certificate::all_from_bytes(&bytes).map_err(|error| format!("{}: {error}", file.text))
        });
        match (read, &mut all) {
            (Ok(found), Some(all)) => all.extend(found),
            (Ok(_), None) => {}
            (Err(problem), _) => {
                table.problem_at(file.line, problem);
                all = None;
            }
        }
    }
    all
}

fn crls(table: &Table<'_>, load: Load<'_>) -> Vec<Crl> {
    let mut all = Vec::new();
    for file in table.texts("crls") {
        let read = load(&file.text).and_then(|bytes| {
            Crl::all_from_bytes(&bytes).map_err(|error| format!("{}: {error}", file.text))
        });
        match read {
            Ok(found) => all.extend(found),
            Err(problem) => table.problem_at(file.line, problem),
        }
    }
    all
}
