//! The Evidence Request, `query:QueryRequest`.

mod check;
mod decode;
mod encode;

pub(super) use decode::decode;

use super::{
    Address, Agent, Caution, ConceptId, DataModel, DataServiceId, EvidenceTypeId, Invalid,
    LanguageCode, LegalPerson, MediaType, NaturalPerson, PreviewUrl, ProcedureCode, RequestId,
    RequirementId, ReturnUrl, Subject, SupplementKind, Text, Version,
};
use jiff::{Timestamp, civil::Date};

/// The content of a request, before it is known to be whole. [`Request::new`] checks it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestDraft {
    /// Release line: decides the form on the wire.
    pub version: Version,
    /// New for every request, the second one after a preview included.
    pub id: RequestId,
    /// Preferred language of the evidence, `@xml:lang` (before 2.0; there the distribution has it).
    pub lang: Option<LanguageCode>,
    /// IssueDateTime
    pub issued_at: Timestamp,
    /// Procedure
    pub procedure: ProcedureCode,
    /// What the second request repeats from the answer to the first.
    pub second_round: Option<SecondRound>,
    /// Whether the portal can send the user to a preview space.
    pub possibility_for_preview: bool,
    /// Whether the user asked for the evidence expressly.
    pub explicit_request_given: bool,
    /// Requirements, at least one.
    pub requirements: Vec<Requirement>,
    /// Who asks.
    pub requester: Requester,
    /// Who is asked: the publisher in the Data Service Directory. Identifier and name only.
    pub provider: Agent,
    /// The answers the user gave to find the provider.
    pub classifications: Vec<ProviderClassification>,
    /// Whom the evidence is about.
    pub subject: Subject,
    /// A natural person who acts for the subject.
    pub representative: Option<Box<NaturalPerson>>,
    /// A legal person that acts for the subject (from 1.1).
    pub legal_representative: Option<Box<LegalPerson>>,
    /// What is asked for.
    pub evidence: RequestedEvidence,
}

/// A request that is whole for its release line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    draft: RequestDraft,
    cautions: Vec<Caution>,
}

impl Request {
    /// Checks a draft. Descriptive content that the release line cannot carry is left out; content
    /// without which the request would mean something else is refused.
    pub fn new(draft: RequestDraft) -> Result<Self, Invalid> {
        Self::checked(draft, Vec::new())
    }

    fn checked(mut draft: RequestDraft, cautions: Vec<Caution>) -> Result<Self, Invalid> {
        draft.conform();
        draft.check().map_err(|(rule, problem, field)| {
            Invalid::new(rule, problem, field.to_owned()).in_message(
                true,
                Some(draft.id.clone()),
                Some(draft.version),
            )
        })?;
        Ok(Self { draft, cautions })
    }

    /// The second request after a preview: the same content under a new id, with the URL from the
    /// answer and, in 2.0, the way back. [R-EDM-REQ-S062]
    pub fn second(
        &self,
        id: RequestId,
        issued_at: Timestamp,
        round: SecondRound,
    ) -> Result<Self, Invalid> {
        Self::new(RequestDraft {
            id,
            issued_at,
            second_round: Some(round),
            ..self.draft.clone()
        })
    }

    /// The content.
    pub fn content(&self) -> &RequestDraft {
        &self.draft
    }

    /// Takes the content out, to change it.
    pub fn into_draft(self) -> RequestDraft {
        self.draft
    }

    /// Release line.
    pub fn version(&self) -> Version {
        self.draft.version
    }

    /// Identifier.
    pub fn id(&self) -> &RequestId {
        &self.draft.id
    }

    /// Preferred languages of the evidence, wherever the release line has them.
    pub fn languages(&self) -> Vec<LanguageCode> {
        let wanted = self.draft.evidence.distributions.iter();
        let mut all: Vec<_> = self.draft.lang.into_iter().collect();
        all.extend(wanted.flat_map(|distribution| distribution.languages.iter().copied()));
        let mut seen = Vec::new();
        all.retain(|lang| {
            let new = !seen.contains(lang);
            seen.push(*lang);
            new
        });
        all
    }

    /// IssueDateTime
    pub fn issued_at(&self) -> Timestamp {
        self.draft.issued_at
    }

    /// Procedure
    pub fn procedure(&self) -> &ProcedureCode {
        &self.draft.procedure
    }

    /// What the second request repeats; absent in a first request.
    pub fn second_round(&self) -> Option<&SecondRound> {
        self.draft.second_round.as_ref()
    }

    /// Whether the portal can send the user to a preview space.
    pub fn possibility_for_preview(&self) -> bool {
        self.draft.possibility_for_preview
    }

    /// Whether the user asked for the evidence expressly.
    pub fn explicit_request_given(&self) -> bool {
        self.draft.explicit_request_given
    }

    /// Requirements, at least one.
    pub fn requirements(&self) -> &[Requirement] {
        &self.draft.requirements
    }

    /// Who asks.
    pub fn requester(&self) -> &Requester {
        &self.draft.requester
    }

    /// Who is asked.
    pub fn provider(&self) -> &Agent {
        &self.draft.provider
    }

    /// The answers the user gave to find the provider.
    pub fn classifications(&self) -> &[ProviderClassification] {
        &self.draft.classifications
    }

    /// Whom the evidence is about.
    pub fn subject(&self) -> &Subject {
        &self.draft.subject
    }

    /// A natural person who acts for the subject.
    pub fn representative(&self) -> Option<&NaturalPerson> {
        self.draft.representative.as_deref()
    }

    /// A legal person that acts for the subject.
    pub fn legal_representative(&self) -> Option<&LegalPerson> {
        self.draft.legal_representative.as_deref()
    }

    /// What is asked for.
    pub fn evidence(&self) -> &RequestedEvidence {
        &self.draft.evidence
    }

    /// What was tolerated while reading.
    pub fn cautions(&self) -> &[Caution] {
        &self.cautions
    }

    /// The message as XML.
    pub fn encode(&self) -> Vec<u8> {
        encode::encode(&self.draft)
    }
}

/// What the second request repeats from the answer to the first, and the way back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecondRound {
    preview: PreviewUrl,
    back: Option<ReturnUrl>,
}

impl SecondRound {
    /// The URL from the answer, unchanged.
    pub fn new(preview: PreviewUrl) -> Self {
        Self {
            preview,
            back: None,
        }
    }

    fields! {
        /// PreviewLocation
        get preview: PreviewUrl;
        /// ReturnLocation: required in 2.0, left out before.
        option back, with_back: ReturnUrl;
    }
}

/// Who asks: the authority (agent `ER`) and, if there is one between, the platform (agent `IP`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requester {
    authority: Agent,
    platform: Option<Agent>,
}

impl Requester {
    /// The authority; from 1.2 on it needs an address with its country.
    pub fn new(authority: Agent) -> Self {
        Self {
            authority,
            platform: None,
        }
    }

    /// Country of the authority.
    pub fn country(&self) -> Option<super::CountryCode> {
        self.authority.address().map(Address::country)
    }

    fields! {
        /// The agent classified `ER`.
        get authority: Agent;
        /// The agent classified `IP`.
        option platform, with_platform: Agent;
    }
}

/// A requirement of the procedure that the evidence is to prove.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    id: RequirementId,
    names: Vec<Text>,
    descriptions: Vec<Text>,
}

impl Requirement {
    /// A requirement with one name.
    pub fn new(id: RequirementId, name: Text) -> Self {
        Self {
            id,
            names: vec![name],
            descriptions: Vec::new(),
        }
    }

    /// Names, at least one.
    pub fn names(&self) -> &[Text] {
        &self.names
    }

    /// Adds a name in another language.
    #[must_use]
    pub fn with_name(mut self, name: Text) -> Self {
        self.names.push(name);
        self
    }

    fields! {
        /// Identifier
        get id: RequirementId;
        /// Description (from 1.2)
        list descriptions, with_descriptions: Text;
    }
}

/// A question the Data Service Directory asked the user, with the chosen values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderClassification {
    id: ConceptId,
    kind: String,
    scheme: Option<String>,
    value_expression: Option<String>,
    descriptions: Vec<Text>,
    values: SupportedValues,
}

impl ProviderClassification {
    /// A concept of a type (`string`, `boolean`, `codelist`) with the chosen values.
    pub fn new(id: ConceptId, kind: impl Into<String>, values: SupportedValues) -> Self {
        Self {
            id,
            kind: kind.into(),
            scheme: None,
            value_expression: None,
            descriptions: Vec::new(),
            values,
        }
    }

    fields! {
        /// Identifier
        copy id: ConceptId;
        /// Type
        get kind: String;
        /// `Identifier/@schemeID`: the code list the values come from (from 1.2).
        option scheme, with_scheme: String;
        /// ValueExpression
        option value_expression, with_value_expression: String;
        /// Description
        list descriptions, with_descriptions: Text;
        /// SupportedValue
        get values: SupportedValues;
    }
}

/// Values the user chose, all of one type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SupportedValues {
    /// StringValue
    Strings(Vec<String>),
    /// BooleanValue
    Booleans(Vec<bool>),
    /// DateValue
    Dates(Vec<Date>),
}

/// What is asked for: the data service evidence type with the chosen distribution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestedEvidence {
    id: DataServiceId,
    evidence_type: EvidenceTypeId,
    titles: Vec<Text>,
    descriptions: Vec<Text>,
    distributions: Vec<RequestedDistribution>,
}

impl RequestedEvidence {
    /// A data service evidence type with one title.
    pub fn new(id: DataServiceId, evidence_type: EvidenceTypeId, title: Text) -> Self {
        Self {
            id,
            evidence_type,
            titles: vec![title],
            descriptions: Vec::new(),
            distributions: Vec::new(),
        }
    }

    /// Titles, at least one.
    pub fn titles(&self) -> &[Text] {
        &self.titles
    }

    /// Adds a title in another language.
    #[must_use]
    pub fn with_title(mut self, title: Text) -> Self {
        self.titles.push(title);
        self
    }

    fields! {
        /// Identifier from the Data Service Directory.
        copy id: DataServiceId;
        /// EvidenceTypeClassification
        get evidence_type: EvidenceTypeId;
        /// Description
        list descriptions, with_descriptions: Text;
        /// DistributedAs: at most one before 2.0, at least one from then on. [R-EDM-REQ-C032]
        list distributions, with_distributions: RequestedDistribution;
    }
}

/// A form in which the evidence is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestedDistribution {
    format: MediaType,
    conforms_to: Option<DataModel>,
    transformation: Option<DataModel>,
    languages: Vec<LanguageCode>,
    associated: Vec<SupplementKind>,
}

impl RequestedDistribution {
    /// A media type.
    pub fn new(format: MediaType) -> Self {
        Self {
            format,
            conforms_to: None,
            transformation: None,
            languages: Vec::new(),
            associated: Vec::new(),
        }
    }

    fields! {
        /// Format
        get format: MediaType;
        /// ConformsTo: required for structured documents.
        option conforms_to, with_conforms_to: DataModel;
        /// Transformation: a subset of the data model (before 2.0).
        option transformation, with_transformation: DataModel;
        /// Language: wanted languages (2.0).
        list languages, with_languages: LanguageCode;
        /// AssociatedDocumentRequest: documents wanted beside the main one (2.0).
        list associated, with_associated: SupplementKind;
    }
}
