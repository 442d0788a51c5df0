//! Persons from and to XML.

mod read;
mod rules;
mod write;

pub(in crate::edm) use read::{read_evidence_subject, read_legal, read_natural};
pub(in crate::edm) use rules::{
    EVIDENCE_LEGAL, EVIDENCE_NATURAL, LEGAL_REPRESENTATIVE, LEGAL_SUBJECT, NATURAL_REPRESENTATIVE,
    NATURAL_SUBJECT,
};
pub(in crate::edm) use write::{write_evidence_subject, write_legal, write_natural};
