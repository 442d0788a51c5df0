//! Exceptions: business failures, and the question to the user among them.

use xml::Element;

use super::{
    Unreadable,
    read::{RS, Reading, SDG, XSI, slot},
    service,
};
use crate::directory::answer::{ErrorCode, Exception, Question, Refusal};

pub(super) fn read(root: Element<'_>) -> Result<Refusal, Unreadable> {
    let mut exceptions = root.children_named(RS, "Exception").map(exception);
    Ok(Refusal {
        first: exceptions.next().ok_or(Unreadable::NoException)?,
        others: exceptions.collect(),
    })
}

fn exception(element: Element<'_>) -> Exception {
    let attribute = |name| element.attribute("", name).unwrap_or_default().trim();
    let kind = element.attribute(XSI, "type").unwrap_or_default().trim();
    Exception {
        code: ErrorCode::parse(attribute("code")),
        kind: kind.rsplit(':').next().unwrap_or_default().to_owned(),
        message: attribute("message").to_owned(),
        severity: attribute("severity").to_owned(),
        detail: Some(attribute("detail").to_owned()).filter(|detail| !detail.is_empty()),
    }
}

/// `DSD:ERR:0005` with something to ask. Without, it is a refusal like any other.
pub(super) fn question(root: Element<'_>) -> Option<Question> {
    let element = root.children_named(RS, "Exception").find(|element| {
        let code = element.attribute("", "code").unwrap_or_default();
        ErrorCode::parse(code.trim()) == ErrorCode::DirectoryMoreInput
    })?;
    // A question of which a part cannot be read cannot be answered, so parts are not left out.
    let mut reading = Reading::default();
    let subject = slot(element, "DataServiceEvidenceType")?
        .children()
        .next()?;
    let determination = slot(element, "JurisdictionDetermination")
        .and_then(|value| value.child(SDG, "EvidenceProviderJurisdictionDetermination"))
        .and_then(|asked| service::determination(asked, &mut reading));
    let concepts: Vec<_> = slot(element, "UserRequestedClassificationConcepts")
        .into_iter()
        .flat_map(Element::descendants)
        .filter(|inner| inner.is(SDG, "EvidenceProviderClassification"))
        .filter_map(|asked| service::concept(asked, &mut reading))
        .collect();
    if !reading.into_oddities().is_empty() || (determination.is_none() && concepts.is_empty()) {
        return None;
    }
    Some(Question {
        service: service::data_service(subject, &mut Reading::default())?,
        determination,
        concepts,
        message: exception(element).message,
    })
}
