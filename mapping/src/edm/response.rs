//! The Evidence Response, `query:QueryResponse` with status Success or Unavailable.

mod decode;
mod encode;

pub(super) use decode::decode;

use super::{
    Agent, Caution, Evidence, EvidenceResponseId, Invalid, Package, Problem, RequestId, Supplement,
    Version,
};
use jiff::Timestamp;

/// The content of a response, before it is known to be whole. [`Response::new`] checks it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseDraft {
    /// Release line: that of the request.
    pub version: Version,
    /// The request that is answered; after a preview the second one. Echoed as received.
    pub request_id: RequestId,
    /// New for every answer.
    pub id: EvidenceResponseId,
    /// IssueDateTime
    pub issued_at: Timestamp,
    /// Who answers.
    pub provider: ResponseProvider,
    /// Who asked. Identifier and name only.
    pub requester: Agent,
    /// The evidence, or when there will be some.
    pub availability: Availability,
}

/// A response that is whole for its release line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    draft: ResponseDraft,
    cautions: Vec<Caution>,
}

/// Whether there is evidence now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Availability {
    /// Now. No package at all means: nothing to give, or the user gave nothing away.
    Now(Vec<Package>),
    /// Later; the requester asks again after that time.
    At(Timestamp),
}

impl Response {
    /// Checks a draft. Before 2.0 a package holds one main document and nothing else, and takes
    /// its name.
    pub fn new(draft: ResponseDraft) -> Result<Self, Invalid> {
        Self::checked(draft, Vec::new())
    }

    fn checked(mut draft: ResponseDraft, cautions: Vec<Caution>) -> Result<Self, Invalid> {
        draft.conform();
        draft.check().map_err(|(rule, problem)| {
            Invalid::new(rule, problem, "availability".to_owned()).in_message(
                false,
                Some(draft.request_id.clone()),
                Some(draft.version),
            )
        })?;
        Ok(Self { draft, cautions })
    }

    /// The content.
    pub fn content(&self) -> &ResponseDraft {
        &self.draft
    }

    /// Takes the content out.
    pub fn into_draft(self) -> ResponseDraft {
        self.draft
    }

    /// Release line.
    pub fn version(&self) -> Version {
        self.draft.version
    }

    /// The request that is answered.
    pub fn request_id(&self) -> &RequestId {
        &self.draft.request_id
    }

    /// Identifier of the answer.
    pub fn id(&self) -> EvidenceResponseId {
        self.draft.id
    }

    /// IssueDateTime
    pub fn issued_at(&self) -> Timestamp {
        self.draft.issued_at
    }

    /// Who answers.
    pub fn provider(&self) -> &ResponseProvider {
        &self.draft.provider
    }

    /// Who asked.
    pub fn requester(&self) -> &Agent {
        &self.draft.requester
    }

    /// The evidence, or when there will be some.
    pub fn availability(&self) -> &Availability {
        &self.draft.availability
    }

    /// Packages; none in a deferred or empty answer.
    pub fn packages(&self) -> &[Package] {
        match &self.draft.availability {
            Availability::Now(packages) => packages,
            Availability::At(_) => &[],
        }
    }

    /// Every main document.
    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.packages().iter().flat_map(Package::mains)
    }

    /// Every supplement.
    pub fn supplements(&self) -> impl Iterator<Item = &Supplement> {
        self.packages().iter().flat_map(Package::supplements)
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

type Fault = (&'static str, Problem);

impl ResponseDraft {
    fn conform(&mut self) {
        self.requester = self.requester.without_address();
        let Availability::Now(packages) = &mut self.availability else {
            return;
        };
        if self.version >= Version::V2_0 {
            return;
        }
        for package in packages {
            if let [main] = package.mains.as_mut_slice() {
                main.classification_id = main.id;
                package.id = main.id;
            }
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let Availability::Now(packages) = &self.availability else {
            return Ok(());
        };
        packages
            .iter()
            .try_for_each(|package| self.check_package(package))?;
        self.check_object_ids(packages)
    }

    fn check_package(&self, package: &Package) -> Result<(), Fault> {
        let flat = self.version < Version::V2_0;
        if flat && (package.mains.len() != 1 || !package.supplements.is_empty()) {
            let problem = Problem::Combination("before 2.0 every document stands alone");
            return Err(("R-EDM-RESP-S015", problem));
        }
        for main in &package.mains {
            let form = main.metadata().distribution();
            let unnamed = form.format.is_structured() && form.conforms_to.is_none();
            if self.version >= Version::V1_2 && unnamed {
                return Err(("R-EDM-RESP-C044", Problem::Missing("ConformsTo")));
            }
            if !flat && form.transformation.is_some() {
                return Err(("R-EDM-RESP-C043", Problem::Unexpected("Transformation")));
            }
        }
        for supplement in &package.supplements {
            check_supplement(package, supplement)?;
        }
        Ok(())
    }

    /// [R-EDM-RESP-C014] object identifiers are unique.
    fn check_object_ids(&self, packages: &[Package]) -> Result<(), Fault> {
        let mut ids = Vec::new();
        for package in packages {
            let packaged = self.version >= Version::V2_0;
            ids.extend(packaged.then_some(package.id));
            ids.extend(package.mains.iter().map(Evidence::id));
            ids.extend(package.supplements.iter().map(Supplement::id));
            let ties = package
                .supplements
                .iter()
                .flat_map(Supplement::associations);
            ids.extend(ties.map(|tie| tie.id()));
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() == count {
            Ok(())
        } else {
            Err(("R-EDM-RESP-C014", Problem::Repeated("an object id")))
        }
    }
}

fn check_supplement(package: &Package, supplement: &Supplement) -> Result<(), Fault> {
    let form = &supplement.distribution;
    if form.conforms_to.is_some() || form.transformation.is_some() {
        return Err(("R-EDM-RESP-S063", Problem::Unexpected("ConformsTo")));
    }
    let tied = supplement.associations().iter().all(|tie| {
        let target = tie.target();
        package.mains.iter().any(|main| main.id() == target)
    });
    if tied {
        return Ok(());
    }
    let problem = Problem::Combination("an association does not lead to main evidence");
    Err(("R-EDM-RESP-S056", problem))
}

/// Who answers: the provider (agent `EP`) and, if there is one between, the platform (agent `IP`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseProvider {
    agent: Agent,
    platform: Option<Agent>,
}

impl ResponseProvider {
    /// The provider. [R-EDM-RESP-C046]
    pub fn new(agent: Agent) -> Self {
        Self {
            agent,
            platform: None,
        }
    }

    fields! {
        /// The agent classified `EP`.
        get agent: Agent;
        /// The agent classified `IP`.
        option platform, with_platform: Agent;
    }
}
