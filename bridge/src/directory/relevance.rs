//! Whether an answer answers the question. The signature does not say so: a correctly signed
//! answer to another question must not get through. What is not about the question is dropped;
//! when that is everything there was, the answer is refused. Pure. [AT-48]

use mapping::edm::CountryCode;

use super::{
    answer::{
        DataService, EvidenceTypeList, EvidenceTypes, Jurisdiction, Outcome, Requirement, Services,
    },
    query::{DataServicesQuery, EvidenceTypesQuery, RequirementsQuery},
};

/// What the answer is about instead of the question.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Irrelevant {
    /// Requirements of other procedures or countries.
    #[error("answer is about another procedure or country")]
    Procedure,
    /// Another requirement.
    #[error("answer is about another requirement")]
    Requirement,
    /// Another evidence type.
    #[error("answer is about another evidence type")]
    EvidenceType,
    /// Another country.
    #[error("answer is about another country")]
    Country,
}

pub(super) fn requirements(
    query: &RequirementsQuery,
    answer: Outcome<Vec<Requirement>>,
) -> Result<Outcome<Vec<Requirement>>, Irrelevant> {
    let Outcome::Found(mut listing) = answer else {
        return Ok(answer);
    };
    let about = |requirement: &Requirement| {
        let wanted = |place: &Jurisdiction| Some(place.country()) == query.country;
        let of_country = query.country.is_none();
        let of_procedure = query.procedure.is_none();
        (of_country && of_procedure)
            || requirement.frameworks().iter().any(|framework| {
                (of_procedure || framework.procedure() == query.procedure.as_ref())
                    && (of_country || framework.jurisdictions().iter().any(wanted))
            })
    };
    keep(&mut listing.content, about, Irrelevant::Procedure)?;
    Ok(Outcome::Found(listing))
}

pub(super) fn evidence_types(
    query: &EvidenceTypesQuery,
    answer: Outcome<EvidenceTypes>,
) -> Result<Outcome<EvidenceTypes>, Irrelevant> {
    let Outcome::Found(mut listing) = answer else {
        return Ok(answer);
    };
    if *listing.content.requirement().id() != query.requirement {
        return Err(Irrelevant::Requirement);
    }
    let about = |list: &EvidenceTypeList| is_of(list, query.country);
    keep(
        &mut listing.content.alternatives,
        about,
        Irrelevant::Country,
    )?;
    Ok(Outcome::Found(listing))
}

/// 2.0 says it at the list, earlier lines at the type, and the URL of a type names its owner.
fn is_of(list: &EvidenceTypeList, country: CountryCode) -> bool {
    let within = |places: &[Jurisdiction]| places.iter().any(|place| place.country() == country);
    if !list.jurisdictions().is_empty() {
        return within(list.jurisdictions());
    }
    list.types().iter().all(|kind| {
        if kind.jurisdictions().is_empty() {
            [country.as_str(), "EU", "oots"].contains(&kind.id().owner())
        } else {
            within(kind.jurisdictions())
        }
    })
}

pub(super) fn data_services(
    query: &DataServicesQuery,
    answer: Services,
) -> Result<Services, Irrelevant> {
    match answer {
        Services::Found(mut listing) => {
            let about = |service: &DataService| *service.evidence_type() == query.evidence_type;
            keep(&mut listing.content, about, Irrelevant::EvidenceType)?;
            for service in &mut listing.content {
                service
                    .access_services
                    .retain(|access| access.publisher().is_of(query.country));
            }
            let offered = |service: &DataService| !service.access_services().is_empty();
            keep(&mut listing.content, offered, Irrelevant::Country)?;
            Ok(Services::Found(listing))
        }
        Services::MoreInput(question)
            if *question.service().evidence_type() != query.evidence_type =>
        {
            Err(Irrelevant::EvidenceType)
        }
        Services::MoreInput(_) | Services::Refused(_) => Ok(answer),
    }
}

fn keep<T>(
    entries: &mut Vec<T>,
    about: impl Fn(&T) -> bool,
    irrelevant: Irrelevant,
) -> Result<(), Irrelevant> {
    let before = entries.len();
    entries.retain(about);
    if entries.is_empty() && before > 0 {
        return Err(irrelevant);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
