//! 0302 to `query:QueryResponse`.

use std::collections::BTreeSet;

use super::{AnswerFault, Failure, check};
use crate::convert::{
    Border, abroad_agent, abroad_language, abroad_media_type, abroad_named, abroad_texts,
};
use crate::platform::{Context, Draw, EvidencePart, Untranslatable};
use crate::{Personal, edm, noots};

/// The question an answer belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The foreign request that is answered; after a preview the second one.
    pub request: &'a edm::Request,
    /// What the register was asked.
    pub national: &'a noots::EvidenceRequest,
}

/// What of an answer the user gave away.
#[derive(Clone, Copy, Debug)]
pub enum Approval<'a> {
    /// No preview was due.
    NotNeeded,
    /// The user chose these documents, perhaps none.
    Only(&'a BTreeSet<noots::ObjectId>),
}

impl Approval<'_> {
    fn covers(self, id: noots::ObjectId) -> bool {
        match self {
            Self::NotNeeded => true,
            Self::Only(chosen) => chosen.contains(&id),
        }
    }
}

/// Translates a register's answer, after comparing it with the question. Documents stand beside
/// the message, in its order.
///
/// # Errors
/// [`Failure::AnswerInvalid`] when the answer does not fit the question or cannot be told abroad.
pub fn to_edm(
    response: &noots::EvidenceResponse,
    asked: &Asked<'_>,
    approval: Approval<'_>,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<(edm::Response, Vec<EvidencePart>), Failure> {
    check(response, asked.national).map_err(Failure::AnswerInvalid)?;
    let mut border = Border::new(context.tables);
    let mut parts = Vec::new();
    let availability = match &response.availability {
        noots::Availability::At(time) => edm::Availability::At(time.timestamp()),
        noots::Availability::Now(objects) => {
            let mut packages = Vec::new();
            let approved = objects
                .iter()
                .filter(|object| approval.covers(object.object.id));
            for provided in approved {
                let (package, part) = package(&provided.object, asked, &border, draw)?;
                packages.push(package);
                parts.push(part);
            }
            edm::Availability::Now(packages)
        }
    };
    let register = response
        .providers
        .with_class(noots::AgentClass::EvidenceProvider);
    let register = abroad_agent(register.unwrap_or(&asked.national.provider), &mut border)?;
    let message = answer(asked.request, register, availability, context, draw)?;
    Ok((message, parts))
}

/// Success with an empty list: the user gave nothing away, or the register knows the person and has
/// nothing.
///
/// # Errors
/// When the provider cannot be named abroad.
pub fn nothing_to_edm(
    asked: &Asked<'_>,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<edm::Response, Untranslatable> {
    let register = abroad_agent(&asked.national.provider, &mut Border::new(context.tables))?;
    answer(
        asked.request,
        register,
        edm::Availability::Now(Vec::new()),
        context,
        draw,
    )
}

fn answer(
    request: &edm::Request,
    register: edm::Agent,
    availability: edm::Availability,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<edm::Response, Untranslatable> {
    // The platform is no provider; it answers for the register and says where that is.
    let country = context.platform.abroad().address().cloned();
    let register = match register.address() {
        Some(_) => register,
        None => register.with_address(country),
    };
    let provider =
        edm::ResponseProvider::new(register).with_platform(context.platform.abroad().clone());
    let draft = edm::ResponseDraft {
        version: request.version(),
        request_id: request.id().clone(),
        id: edm::EvidenceResponseId::new(draw()),
        issued_at: context.now,
        provider,
        requester: request.requester().authority().clone(),
        availability,
    };
    Ok(edm::Response::new(draft)?)
}

fn package(
    object: &noots::RegistryObject,
    asked: &Asked<'_>,
    border: &Border<'_>,
    draw: Draw<'_>,
) -> Result<(edm::Package, EvidencePart), Failure> {
    let noots::RepositoryItem::Content(content) = &object.item else {
        return Err(Failure::AnswerInvalid(AnswerFault::NotFetched));
    };
    let distribution = distribution(&object.metadata.distribution, asked.request, border)?;
    let media_type = distribution.format().clone();
    let metadata = metadata(object, asked.request, distribution, draw())?;
    let content_id = content_id(draw())?;
    let id = edm::ObjectId::new(object.id.uuid());
    let evidence = edm::Evidence::new(id, content_id.clone(), &object.metadata.title, metadata)
        .classified(edm::ObjectId::new(draw()));
    let part = EvidencePart {
        content_id,
        media_type,
        content: Personal::new(content.expose().clone()),
    };
    Ok((
        edm::Package::new(edm::ObjectId::new(draw()), evidence),
        part,
    ))
}

/// [R-EDM-RESP-C042] the 1.0 rule admits letters and digits only on both sides of the `@`.
fn content_id(id: uuid::Uuid) -> Result<edm::ContentRef, Untranslatable> {
    format!("{}@noots", id.simple())
        .parse()
        .map_err(|_| Untranslatable::Field("Content-ID"))
}

/// The subject is the one of the request, never what the register wrote: minimum data only, and
/// without the German identification number. The classification is repeated as it was asked for.
fn metadata(
    object: &noots::RegistryObject,
    request: &edm::Request,
    distribution: edm::Distribution,
    id: uuid::Uuid,
) -> Result<edm::EvidenceMetadata, Untranslatable> {
    let metadata = &object.metadata;
    let authority = abroad_named(&metadata.authority.identifier, &metadata.authority.names)?;
    let conformity = &metadata.conforms_to;
    let mut titles = abroad_texts(&conformity.titles).into_iter();
    let first = titles.next().ok_or(Untranslatable::Field("Title"))?;
    let evidence_type = edm::EvidenceType::new(request.evidence().evidence_type().clone(), first);
    let evidence_type = titles
        .fold(evidence_type, edm::EvidenceType::with_title)
        .with_descriptions(abroad_texts(&conformity.descriptions));
    let validity = metadata
        .validity
        .map(|period| edm::ValidityPeriod::new(period.start, period.end));
    Ok(edm::EvidenceMetadata::new(
        edm::EvidenceId::new(id),
        request.subject().identity(),
        authority,
        evidence_type,
        (metadata.issued_on, distribution),
    )
    .with_validity(validity))
}

fn distribution(
    delivered: &noots::Distribution,
    request: &edm::Request,
    border: &Border<'_>,
) -> Result<edm::Distribution, Failure> {
    let form = &delivered.distributed_as;
    let format = form
        .preferred()
        .ok_or(Failure::AnswerInvalid(AnswerFault::OtherFormat))?;
    let format = abroad_media_type(format)?;
    let languages = delivered
        .languages
        .iter()
        .map(|code| abroad_language(*code))
        .collect();
    let model =
        |model: &Option<noots::DataModel>,
         asked: fn(&edm::RequestedDistribution) -> Option<&edm::DataModel>| {
            let wanted = request.evidence().distributions().iter().filter_map(asked);
            model
                .as_ref()
                .and_then(|model| model_abroad(model, wanted, border))
        };
    let conforms_to = model(&form.conforms_to, edm::RequestedDistribution::conforms_to);
    let transformation = model(
        &form.transformation,
        edm::RequestedDistribution::transformation,
    )
    .filter(|_| request.version() < edm::Version::V2_0);
    Ok(edm::Distribution::new(format)
        .with_languages(languages)
        .with_conforms_to(conforms_to)
        .with_transformation(transformation))
}

/// A data model the request named is repeated with the host and path the request used.
fn model_abroad<'r>(
    model: &noots::DataModel,
    mut wanted: impl Iterator<Item = &'r edm::DataModel>,
    border: &Border<'_>,
) -> Option<edm::DataModel> {
    let repository = border.tables.repository();
    let same =
        |asked: &&edm::DataModel| repository.data_model_to_national(asked).as_ref() == Some(model);
    wanted
        .find(same)
        .cloned()
        .or_else(|| repository.data_model_to_edm(model))
}
