//! From a header to the P-Mode in force. The header is not authenticated here: what is found says
//! which certificates and algorithms to demand, nothing more.

use super::{Partner, Problem, Template};
use crate::{
    header::UserMessage,
    id::{PartnerName, PartyId},
    profile,
    refusal::Reason,
};
use std::{collections::BTreeMap, sync::Arc};

/// All P-Modes in force: one snapshot. A change of configuration makes a new one.
#[derive(Clone, Debug)]
pub struct PModes {
    ours: Vec<PartyId>,
    partners: BTreeMap<PartnerName, Arc<PMode>>,
    by_party: BTreeMap<PartyId, PartnerName>,
}

/// A partner and the template it follows.
#[derive(Debug)]
pub(crate) struct PMode {
    pub(crate) partner: Partner,
    pub(crate) template: Arc<Template>,
}

impl PModes {
    /// Joins partners with their templates. Every problem is reported.
    pub fn new(
        ours: Vec<PartyId>,
        templates: Vec<Template>,
        partners: Vec<Partner>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let templates: BTreeMap<String, Arc<Template>> = templates
            .into_iter()
            .map(|t| (t.name.clone(), Arc::new(t)))
            .collect();
        let mut this = Self {
            ours,
            partners: BTreeMap::new(),
            by_party: BTreeMap::new(),
        };
        for mut partner in partners {
            let name = partner.name().clone();
            let Some(template) = templates.get(partner.template()) else {
                let message = format!("unknown template {:?}", partner.template());
                problems.push(Problem::new(name.as_str(), message));
                continue;
            };
            partner.settle(template);
            this.check(&partner, &mut problems);
            for party in partner.party_ids() {
                this.by_party.insert(party.clone(), name.clone());
            }
            let pmode = PMode {
                partner,
                template: Arc::clone(template),
            };
            if this
                .partners
                .insert(name.clone(), Arc::new(pmode))
                .is_some()
            {
                problems.push(Problem::new(name.as_str(), "a second partner of this name"));
            }
        }
        if problems.is_empty() {
            Ok(this)
        } else {
            Err(problems)
        }
    }

    fn check(&self, partner: &Partner, problems: &mut Vec<Problem>) {
        let name = partner.name().as_str();
        if partner.party_ids().is_empty() {
            problems.push(Problem::new(name, "no [[party]]"));
        }
        for party in partner.party_ids() {
            if self.ours.contains(party) {
                problems.push(Problem::new(name, format!("{party} is our own party id")));
            }
            if let Some(other) = self.by_party.get(party) {
                problems.push(Problem::new(
                    name,
                    format!("{party} is also partner {other}"),
                ));
            }
        }
        if partner.leg().encrypts() && partner.encryption_certificate().is_none() {
            problems.push(Problem::new(name, "[encryption] is missing"));
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

    /// The template a partner follows.
    pub fn template(&self, partner: &Partner) -> Option<&Template> {
        self.partners
            .get(partner.name())
            .map(|pmode| &*pmode.template)
    }

    /// All partners by name.
    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values().map(|pmode| &pmode.partner)
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
        if header
            .mpc
            .as_deref()
            .is_some_and(|mpc| mpc != profile::DEFAULT_MPC)
        {
            return Err(Reason::NoPMode(
                "the message partition channel is not the default one",
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
