//! `query:QueryResponse`, one or more, to 0412; or 0413 when there is nothing to hand over.

use super::{Failure, NationalError, error_to_national};
use crate::convert::{
    Border, national_agent, national_identifier, national_language, national_media_type,
    national_names, national_texts,
};
use crate::platform::{Context, Draw, EvidencePart, Untranslatable};
use crate::{Personal, edm, noots};

/// What came of one request abroad.
#[derive(Clone, Debug)]
pub enum Outcome<'o> {
    /// The foreign provider answered.
    Answered {
        /// The answer.
        response: &'o edm::Response,
        /// The contents that came with it.
        parts: &'o [EvidencePart],
        /// The country that was asked.
        country: edm::CountryCode,
    },
    /// Nothing came that can be handed over.
    Failed(Failure),
}

/// What is collected: the call and the order it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Collecting<'c> {
    /// The 0411.
    pub call: &'c noots::GetEvidence,
    /// The 0401.
    pub order: &'c noots::EvidenceOrder,
}

/// The answer to a collection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Collected {
    /// 0412 or 0413.
    pub message: noots::Message,
    /// HTTP status.
    pub status: u16,
    /// What 0412 has no place for: requests that failed beside others that succeeded. For the state
    /// of the conversation and the audit log.
    pub failures: Vec<Failure>,
}

/// Puts the answers of all requests together.
///
/// # Errors
/// When the platform's own error message cannot be made, which needs at least one failure with a
/// national code.
pub fn to_national(
    outcomes: &[Outcome<'_>],
    collecting: &Collecting<'_>,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<Collected, Untranslatable> {
    let mut results = Vec::new();
    let mut failures = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Failed(failure) => failures.push(failure.clone()),
            Outcome::Answered { response, .. } if is_empty(response) => {
                failures.push(Failure::NoEvidence);
            }
            Outcome::Answered {
                response,
                parts,
                country,
            } => {
                let answer = Answered {
                    response,
                    parts,
                    country: *country,
                };
                match answer.translate(collecting.order, context) {
                    Ok(result) => results.push(result),
                    Err(reason) => failures.push(Failure::AnswerInvalid(reason)),
                }
            }
        }
    }
    let Some(results) = noots::OneOrMore::new(results) else {
        return nothing(failures, collecting, context, draw);
    };
    let reader = collecting.call.header.author.clone();
    let message = noots::GetEvidenceResponse {
        header: context
            .platform
            .header(noots::MessageId::new(draw()), context.now, reader),
        request_id: collecting.call.header.id,
        issued_at: context.now.into(),
        requesters: collecting.order.requesters.clone(),
        id: noots::ResponseId::new(draw()),
        results,
    };
    let message = noots::Message::GetEvidenceResponse(Box::new(message));
    Ok(Collected {
        message,
        status: 200,
        failures,
    })
}

fn nothing(
    mut failures: Vec<Failure>,
    collecting: &Collecting<'_>,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<Collected, Untranslatable> {
    if failures.is_empty() {
        failures.push(Failure::NothingOffered);
    }
    let status = failures
        .first()
        .map_or(409, |failure| failure.answer(context).status);
    let refused = NationalError::of_collection(collecting.call, collecting.order);
    let message = error_to_national(&failures, refused, context, draw);
    let message = message.ok_or(Untranslatable::Field("Exception"))?;
    Ok(Collected {
        message,
        status,
        failures,
    })
}

fn is_empty(response: &edm::Response) -> bool {
    match response.availability() {
        edm::Availability::At(_) => false,
        edm::Availability::Now(packages) => packages.is_empty(),
    }
}

struct Answered<'o> {
    response: &'o edm::Response,
    parts: &'o [EvidencePart],
    country: edm::CountryCode,
}

impl Answered<'_> {
    fn translate(
        &self,
        order: &noots::EvidenceOrder,
        context: &Context<'_>,
    ) -> Result<noots::EvidenceResult, Untranslatable> {
        let mut border = Border::new(context.tables);
        let provider = self.response.provider().agent();
        let class = noots::AgentClass::EvidenceProvider;
        let provider = national_agent(provider, class, Some(self.country), &mut border)?;
        let mut agents = noots::OneOrMore::one(provider);
        agents.push(context.platform.national().clone());
        let providers = noots::Agents::new(agents).map_err(Untranslatable::National)?;
        let availability = match self.response.availability() {
            edm::Availability::At(time) => noots::Availability::At((*time).into()),
            edm::Availability::Now(packages) => {
                let objects = self.objects(packages, &order.subject, &mut border)?;
                noots::Availability::Now(objects)
            }
        };
        Ok(noots::EvidenceResult {
            providers,
            availability,
        })
    }

    /// Main documents and, behind each package's, its annexes, translations and renditions.
    fn objects(
        &self,
        packages: &[edm::Package],
        subject: &noots::Subject,
        border: &mut Border<'_>,
    ) -> Result<noots::OneOrMore<noots::RegistryObject>, Untranslatable> {
        self.check_parts()?;
        let mut objects = Vec::new();
        for package in packages {
            for main in package.mains() {
                objects.push(self.main(main, subject, border)?);
            }
            for supplement in package.supplements() {
                let targets = supplement.associations().iter().map(|tie| tie.target());
                let of = |target| package.mains().iter().find(|main| main.id() == target);
                let main = targets.filter_map(of).next().or(package.mains().first());
                let main = main.ok_or(Untranslatable::Content)?;
                objects.push(self.supplement(supplement, main, subject, border)?);
            }
        }
        noots::OneOrMore::new(objects).ok_or(Untranslatable::Content)
    }

    /// [AT-15] every content belongs to one document.
    fn check_parts(&self) -> Result<(), Untranslatable> {
        let mains = self.response.evidence().map(edm::Evidence::content);
        let supplements = self.response.supplements().map(edm::Supplement::content);
        let named: Vec<_> = mains.chain(supplements).collect();
        if self
            .parts
            .iter()
            .any(|part| !named.contains(&&part.content_id))
        {
            return Err(Untranslatable::StrayContent);
        }
        for (place, content) in named.iter().enumerate() {
            if named.iter().take(place).any(|other| other == content) {
                return Err(Untranslatable::Content);
            }
        }
        Ok(())
    }

    fn content(&self, id: &edm::ContentRef) -> Result<noots::RepositoryItem, Untranslatable> {
        let mut parts = self.parts.iter().filter(|part| part.content_id == *id);
        match (parts.next(), parts.next()) {
            (Some(part), None) => {
                let content = Personal::new(part.content.expose().clone());
                Ok(noots::RepositoryItem::Content(content))
            }
            _ => Err(Untranslatable::Content),
        }
    }

    fn main(
        &self,
        main: &edm::Evidence,
        subject: &noots::Subject,
        border: &mut Border<'_>,
    ) -> Result<noots::RegistryObject, Untranslatable> {
        Ok(noots::RegistryObject {
            id: noots::ObjectId::new(main.id().uuid()),
            metadata: self.metadata(main, main.metadata().distribution(), border)?,
            item: self.content(main.content())?,
            subject: subject.clone(),
            signature: None,
        })
    }

    /// A supplement says nothing of its own but its form; the rest is that of its main document.
    fn supplement(
        &self,
        supplement: &edm::Supplement,
        main: &edm::Evidence,
        subject: &noots::Subject,
        border: &mut Border<'_>,
    ) -> Result<noots::RegistryObject, Untranslatable> {
        let mut metadata = self.metadata(main, supplement.distribution(), border)?;
        if !supplement.title().trim().is_empty() {
            metadata.title = supplement.title().to_owned();
        }
        Ok(noots::RegistryObject {
            id: noots::ObjectId::new(supplement.id().uuid()),
            metadata,
            item: self.content(supplement.content())?,
            subject: subject.clone(),
            signature: None,
        })
    }

    fn metadata(
        &self,
        main: &edm::Evidence,
        form: &edm::Distribution,
        border: &mut Border<'_>,
    ) -> Result<noots::EvidenceMetadata, Untranslatable> {
        let metadata = main.metadata();
        let authority = metadata.issuing_authority();
        let at = authority
            .address()
            .map_or(self.country, edm::Address::country);
        let evidence_type = metadata.conforms_to();
        let classification = border
            .tables
            .repository()
            .evidence_type_to_national(evidence_type.id());
        let titles = national_names(evidence_type.titles(), "Title")?;
        // xlink:title, else the first title of the evidence type
        let own = Some(main.title().trim()).filter(|title| !title.is_empty());
        let first = titles.first().map(|text| text.value.as_str());
        Ok(noots::EvidenceMetadata {
            title: own.or(first).unwrap_or_default().to_owned(),
            issued_on: metadata.issuing_date(),
            validity: metadata.validity().map(|period| noots::ValidityPeriod {
                start: period.start(),
                end: period.end(),
            }),
            authority: noots::IssuingAuthority {
                identifier: national_identifier(authority.id(), Some(at), border)?,
                names: national_names(authority.names(), "IssuingAuthority/Name")?,
            },
            distribution: distribution(form, border)?,
            conforms_to: noots::EvidenceConformity {
                classification: classification.ok_or(Untranslatable::EvidenceType)?,
                titles,
                descriptions: national_texts(evidence_type.descriptions()),
            },
        })
    }
}

fn distribution(
    form: &edm::Distribution,
    border: &Border<'_>,
) -> Result<noots::Distribution, Untranslatable> {
    let repository = border.tables.repository();
    let model = |model: Option<&edm::DataModel>| match model {
        None => Ok(None),
        Some(model) => match repository.data_model_to_national(model) {
            Some(model) => Ok(Some(model)),
            None => Err(Untranslatable::Field("ConformsTo")),
        },
    };
    let format = national_media_type(form.format())?;
    let distributed_as = noots::DistributedAs::one(format, None)
        .with_model(model(form.conforms_to())?, model(form.transformation())?);
    let languages = form
        .languages()
        .iter()
        .copied()
        .map(national_language)
        .collect();
    Ok(noots::Distribution {
        distributed_as,
        languages,
    })
}
