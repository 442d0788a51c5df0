//! From a header to the P-Mode in force. The header is not authenticated here: what is found says
//! which certificates and algorithms to demand, nothing more.

use super::{Leg, Partner, Problem, Template, explain};
use crate::{
    header::{Service, UserMessage},
    id::{PartnerName, PartyId},
    refusal::Reason,
    security::Revocations,
};
use std::{collections::BTreeMap, sync::Arc};

/// All P-Modes in force: one snapshot. A change of configuration makes a new one.
#[derive(Clone, Debug)]
pub struct PModes {
    ours: Vec<PartyId>,
    partners: BTreeMap<PartnerName, Arc<PMode>>,
    by_party: BTreeMap<PartyId, PartnerName>,
}

/// A partner and the template it follows, with what the partner file changes in it.
#[derive(Clone, Debug)]
pub(crate) struct PMode {
    pub(crate) partner: Partner,
    pub(crate) template: Arc<Template>,
}

impl PMode {
    /// What is agreed for a message of this service and action.
    pub(crate) fn leg(&self, service: &Service, action: &str) -> Leg {
        self.partner.leg_of(&self.template, service, action)
    }

    /// Whether a message of so many octets may come at all. [AS4 4.4]
    // [ROB-66]
    pub(crate) fn check_size(&self, octets: u64) -> Result<(), Reason> {
        let limit = self.template.max_message_bytes;
        if octets > limit {
            Err(Reason::PayloadTooLarge { limit })
        } else {
            Ok(())
        }
    }
}

impl PModes {
    /// Joins partners with their templates.
    ///
    /// # Errors
    /// Every problem, with its line where there is one.
    pub fn new(
        ours: Vec<PartyId>,
        templates: Vec<Template>,
        partners: Vec<Partner>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let templates: BTreeMap<String, Template> = templates
            .into_iter()
            .map(|template| (template.name.clone(), template))
            .collect();
        let mut this = Self {
            ours,
            partners: BTreeMap::new(),
            by_party: BTreeMap::new(),
        };
        for partner in partners {
            this.add(partner, &templates, &mut problems);
        }
        if problems.is_empty() {
            Ok(this)
        } else {
            Err(problems)
        }
    }

    fn add(
        &mut self,
        mut partner: Partner,
        templates: &BTreeMap<String, Template>,
        problems: &mut Vec<Problem>,
    ) {
        let name = partner.name().clone();
        let Some(template) = templates.get(partner.template()) else {
            let message = format!("unknown template {:?}", partner.template());
            problems.push(Problem::new(
                name.as_str(),
                partner.template_line(),
                message,
            ));
            return;
        };
        let template = Arc::new(partner.settle(template, problems));
        let pmode = PMode { partner, template };
        self.check(&pmode, problems);
        for party in pmode.partner.party_ids() {
            self.by_party.insert(party.clone(), name.clone());
        }
        if self
            .partners
            .insert(name.clone(), Arc::new(pmode))
            .is_some()
        {
            let message = "a second partner of this name";
            problems.push(Problem::new(name.as_str(), None, message));
        }
    }

    fn check(&self, pmode: &PMode, problems: &mut Vec<Problem>) {
        let partner = &pmode.partner;
        let name = partner.name().as_str();
        for (at, party) in partner.party_ids().iter().enumerate() {
            let line = partner.party_line(at);
            if self.ours.contains(party) {
                let message = format!("{party} is our own party id");
                problems.push(Problem::new(name, line, message));
            }
            if let Some(other) = self.by_party.get(party) {
                let message = format!("{party} is also partner {other}");
                problems.push(Problem::new(name, line, message));
            }
        }
        let encrypts = pmode.legs().iter().any(Leg::encrypts);
        if encrypts && partner.encryption_certificate().is_none() {
            problems.push(Problem::new(name, None, "[encryption] is missing"));
        }
    }

    /// The same P-Modes with what is known now of revoked certificates: another snapshot.
    #[must_use]
    pub fn with_revocations(&self, known: Revocations) -> Self {
        let known = Arc::new(known);
        let informed = |(name, pmode): (&PartnerName, &Arc<PMode>)| {
            let pmode = PMode {
                partner: pmode.partner.clone().with_revocations(&known),
                template: Arc::clone(&pmode.template),
            };
            (name.clone(), Arc::new(pmode))
        };
        Self {
            ours: self.ours.clone(),
            partners: self.partners.iter().map(informed).collect(),
            by_party: self.by_party.clone(),
        }
    }

    /// Our own party ids; the first is the one we send as.
    pub fn ours(&self) -> &[PartyId] {
        &self.ours
    }

    /// The partner of this name.
    pub fn partner(&self, name: &str) -> Option<&Partner> {
        let name: PartnerName = name.parse().ok()?;
        self.partners.get(&name).map(|pmode| &pmode.partner)
    }

    /// The partner with this party id.
    pub fn partner_by_party(&self, party: &PartyId) -> Option<&Partner> {
        self.by_party(party).map(|pmode| &pmode.partner)
    }

    /// The template a partner follows, with what its own file changes in it.
    pub fn template(&self, partner: &Partner) -> Option<&Template> {
        self.partners
            .get(partner.name())
            .map(|pmode| &*pmode.template)
    }

    /// What is agreed for a message of this service and action, in both directions.
    pub fn leg(&self, partner: &Partner, service: &Service, action: &str) -> Option<Leg> {
        let pmode = self.partners.get(partner.name())?;
        Some(pmode.leg(service, action))
    }

    /// What is agreed with a partner for each service and action, and for all else.
    pub fn legs(&self, partner: &Partner) -> Vec<Leg> {
        let pmode = self.partners.get(partner.name());
        pmode.map(|pmode| pmode.legs()).unwrap_or_default()
    }

    /// All partners by name.
    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values().map(|pmode| &pmode.partner)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &PMode> {
        self.partners.values().map(|pmode| &**pmode)
    }

    fn by_party(&self, party: &PartyId) -> Option<&Arc<PMode>> {
        self.partners.get(self.by_party.get(party)?)
    }

    /// The P-Mode for a message that arrived.
    pub(crate) fn find(&self, header: &UserMessage) -> Result<Arc<PMode>, Reason> {
        if !self.ours.contains(header.to().id()) {
            return Err(Reason::NoPMode("the To party is not this access point"));
        }
        let pmode = self
            .by_party(header.from().id())
            .ok_or(Reason::NoPMode("the From party is not known"))?;
        let template = &pmode.template;
        if header.from().role() != template.role_from || header.to().role() != template.role_to {
            return Err(Reason::NoPMode("the roles are not the agreed ones"));
        }
        // [P34] no channel is the default one.
        if explain::mpc(header) != template.mpc {
            return Err(Reason::NoPMode(
                "the message partition channel is not the agreed one",
            ));
        }
        if header.agreement.is_some() && header.agreement != template.agreement {
            return Err(Reason::NoPMode("the agreement is not the agreed one"));
        }
        if !header.is_test_service() {
            check_purpose(header, template)?;
        }
        Ok(Arc::clone(pmode))
    }
}

impl PMode {
    /// What is agreed for each service and action, and for all else.
    fn legs(&self) -> Vec<Leg> {
        let services = self.template.services.iter();
        let each = services.flat_map(|(service, actions)| {
            actions.iter().map(move |action| self.leg(service, action))
        });
        each.chain([self.partner.leg().clone()]).collect()
    }
}

fn check_purpose(header: &UserMessage, template: &Template) -> Result<(), Reason> {
    let (_, actions) = template
        .services
        .iter()
        .find(|(service, _)| service == header.service())
        .ok_or(Reason::UnknownValue("service"))?;
    if actions.contains(header.action()) {
        Ok(())
    } else {
        Err(Reason::UnknownValue("action"))
    }
}
