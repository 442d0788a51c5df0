//! Answers from bytes to types: pure, no signature, no network. Unknown elements are passed over,
//! unusable entries are left out and listed; what has no readable frame is [`Unreadable`].

mod broker;
mod read;
mod refusal;
mod service;

use xml::{Document, Element, Limits};

use self::read::{QUERY, RIM, Reading};
use super::answer::{EvidenceTypes, Listing, Outcome, Requirement, Services};

/// Why an answer cannot be read at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not XML within the limits.
    #[error("not readable as XML")]
    Xml(#[source] std::sync::Arc<xml::Invalid>),
    /// The root is not `query:QueryResponse`.
    #[error("not a query response")]
    Root,
    /// Neither Success nor Failure.
    #[error("status is neither success nor failure")]
    Status,
    /// A failure without an exception.
    #[error("failure without an exception")]
    NoException,
    /// Evidence types must come for exactly one requirement.
    #[error("{0} requirements instead of one")]
    Requirements(usize),
}

/// The answer to a question for requirements.
pub fn requirements(bytes: &[u8]) -> Result<Outcome<Vec<Requirement>>, Unreadable> {
    let document = parse(bytes)?;
    let Success(root) = status(&document)? else {
        return Ok(Outcome::Refused(refusal::read(document.root())?));
    };
    let mut reading = Reading::default();
    let content = slots(root, "Requirement")
        .filter_map(|element| broker::requirement(element, &mut reading))
        .collect();
    Ok(Outcome::Found(reading.listing(content)))
}

/// The answer to a question for evidence types.
pub fn evidence_types(bytes: &[u8]) -> Result<Outcome<EvidenceTypes>, Unreadable> {
    let document = parse(bytes)?;
    let Success(root) = status(&document)? else {
        return Ok(Outcome::Refused(refusal::read(document.root())?));
    };
    let mut reading = Reading::default();
    let mut found: Vec<EvidenceTypes> = slots(root, "Requirement")
        .filter_map(|element| broker::evidence_types(element, &mut reading))
        .collect();
    match (found.pop(), found.len()) {
        (Some(content), 0) => Ok(Outcome::Found(reading.listing(content))),
        (None, _) => Err(Unreadable::Requirements(0)),
        (Some(_), others) => Err(Unreadable::Requirements(others + 1)),
    }
}

/// The answer to a question for data services.
pub fn data_services(bytes: &[u8]) -> Result<Services, Unreadable> {
    let document = parse(bytes)?;
    let Success(root) = status(&document)? else {
        let root = document.root();
        return Ok(match refusal::question(root) {
            Some(question) => Services::MoreInput(Box::new(question)),
            None => Services::Refused(refusal::read(root)?),
        });
    };
    let mut reading = Reading::default();
    let content = slots(root, "DataServiceEvidenceType")
        .filter_map(|element| service::offered(element, &mut reading))
        .collect();
    Ok(Services::Found(reading.listing(content)))
}

fn parse(bytes: &[u8]) -> Result<Document, Unreadable> {
    Document::parse(bytes, &Limits::REGREP).map_err(|error| Unreadable::Xml(error.into()))
}

enum Status<'d> {
    Success(Element<'d>),
    Failure,
}

use Status::Success;

// The HTTP status says nothing: failures come with 200, too. [oots-edm 8.1]
fn status(document: &Document) -> Result<Status<'_>, Unreadable> {
    let root = document.root();
    if !root.is(QUERY, "QueryResponse") {
        return Err(Unreadable::Root);
    }
    match root.attribute("", "status").map(str::trim) {
        Some("urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success") => Ok(Success(root)),
        Some("urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure") => Ok(Status::Failure),
        _ => Err(Unreadable::Status),
    }
}

/// The SDG elements in the slots of this name, one of each registry object.
fn slots<'d>(root: Element<'d>, name: &'static str) -> impl Iterator<Item = Element<'d>> {
    root.children_named(RIM, "RegistryObjectList")
        .flat_map(|list| list.children_named(RIM, "RegistryObject"))
        .filter_map(move |object| read::slot(object, name))
        .filter_map(|value| value.children().next())
}

impl Reading {
    fn listing<T>(self, content: T) -> Listing<T> {
        Listing {
            content,
            oddities: self.into_oddities(),
        }
    }
}

#[cfg(test)]
mod tests;
