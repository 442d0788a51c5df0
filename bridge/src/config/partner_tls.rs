//! `[tls]` of a partner's file: what differs from `[as4.tls]` for calls to this partner.

use std::{collections::BTreeMap, path::Path};

use super::{
    listen::tls_policy,
    load::{TextFile, entries_of},
    problem::Problems,
    read::{Choice, Context, Table},
};
use crate::http::tls::{ClientTls, NameCheck};

impl Choice for NameCheck {
    const WORDS: &'static [(&'static str, Self)] = &[("on", Self::On), ("off", Self::Off)];
}

impl Context {
    /// TLS of the partners that have their own. A file that is not TOML is reported elsewhere.
    pub(super) fn partner_tls(
        &self,
        partners: &[TextFile],
        common: &ClientTls,
    ) -> BTreeMap<String, ClientTls> {
        let mut all = BTreeMap::new();
        for file in partners {
            // Paths in a partner's file start from its own folder.
            let context = Self {
                base: file.path().parent().unwrap_or(Path::new("")).to_owned(),
                problems: Problems::default(),
            };
            let entries = entries_of(&context, file.path(), file.text());
            if !context.problems.is_empty() {
                continue;
            }
            let mut root = Table::root(&entries, file.path(), &context);
            let tls = root.optional("tls").and_then(|table| read(table, common));
            all.extend(tls.map(|tls| (file.name().to_owned(), tls)));
            self.problems.absorb(context.problems);
        }
        all
    }
}

fn read(mut table: Table<'_>, common: &ClientTls) -> Option<ClientTls> {
    let names = table.or("name_check", NameCheck::On);
    let (trust, pinned) = (joined(&mut table, "trust"), joined(&mut table, "pinned"));
    let own_policy = table.has("versions") || table.has("suites");
    let policy = tls_policy(&mut table)?;
    let identity = (table.has("certificate") || table.has("key"))
        .then(|| (table.pem_file("certificate"), table.secret_file("key")));
    let mut tls = common.clone();
    if trust.is_some() || pinned.is_some() {
        tls = tls.with_servers(trust, pinned, names);
    } else if names == NameCheck::Off {
        let hint = "name the partner's authority in trust, or its certificate in pinned";
        table.problem("name_check", "\"off\" needs trust or pinned", hint);
    }
    if own_policy {
        tls = tls.with_policy(policy);
    }
    if let Some((certificate, key)) = identity {
        tls = tls.with_identity((certificate?, key?));
    }
    if let Err(error) = tls.config(&[]) {
        table.problem(error.key(), error.to_string(), "");
    }
    table.finish();
    Some(tls)
}

/// The certificates of several files; `None` when none is named.
fn joined(table: &mut Table<'_>, key: &'static str) -> Option<String> {
    let named = table.has(key);
    let texts = table.pem_files(key);
    named.then(|| texts.join("\n"))
}
