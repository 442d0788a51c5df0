//! Reads the P-Mode configuration of Domibus and writes templates and partner files of ours. What
//! it says and we have no place for, or have doubts about, is a finding and never lost silently.
//! [AS4 4.1]
//!
//! One template is made for each set of processes that a party takes part in, one partner file for
//! each party that is not ours. Certificates are not part of a Domibus P-Mode: the files name where
//! to put them.

mod leg;
mod source;
mod write;

use self::{
    leg::Agreed,
    source::{Source, attribute},
};
use crate::id::PartnerName;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use xml::{Document, Element, Limits};

/// What became of a Domibus P-Mode.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// The party whose P-Mode it is: us, where it was made for us.
    pub party: String,
    /// Template and partner files.
    pub files: Vec<File>,
    /// What somebody should look at.
    pub findings: Vec<Finding>,
}

/// A file to be written.
#[derive(Clone, Debug, Serialize)]
pub struct File {
    /// `pmodes` or `partners`.
    pub folder: &'static str,
    /// Its name without ending.
    pub name: String,
    /// Its content, TOML.
    pub text: String,
}

/// Something that was not taken over as it is, or is doubtful.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// The element it is about.
    pub place: String,
    /// What about it.
    pub message: String,
}

/// A text that is not a Domibus P-Mode.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unreadable {
    /// Not XML.
    #[error("not XML: {0}")]
    Xml(xml::Invalid),
    /// XML of something else.
    #[error("not a Domibus P-Mode: {0}")]
    Other(&'static str),
}

/// Reads a Domibus P-Mode.
///
/// # Errors
/// It is none.
pub fn import(text: &[u8]) -> Result<Imported, Unreadable> {
    // A tool saved it: a byte order mark is possible, a type definition is refused.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let document = Document::parse(text, &Limits::REGREP).map_err(Unreadable::Xml)?;
    let root = document.root();
    if !root.is(NAMESPACE, "configuration") {
        return Err(Unreadable::Other("the root is no db:configuration"));
    }
    let processes = root
        .child("", "businessProcesses")
        .ok_or(Unreadable::Other("no businessProcesses"))?;
    let source = Source::new(root, processes);
    let party = attribute(root, "party").ok_or(Unreadable::Other("no party"))?;
    let mut import = Import {
        party: party.clone(),
        files: Vec::new(),
        templates: BTreeMap::new(),
        identifiers: BTreeSet::new(),
        source,
    };
    import.run();
    Ok(Imported {
        party,
        files: import.files,
        findings: import.source.findings.into_inner(),
    })
}

struct Import<'d> {
    party: String,
    source: Source<'d>,
    files: Vec<File>,
    /// Names of templates by the processes they stand for.
    templates: BTreeMap<Vec<String>, Option<(String, Agreed)>>,
    identifiers: BTreeSet<(String, Option<String>)>,
}

impl<'d> Import<'d> {
    fn run(&mut self) {
        if !self
            .source
            .parties
            .iter()
            .any(|(name, _)| *name == self.party)
        {
            let message = "the party whose P-Mode it is stands not among the parties";
            self.source.find("party", &self.party, message);
        }
        self.source.unused_splittings();
        let parties = self.source.parties.clone();
        let mut others = 0;
        for (name, party) in parties {
            if name != self.party {
                others += 1;
                self.partner(&name, party);
            }
        }
        if others == 0 {
            // A gateway that talks to itself: what it agreed with itself is kept as a template.
            let message = "there is no other party: no partner file is written";
            self.source.find("party", &self.party.clone(), message);
            self.template(&self.party.clone());
        }
    }

    fn partner(&mut self, name: &str, party: Element<'d>) {
        let Some((template, agreed)) = self.template(name) else {
            return;
        };
        let ids = self.source.identifiers(name, party);
        if ids.is_empty() {
            self.source.find("party", name, "no identifier: left out");
            return;
        }
        for (value, scheme) in &ids {
            if !self.identifiers.insert((value.clone(), scheme.clone())) {
                let message = format!("{value} is the identifier of another party too: left out");
                self.source.find("party", name, &message);
                return;
            }
        }
        let Some(endpoint) = self.source.endpoint(name, party) else {
            return;
        };
        let Some(file) = file_name(name) else {
            let message = "its name makes no file name: left out";
            self.source.find("party", name, message);
            return;
        };
        if attribute(party, "allowChunking").as_deref() == Some("true") {
            let message = "allowChunking is not taken over: messages are sent with their length";
            self.source.find("party", name, message);
        }
        let partner = write::Partner {
            alias: name,
            file: &file,
            template: &template,
            endpoint: &endpoint,
            ids: &ids,
            agreed: &agreed,
        };
        let text = write::partner(&partner);
        let folder = "partners";
        self.files.push(File {
            folder,
            name: file,
            text,
        });
    }

    /// The template for a party, written when it is first needed.
    fn template(&mut self, party: &str) -> Option<(String, Agreed)> {
        let processes = self.source.processes_of(party);
        if processes.is_empty() {
            self.source
                .find("party", party, "takes part in no process: left out");
            return None;
        }
        let names: Vec<String> = processes.iter().map(|(name, _)| name.clone()).collect();
        if let Some(known) = self.templates.get(&names) {
            return known.clone();
        }
        let agreed = leg::agreed(&self.source, &processes);
        let made = agreed.map(|agreed| {
            let words: Vec<String> = names.iter().filter_map(|name| file_name(name)).collect();
            let name = if words.is_empty() {
                "domibus".to_owned()
            } else {
                words.join("-")
            };
            let text = write::template(&names, &agreed);
            let folder = "pmodes";
            self.files.push(File {
                folder,
                name: name.clone(),
                text,
            });
            (name, agreed)
        });
        self.templates.insert(names, made.clone());
        made
    }
}

/// A party or process as the name of a file: what we allow in the name of a partner.
fn file_name(name: &str) -> Option<String> {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_matches('-');
    name.parse::<PartnerName>()
        .ok()
        .map(|name| name.to_string())
}

const NAMESPACE: &str = "http://domibus.eu/configuration";

#[cfg(test)]
mod tests;
