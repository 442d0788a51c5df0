//! Error codes of registers and what a peer abroad is told, and back.

use super::load::{File, Located, Problems, Titles, entries};
use crate::{edm, noots};

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    national: String,
    edm: edm::EdmErrorCode,
    /// Whether the national code list in use has it, so that we may write it.
    listed: bool,
    titles: Titles,
}

#[derive(Clone, Debug)]
struct Entry {
    national: noots::ErrorCode,
    edm: edm::EdmErrorCode,
    listed: bool,
    titles: Titles,
}

/// All error codes.
#[derive(Clone, Debug)]
pub struct Errors(Vec<Entry>);

impl Errors {
    pub(super) fn read(file: File<'_>, problems: &mut Problems) -> Self {
        let mut known: Vec<Entry> = Vec::new();
        for Located { line, value } in entries::<Row>(file, problems) {
            value.titles.check(file.0, line, problems);
            let national = match value.national.parse::<noots::ErrorCode>() {
                Ok(noots::ErrorCode::Other(_)) | Err(_) => {
                    problems.add(
                        file.0,
                        line,
                        format!("{:?} is not a known code", value.national),
                    );
                    continue;
                }
                Ok(code) => code,
            };
            if known.iter().any(|other| other.national == national) {
                problems.add(
                    file.0,
                    line,
                    format!("national = \"{national}\" is there twice"),
                );
                continue;
            }
            known.push(Entry {
                national,
                edm: value.edm,
                listed: value.listed,
                titles: value.titles,
            });
        }
        // What stands in for every code that is not listed must itself be listed.
        if !known
            .iter()
            .any(|entry| entry.national == noots::ErrorCode::QUERY && entry.listed)
        {
            problems.add(file.0, 0, "EDM:ERR:0008 must be there and listed");
        }
        Self(known)
    }

    /// What a peer abroad is told for a register's code. [`noots::ErrorCode::NoEvidence`] and its
    /// neighbors are decided before this look-up, see [`crate::provide::react`].
    pub fn to_edm(&self, code: &noots::ErrorCode) -> edm::EdmErrorCode {
        let found = self.0.iter().find(|entry| entry.national == *code);
        found.map_or(edm::EdmErrorCode::Query, |entry| entry.edm)
    }

    /// The national code for a code from abroad: the same number.
    pub fn to_national(&self, code: edm::EdmErrorCode) -> noots::ErrorCode {
        let same = code.as_str().parse().unwrap_or(noots::ErrorCode::QUERY);
        self.writable(same)
    }

    /// The code, or `EDM:ERR:0008` when the national list in use does not have it.
    pub fn writable(&self, code: noots::ErrorCode) -> noots::ErrorCode {
        let listed = self
            .0
            .iter()
            .any(|entry| entry.national == code && entry.listed);
        if listed {
            code
        } else {
            noots::ErrorCode::QUERY
        }
    }

    /// What a code means, for people.
    pub fn titles(&self, code: &noots::ErrorCode) -> Option<&Titles> {
        self.0
            .iter()
            .find(|entry| entry.national == *code)
            .map(|entry| &entry.titles)
    }
}
