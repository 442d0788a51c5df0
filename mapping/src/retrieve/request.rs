//! 0401 and the user's choices to `query:QueryRequest`.

use crate::convert::{
    Border, abroad_agent, abroad_language, abroad_legal, abroad_natural, abroad_subject,
};
use crate::platform::{Context, Draw, Translated, Untranslatable};
use crate::{edm, noots};

/// What the user chose in the dialogue, with the answers of the EU's Common Services.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Release line the provider's access point speaks.
    pub version: edm::Version,
    /// What is to be proven, from the Evidence Broker.
    pub requirements: Vec<edm::Requirement>,
    /// The evidence type with the chosen distribution, from the Data Service Directory.
    pub evidence: edm::RequestedEvidence,
    /// The publisher in the Data Service Directory.
    pub provider: edm::Agent,
    /// Answers to the directory's questions.
    pub classifications: Vec<edm::ProviderClassification>,
    /// Whether the user confirmed in the dialogue that this evidence shall be fetched.
    pub confirmed: bool,
}

/// Translates an order into the request for one evidence type of one provider.
///
/// # Errors
/// What of the order has no form in the EDM.
pub fn to_edm(
    order: &noots::EvidenceOrder,
    selection: Selection,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<Translated<edm::Request>, Untranslatable> {
    let mut border = Border::new(context.tables);
    let procedure = context.tables.procedures().find(order.procedure.as_str());
    let procedure = procedure.ok_or(Untranslatable::Procedure)?.code().as_str();
    let (representative, legal_representative) = representatives(order, &mut border)?;
    let language = abroad_language(order.language);
    let draft = edm::RequestDraft {
        version: selection.version,
        id: edm::RequestId::new(draw()),
        lang: (selection.version < edm::Version::V2_0).then_some(language),
        issued_at: context.now,
        procedure: procedure.parse().map_err(|_| Untranslatable::Procedure)?,
        second_round: None,
        possibility_for_preview: true,
        explicit_request_given: selection.confirmed,
        requirements: selection.requirements,
        requester: requester(order, context, &mut border)?,
        provider: selection.provider.without_address(),
        classifications: selection.classifications,
        subject: abroad_subject(&order.subject, &mut border)?,
        representative,
        legal_representative,
        evidence: in_language(selection.evidence, language, selection.version),
    };
    Ok(border.finish(edm::Request::new(draft)?))
}

/// The Data Consumer as `ER` and us as `IP`: the platform always names both.
fn requester(
    order: &noots::EvidenceOrder,
    context: &Context<'_>,
    border: &mut Border<'_>,
) -> Result<edm::Requester, Untranslatable> {
    let class = noots::AgentClass::EvidenceRequester;
    let consumer = order
        .requesters
        .with_class(class)
        .ok_or(Untranslatable::Requester)?;
    let consumer = abroad_agent(consumer, border)?;
    if consumer.address().is_none() {
        return Err(Untranslatable::Requester);
    }
    Ok(edm::Requester::new(consumer).with_platform(context.platform.abroad().clone()))
}

type Representatives = (
    Option<Box<edm::NaturalPerson>>,
    Option<Box<edm::LegalPerson>>,
);

fn representatives(
    order: &noots::EvidenceOrder,
    border: &mut Border<'_>,
) -> Result<Representatives, Untranslatable> {
    Ok(match &order.representative {
        None => (None, None),
        Some(noots::Representative::Natural(person)) => {
            (Some(Box::new(abroad_natural(person, border)?)), None)
        }
        Some(noots::Representative::Legal(person)) => {
            (None, Some(Box::new(abroad_legal(person, border)?)))
        }
    })
}

/// In 2.0 the wanted language belongs to the distribution. A language the provider does not have
/// must not lead to an error, so naming it is safe.
fn in_language(
    evidence: edm::RequestedEvidence,
    language: edm::LanguageCode,
    version: edm::Version,
) -> edm::RequestedEvidence {
    if version < edm::Version::V2_0 {
        return evidence;
    }
    let wanted = evidence.distributions().iter().map(|distribution| {
        if distribution.languages().is_empty() {
            distribution.clone().with_languages(vec![language])
        } else {
            distribution.clone()
        }
    });
    let wanted = wanted.collect();
    evidence.with_distributions(wanted)
}
