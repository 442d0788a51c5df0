//! Whether a register's answer is an answer to what was asked. Whatever it is not, the user abroad
//! does not get it.

use crate::noots::{
    AgentClass, Availability, DistributedAs, EvidenceRequest, EvidenceResponse, NaturalPerson,
    ProvidedObject, RepositoryItem, Subject,
};

/// What is wrong with a register's answer. Told to the operator, never to the peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AnswerFault {
    /// It breaks a rule of XNachweis.
    #[error("it is not a valid message: {0}")]
    Invalid(crate::noots::Rule),
    /// It answers another request.
    #[error("it answers another request")]
    OtherRequest,
    /// It comes from another provider.
    #[error("it comes from another provider")]
    OtherProvider,
    /// A document is of another evidence type.
    #[error("a document is of another evidence type")]
    OtherType,
    /// A document is in a format nobody asked for.
    #[error("a document is in another format")]
    OtherFormat,
    /// A document follows another data model, or a structured one follows none.
    #[error("a document follows another data model")]
    OtherModel,
    /// A document is about somebody else.
    #[error("a document is about somebody else")]
    OtherPerson,
    /// A document has no content.
    #[error("a document is empty")]
    Empty,
    /// A document was not sent, only a link to it.
    #[error("a document was not fetched")]
    NotFetched,
    /// Two documents have one identifier.
    #[error("two documents have one identifier")]
    SameIdentifier,
    /// The provider's seal does not hold.
    #[error("the seal of a document does not hold")]
    Seal,
}

/// Compares an answer with its question.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(response: &EvidenceResponse, asked: &EvidenceRequest) -> Result<(), AnswerFault> {
    if response.request_id != asked.header.id {
        return Err(AnswerFault::OtherRequest);
    }
    let provider = response.providers.with_class(AgentClass::EvidenceProvider);
    if provider.is_none_or(|agent| agent.identifier != asked.provider.identifier) {
        return Err(AnswerFault::OtherProvider);
    }
    let Availability::Now(objects) = &response.availability else {
        return Ok(());
    };
    for (place, object) in objects.iter().enumerate() {
        check_object(object, asked)?;
        if objects
            .iter()
            .take(place)
            .any(|other| other.object.id == object.object.id)
        {
            return Err(AnswerFault::SameIdentifier);
        }
    }
    Ok(())
}

fn check_object(provided: &ProvidedObject, asked: &EvidenceRequest) -> Result<(), AnswerFault> {
    let object = &provided.object;
    let wanted = &asked.evidence_type;
    if object.metadata.conforms_to.classification != wanted.classification {
        return Err(AnswerFault::OtherType);
    }
    check_form(
        &object.metadata.distribution.distributed_as,
        &wanted.distribution,
    )?;
    match &object.item {
        RepositoryItem::Reference(_) => return Err(AnswerFault::NotFetched),
        RepositoryItem::Content(content) if content.expose().is_empty() => {
            return Err(AnswerFault::Empty);
        }
        RepositoryItem::Content(_) => {}
    }
    if is_same(&object.subject, &asked.subject) {
        Ok(())
    } else {
        Err(AnswerFault::OtherPerson)
    }
}

/// A document has exactly one format.
fn check_form(delivered: &DistributedAs, wanted: &DistributedAs) -> Result<(), AnswerFault> {
    let [delivered_format] = delivered.formats().as_slice() else {
        return Err(AnswerFault::OtherFormat);
    };
    let asked = |format: &crate::noots::PrioritizedFormat| format.format == delivered_format.format;
    if !wanted.formats().iter().any(asked) {
        return Err(AnswerFault::OtherFormat);
    }
    let structured = delivered_format.format.is_structured();
    let other = wanted.conforms_to.is_some() && wanted.conforms_to != delivered.conforms_to;
    if structured && (delivered.conforms_to.is_none() || other) {
        return Err(AnswerFault::OtherModel);
    }
    Ok(())
}

/// Whether both are the same person. Registers spell names in their own way and know names the
/// user no longer has, so one of family, birth and given name has to agree, not all; the date of
/// birth and, where both sides have them, the identifiers must.
fn is_same(delivered: &Subject, asked: &Subject) -> bool {
    match (delivered, asked) {
        (Subject::Natural(delivered), Subject::Natural(asked)) => {
            let ids = (&delivered.identifier, &asked.identifier);
            let other_id = matches!(ids, (Some(one), Some(other)) if one != other);
            let numbers = (&delivered.id_nr, &asked.id_nr);
            let other_number = matches!(numbers, (Some(one), Some(other)) if one != other);
            !other_id
                && !other_number
                && delivered.date_of_birth == asked.date_of_birth
                && shares_a_name(delivered, asked)
        }
        (Subject::Legal(delivered), Subject::Legal(asked)) => {
            delivered.identifier == asked.identifier
        }
        _ => false,
    }
}

fn shares_a_name(one: &NaturalPerson, other: &NaturalPerson) -> bool {
    let family = |person: &NaturalPerson| {
        let names = std::iter::once(&person.family_name).chain(&person.birth_name);
        names.map(|name| fold(&name.value)).collect::<Vec<_>>()
    };
    let given = |person: &NaturalPerson| {
        let first = person
            .given_name
            .value
            .split_whitespace()
            .next()
            .unwrap_or_default();
        fold(first)
    };
    let known = family(other);
    family(one).iter().any(|name| known.contains(name)) || given(one) == given(other)
}

/// Letters only, without case and without the difference between the German ways to write umlauts.
fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphabetic())
    {
        match c {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            other => folded.push(other),
        }
    }
    folded
}
