//! Writes what was read as TOML of ours.

use super::leg::{Agreed, Leg, Security, T1_SECS};
use crate::{
    pmode::{Profile, TokenKind},
    profile,
};
use std::collections::BTreeMap;

/// A partner to be written.
pub(super) struct Partner<'p> {
    /// Its name in the P-Mode and in the truststore of Domibus.
    pub(super) alias: &'p str,
    pub(super) file: &'p str,
    pub(super) template: &'p str,
    pub(super) endpoint: &'p str,
    pub(super) ids: &'p [(String, Option<String>)],
    pub(super) agreed: &'p Agreed,
}

/// Collects lines.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn set(&mut self, key: &str, value: impl Into<toml::Value>) {
        let value = value.into();
        self.line(&format!("{key} = {value}"));
    }
}

/// A partner file.
pub(super) fn partner(partner: &Partner<'_>) -> String {
    let mut text = Text::default();
    text.line("# Imported from a Domibus P-Mode.");
    text.line("");
    text.set("template", partner.template);
    if let Some(country) = country(partner.alias) {
        text.set("country", country);
    }
    text.set("endpoint", partner.endpoint);
    text.line(
        "# Guessed from the message properties: its entry in the Data Service Directory counts.",
    );
    let versions: Vec<_> = releases(partner.agreed)
        .map(|(version, _)| version)
        .collect();
    text.set(
        "edm_versions",
        versions.last().map(|it| vec![*it]).unwrap_or_default(),
    );
    for (value, scheme) in partner.ids {
        text.line("\n[[party]]");
        text.set("value", value.as_str());
        if let Some(scheme) = scheme {
            text.set("scheme", scheme.as_str());
        }
    }
    // [AS4 4.1] before 5.2 one certificate stands under the name of the party.
    let alias = partner.alias;
    let suite = match partner.agreed.legs.first().map(|leg| leg.security.profile) {
        Some(Profile::Rsa) | None => "rsa",
        Some(_) => "ecc",
    };
    text.line("\n[signing]");
    text.line(&format!(
        "# In the truststore of Domibus: alias {}, or {} before 5.2.",
        comment(&format!("{alias}_{suite}_sign")),
        comment(alias)
    ));
    text.set(
        "certificates",
        vec![format!("{}-signing.pem", partner.file)],
    );
    if partner.agreed.legs.iter().any(|leg| leg.security.encrypt) {
        text.line("\n[encryption]");
        text.line(&format!(
            "# In the truststore of Domibus: alias {}, or {} before 5.2.",
            comment(&format!("{alias}_{suite}_encrypt")),
            comment(alias)
        ));
        text.set("certificate", format!("{}-encryption.pem", partner.file));
    }
    text.0
}

/// A comment has one line.
fn comment(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Access points of member states are called AP_, the country, and a number. [AS4 4.1]
fn country(name: &str) -> Option<&str> {
    let (country, number) = name.strip_prefix("AP_")?.split_once('_')?;
    let fits = country.len() == 2
        && country.chars().all(|c| c.is_ascii_uppercase())
        && number.chars().all(|c| c.is_ascii_digit());
    fits.then_some(country)
}

/// A template file.
pub(super) fn template(processes: &[String], agreed: &Agreed) -> String {
    let mut text = Text::default();
    let names: Vec<_> = processes.iter().map(|name| comment(name)).collect();
    text.line(&format!(
        "# Imported from a Domibus P-Mode: {}.",
        names.join(", ")
    ));
    text.line("");
    text.set("role_from", agreed.role_from.as_str());
    text.set("role_to", agreed.role_to.as_str());
    if let Some(agreement) = &agreed.agreement {
        text.set("agreement", agreement.as_str());
    }
    if let Some(mpc) = &agreed.mpc {
        text.set("mpc", mpc.as_str());
    }
    text.set("compress", true);
    services(&mut text, agreed);
    let common = agreed.legs.first().map(|leg| leg.security);
    if let Some(common) = common {
        text.line("\n[security]");
        security(&mut text, common);
        legs(&mut text, agreed, common);
    }
    properties(&mut text, agreed);
    if let Some(bytes) = agreed.max_payload_bytes {
        text.line("\n[limits]");
        text.set("payload_bytes", i64::try_from(bytes).unwrap_or(i64::MAX));
    }
    if let Some(retry) = &agreed.retry {
        text.line("\n[retry]");
        text.line(&format!("# {}", comment(&retry.text)));
        text.set("attempts", i64::from(retry.attempts));
        text.set("interval_secs", i64::from(retry.interval_secs()));
        let outlasts = retry.attempts > 1 && retry.minutes.saturating_mul(60) > T1_SECS;
        if outlasts {
            text.set("may_outlast_deadline", true);
        }
    }
    text.0
}

fn services(text: &mut Text, agreed: &Agreed) {
    let mut services: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    // The test service is always answered and needs no listing.
    for leg in agreed.legs.iter().filter(|leg| !leg.is_test()) {
        let actions = services.entry(leg.service.clone()).or_default();
        actions.push(&leg.action);
    }
    for (service, actions) in services {
        text.line("\n[[service]]");
        text.set("value", service.value());
        if let Some(kind) = service.kind() {
            text.set("type", kind);
        }
        text.set("actions", actions);
    }
}

fn security(text: &mut Text, security: Security) {
    let profile = match security.profile {
        Profile::Rsa => "rsa",
        Profile::Ed25519 => "ed25519",
        Profile::Ecdsa => "ecdsa",
    };
    let token = match security.token {
        TokenKind::Bst => "bst",
        TokenKind::PkiPath => "pki-path",
        TokenKind::IssuerSerial => "issuer-serial",
        TokenKind::Ski => "ski",
    };
    text.set("profile", profile);
    text.set("signature_token", token);
    text.set("encryption_token", token);
    text.set("encrypt", security.encrypt);
}

fn legs(text: &mut Text, agreed: &Agreed, common: Security) {
    let differs = |leg: &&Leg| !leg.compress || leg.security != common;
    for leg in agreed.legs.iter().filter(differs) {
        text.line("\n[[leg]]");
        text.set("service", leg.service.value());
        text.set("action", leg.action.as_str());
        if !leg.compress {
            text.set("compress", false);
        }
        if leg.security != common {
            security(text, leg.security);
        }
    }
}

/// The releases whose properties the P-Mode knows. [R-EDM-ebMS-018] [R-EDM-ebMS-019]
fn releases(agreed: &Agreed) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    const TWO: &[&str] = &[profile::ORIGINAL_SENDER, profile::FINAL_RECIPIENT];
    const FOUR: &[&str] = &[
        profile::ORIGINAL_SENDER,
        profile::FINAL_RECIPIENT,
        profile::EXCHANGE_ID,
        profile::SPECIFICATION_ID,
    ];
    let all: [(&str, &[&str]); 2] = [("1.2", TWO), ("2.0", FOUR)];
    let known = agreed.properties.clone();
    all.into_iter()
        .filter(move |(_, names)| names.iter().all(|name| known.contains(*name)))
}

fn properties(text: &mut Text, agreed: &Agreed) {
    for (version, names) in releases(agreed) {
        text.line("\n[[properties]]");
        let versions = if version == "1.2" {
            vec!["1.0", "1.1", "1.2"]
        } else {
            vec![version]
        };
        text.set("edm_versions", versions);
        text.set("names", names.to_vec());
    }
    text.line("\n[rules]");
    text.set("required_properties", agreed.required.clone());
    if agreed.properties.contains(profile::EXCHANGE_ID) {
        text.set("uuid_properties", vec![profile::EXCHANGE_ID]);
    }
    let oots = agreed
        .legs
        .iter()
        .any(|leg| leg.service.value() == profile::SERVICE);
    text.set("conversation_id_is_uuid", oots);
}
