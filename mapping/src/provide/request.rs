//! `query:QueryRequest` to 0301.

use super::Failure;
use crate::code_table::providers::Provider;
use crate::code_table::{CodeTables, EvidenceType, Place};
use crate::convert::{
    Border, national_agent, national_language, national_legal, national_media_type, national_names,
    national_natural, national_subject, national_texts,
};
use crate::platform::{Context, Translated, Untranslatable, Warning};
use crate::{edm, noots};

/// Whom to ask, and where.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The register that was found.
    pub provider: &'a Provider,
    /// The place the user or the request named.
    pub place: Option<&'a Place>,
    /// `nachrichtenUUID` of the 0301.
    pub id: noots::MessageId,
}

/// Whether a register may be asked at all for this request; nothing is fetched before that.
///
/// # Errors
/// What the peer is to be told.
pub fn admit<'t>(
    request: &edm::Request,
    tables: &'t CodeTables,
) -> Result<&'t EvidenceType, Failure> {
    if !request.explicit_request_given() {
        return Err(Failure::ExplicitRequestMissing);
    }
    let wanted = request.evidence().evidence_type();
    let Some(known) = tables.evidence_types().find(wanted) else {
        return Err(Failure::EvidenceTypeUnknown);
    };
    if loa(request) < known.minimum_loa() {
        return Err(Failure::LoaTooLow);
    }
    Ok(known)
}

/// The lowest level of assurance of all persons identified for the request.
fn loa(request: &edm::Request) -> edm::Loa {
    let natural = request.representative().map(edm::NaturalPerson::loa);
    let legal = request.legal_representative().map(edm::LegalPerson::loa);
    let subject = request.subject().loa();
    [natural, legal]
        .into_iter()
        .flatten()
        .fold(subject, edm::Loa::min)
}

/// Whether the user must see the evidence first. A preview that is due stays due when the portal
/// says it cannot show one; only the system check never has one.
pub fn is_preview_due(
    request: &edm::Request,
    evidence: &EvidenceType,
    tables: &CodeTables,
) -> bool {
    let procedure = tables.procedures().find(request.procedure().as_str());
    let automatic = procedure.is_some_and(|procedure| procedure.is_automatic());
    !automatic && (evidence.needs_preview() || request.possibility_for_preview())
}

/// Translates a request into the message for the register.
///
/// # Errors
/// What of the request has no form in XNachweis.
pub fn to_national(
    request: &edm::Request,
    asking: &Asking<'_>,
    context: &Context<'_>,
) -> Result<Translated<noots::EvidenceRequest>, Untranslatable> {
    let Context {
        tables,
        platform,
        now,
    } = *context;
    let known = tables
        .evidence_types()
        .find(request.evidence().evidence_type());
    let known = known.ok_or(Untranslatable::EvidenceType)?;
    let mut border = Border::new(tables);
    let requesters = requesters(request, platform.national(), &mut border)?;
    let subject = national_subject(request.subject(), &mut border)?;
    let representative = representative(request, &mut border)?;
    let evidence_type = evidence_type(request.evidence(), known, &mut border)?;
    let place = Place::among(request.classifications());
    let jurisdiction = asking.provider.ars_for(asking.place.or(place.as_ref()));
    let languages = request.languages();
    let language = languages
        .first()
        .copied()
        .map_or(noots::LanguageCode::ENGLISH, national_language);
    let message = noots::EvidenceRequest {
        header: platform.header(asking.id, now, asking.provider.reader().clone()),
        issued_at: now.into(),
        legal_basis: Some(known.legal_basis().to_owned()),
        // 0301 has no element for the procedure.
        purpose: Some(format!("SDG-Verfahren {}", request.procedure())),
        language,
        token: None,
        requesters,
        provider: asking.provider.agent().clone(),
        representative,
        subject,
        evidence_type,
        jurisdiction,
    };
    Ok(border.finish(message))
}

/// The foreign body and us. A platform of the foreign body has no place beside ours.
fn requesters(
    request: &edm::Request,
    platform: &noots::Agent,
    border: &mut Border<'_>,
) -> Result<noots::Agents, Untranslatable> {
    let requester = request.requester();
    if requester.platform().is_some() {
        border.warn(Warning::ForeignPlatformDropped);
    }
    let class = noots::AgentClass::EvidenceRequester;
    let authority = national_agent(requester.authority(), class, requester.country(), border)?;
    if authority.country().is_none() {
        return Err(Untranslatable::Requester);
    }
    let mut agents = noots::OneOrMore::one(authority);
    agents.push(platform.clone());
    noots::Agents::new(agents).map_err(Untranslatable::National)
}

fn representative(
    request: &edm::Request,
    border: &mut Border<'_>,
) -> Result<Option<noots::Representative>, Untranslatable> {
    if let Some(person) = request.representative() {
        let person = national_natural(person, border);
        return Ok(Some(noots::Representative::Natural(Box::new(person))));
    }
    let legal = request
        .legal_representative()
        .map(|person| national_legal(person, border));
    Ok(legal
        .transpose()?
        .map(|person| noots::Representative::Legal(Box::new(person))))
}

fn evidence_type(
    wanted: &edm::RequestedEvidence,
    known: &EvidenceType,
    border: &mut Border<'_>,
) -> Result<noots::RequestedEvidenceType, Untranslatable> {
    Ok(noots::RequestedEvidenceType {
        classification: known.classification().clone(),
        titles: national_names(wanted.titles(), "Title")?,
        descriptions: national_texts(wanted.descriptions()),
        id: noots::DataServiceId::new(wanted.id().uuid()),
        distribution: distribution(wanted.distributions(), known, border)?,
    })
}

/// One format gets priority 1; several (2.0) keep their order. Before 2.0 none may be named, then
/// the formats of the evidence type are offered. There is room for one data model.
fn distribution(
    wanted: &[edm::RequestedDistribution],
    known: &EvidenceType,
    border: &mut Border<'_>,
) -> Result<noots::DistributedAs, Untranslatable> {
    let mut formats: Vec<&edm::MediaType> = Vec::new();
    let named = wanted.iter().map(|distribution| distribution.format());
    for format in named {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    if formats.is_empty() {
        formats = known.formats().iter().collect();
    }
    let mut prioritized = Vec::new();
    for (format, priority) in formats.iter().zip(1..) {
        let format = national_media_type(format)?;
        prioritized.push(noots::PrioritizedFormat {
            format,
            priority: Some(priority),
        });
    }
    let formats = noots::OneOrMore::new(prioritized).ok_or(Untranslatable::Field("Format"))?;
    let distributed = noots::DistributedAs::new(formats).map_err(Untranslatable::National)?;
    let (conforms_to, transformation) = data_model(wanted, border)?;
    Ok(distributed.with_model(conforms_to, transformation))
}

type Model = (Option<noots::DataModel>, Option<noots::DataModel>);

fn data_model(
    wanted: &[edm::RequestedDistribution],
    border: &mut Border<'_>,
) -> Result<Model, Untranslatable> {
    let mut with_model = wanted
        .iter()
        .filter(|distribution| distribution.conforms_to().is_some());
    let Some(first) = with_model.next() else {
        return Ok((None, None));
    };
    if with_model.any(|other| other.conforms_to() != first.conforms_to()) {
        border.warn(Warning::DataModelDropped);
    }
    let repository = border.tables.repository();
    let national = |model: Option<&edm::DataModel>| match model {
        None => Ok(None),
        Some(model) => match repository.data_model_to_national(model) {
            Some(model) => Ok(Some(model)),
            None => Err(Untranslatable::Field("ConformsTo")),
        },
    };
    Ok((
        national(first.conforms_to())?,
        national(first.transformation())?,
    ))
}
