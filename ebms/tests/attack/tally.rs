//! One attack, and what is counted of many.

use super::{
    bench::Bench,
    careless::{Formal, View},
    forge::{self, Secrets},
    message::Message,
    world::{Identity, NOW, time},
};
use ebms::{EbmsCode, PModes, ReceivedMessage, Refusal, Verified};
use jiff::Timestamp;
use std::collections::BTreeSet;

pub(crate) const AUTHENTICATION: EbmsCode = EbmsCode::FailedAuthentication;
pub(crate) const POLICY: EbmsCode = EbmsCode::PolicyNoncompliance;
pub(crate) const HEADER: EbmsCode = EbmsCode::InvalidHeader;
pub(crate) const MIME: EbmsCode = EbmsCode::MimeInconsistency;
pub(crate) const DECRYPTION: EbmsCode = EbmsCode::FailedDecryption;
pub(crate) const VALUE: EbmsCode = EbmsCode::ValueInconsistent;

/// What must become of a variant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Expected {
    Refused(EbmsCode),
    /// Nothing that is read has changed: accepted, and read as it was sent.
    Unchanged,
    /// Accepted with equal payloads; the header says something else that is allowed.
    Delivered,
}

/// One variant of a message.
#[derive(Clone)]
pub(crate) struct Case {
    bench: &'static Bench,
    name: String,
    number: Option<u8>,
    content_type: String,
    octets: Vec<u8>,
    soap: Vec<u8>,
    message: Message,
    secrets: Secrets,
    known: Vec<&'static Identity>,
    formal: Formal,
    expected: Expected,
    pmodes: Option<PModes>,
    now: Timestamp,
}

impl Bench {
    /// A variant as it stands.
    pub(crate) fn case(&'static self, name: impl Into<String>, message: &Message) -> Case {
        self.soap_case(name, message, message.soap())
    }

    /// A variant with a SOAP part of its own.
    pub(crate) fn soap_case(
        &'static self,
        name: impl Into<String>,
        message: &Message,
        soap: impl Into<Vec<u8>>,
    ) -> Case {
        let soap = soap.into();
        Case {
            bench: self,
            name: name.into(),
            number: None,
            content_type: message.content_type(),
            octets: message.octets(&soap),
            soap,
            message: message.clone(),
            secrets: self.secrets.clone(),
            known: vec![&self.keys.fr, &self.keys.at, &self.keys.rogue],
            formal: Formal::Intact,
            expected: Expected::Refused(AUTHENTICATION),
            pmodes: None,
            now: time(NOW),
        }
    }

    /// A variant signed anew by FR: nothing but the structure is wrong.
    pub(crate) fn signed(&'static self, name: impl Into<String>, message: &Message) -> Case {
        self.signed_by(name, message, &self.keys.fr)
    }

    /// A variant signed anew by somebody.
    pub(crate) fn signed_by(
        &'static self,
        name: impl Into<String>,
        message: &Message,
        signer: &Identity,
    ) -> Case {
        let soap = forge::resign(&message.soap(), &message.parts, &self.secrets, signer);
        self.soap_case(name, message, soap)
    }
}

impl Case {
    /// The number in the list of wrapping variants.
    pub(crate) fn number(mut self, number: u8) -> Self {
        self.number = Some(number);
        self
    }

    pub(crate) fn broken(self) -> Self {
        self.formal(Formal::Broken)
    }

    pub(crate) fn formal(mut self, formal: Formal) -> Self {
        self.formal = formal;
        self
    }

    pub(crate) fn refused(mut self, code: EbmsCode) -> Self {
        self.expected = Expected::Refused(code);
        self
    }

    pub(crate) fn unchanged(mut self) -> Self {
        self.expected = Expected::Unchanged;
        self
    }

    pub(crate) fn delivered(mut self) -> Self {
        self.expected = Expected::Delivered;
        self
    }

    pub(crate) fn with_secrets(mut self, secrets: &Secrets) -> Self {
        self.secrets = secrets.clone();
        self
    }

    pub(crate) fn under(mut self, pmodes: PModes) -> Self {
        self.pmodes = Some(pmodes);
        self
    }

    pub(crate) fn at(mut self, now: &str) -> Self {
        self.now = time(now);
        self
    }

    pub(crate) fn with_octets(mut self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        let before = self.octets.clone();
        self.octets = change(self.octets);
        assert_ne!(self.octets, before, "{}", self.name);
        self
    }

    pub(crate) fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    pub(crate) fn receive(&self) -> Result<Verified<ReceivedMessage>, Refusal> {
        let pmodes = self.pmodes.as_ref().unwrap_or(&self.bench.pmodes);
        let entity = (self.content_type.as_str(), self.octets.as_slice());
        self.bench.receive(entity, pmodes, self.now)
    }

    pub(crate) fn judge(&self) -> Formal {
        let Ok(soap) = std::str::from_utf8(&self.soap) else {
            return Formal::Unknown;
        };
        let view = View {
            soap,
            parts: &self.message.parts,
            secrets: &self.secrets,
            known: &self.known,
        };
        view.judge()
    }
}

/// Many variants of one kind, tried.
pub(crate) struct Group {
    pub(crate) id: &'static str,
    pub(crate) what: &'static str,
    pub(crate) numbers: BTreeSet<u8>,
    pub(crate) tried: usize,
    pub(crate) intact: usize,
    pub(crate) refused: usize,
    pub(crate) unchanged: usize,
    pub(crate) accepted: usize,
    wrong: Vec<String>,
}

impl Group {
    pub(crate) fn new(id: &'static str, what: &'static str) -> Self {
        Self {
            id,
            what,
            numbers: BTreeSet::new(),
            tried: 0,
            intact: 0,
            refused: 0,
            unchanged: 0,
            accepted: 0,
            wrong: Vec::new(),
        }
    }

    pub(crate) fn of(
        id: &'static str,
        what: &'static str,
        cases: impl IntoIterator<Item = Case>,
    ) -> Self {
        let mut group = Self::new(id, what);
        for case in cases {
            group.run(&case);
        }
        group
    }

    fn run(&mut self, case: &Case) {
        self.numbers.extend(case.number);
        let formal = case.judge();
        self.intact += usize::from(formal == Formal::Intact);
        if formal != case.formal {
            self.blame(case, &format!("formally {formal:?}, not {:?}", case.formal));
        }
        let good = || case.bench.opened();
        let outcome = case.receive();
        self.tried += 1;
        match (outcome, case.expected) {
            (Err(refusal), Expected::Refused(code)) if refusal.code() == code => self.refused += 1,
            (Err(refusal), expected) => {
                self.blame(case, &format!("{refusal}, not {expected:?}"));
            }
            (Ok(_), Expected::Refused(_)) => {
                self.accepted += 1;
                self.blame(case, "ACCEPTED");
            }
            (Ok(message), Expected::Unchanged) => {
                let good = good();
                let same = message.header() == good.header();
                if same && message.payloads() == good.payloads() {
                    self.unchanged += 1;
                } else {
                    self.accepted += 1;
                    self.blame(case, "ACCEPTED, and read otherwise");
                }
            }
            (Ok(message), Expected::Delivered) => {
                if message.payloads() == good().payloads() {
                    self.unchanged += 1;
                } else {
                    self.accepted += 1;
                    self.blame(case, "ACCEPTED with other payloads");
                }
            }
        }
    }

    /// Counts an attack that is not a message: with a valid signature or not, and refused or
    /// accepted.
    pub(crate) fn count(&mut self, name: &str, intact: bool, refused: bool) {
        self.tried += 1;
        self.intact += usize::from(intact);
        if refused {
            self.refused += 1;
        } else {
            self.accepted += 1;
            self.wrong.push(format!("{} {name}: ACCEPTED", self.id));
        }
    }

    fn blame(&mut self, case: &Case, problem: &str) {
        let number = case
            .number
            .map_or_else(String::new, |it| format!("({it}) "));
        let (id, bench, name) = (self.id, case.bench.name, &case.name);
        self.wrong
            .push(format!("{id} {number}[{bench}] {name}: {problem}"));
    }

    #[track_caller]
    pub(crate) fn check(&self, at_least: usize) {
        assert!(self.wrong.is_empty(), "\n{}", self.wrong.join("\n"));
        assert!(self.tried >= at_least, "only {} tried", self.tried);
    }
}
