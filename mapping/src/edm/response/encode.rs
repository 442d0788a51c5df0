//! A response to XML.

use super::{Availability, ResponseDraft};
use crate::edm::{
    agent::write_agent,
    evidence::write_objects,
    slot::{any, collection, date_time, root_attributes, string},
};
use xml::Writer;

/// Slots in the order of the specification.
pub(super) fn encode(draft: &ResponseDraft) -> Vec<u8> {
    let mut w = Writer::with_declaration();
    let status = match draft.availability {
        Availability::Now(_) => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success",
        Availability::At(_) => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Unavailable",
    };
    let own = [("requestId", draft.request_id.as_str()), ("status", status)];
    w.element("query:QueryResponse", &root_attributes(own), |w| {
        string(w, "SpecificationIdentifier", draft.version.as_str());
        string(w, "EvidenceResponseIdentifier", &draft.id.to_string());
        date_time(w, "IssueDateTime", draft.issued_at);
        if let Availability::At(at) = draft.availability {
            date_time(w, "ResponseAvailableDateTime", at);
        }
        write_agents(w, draft);
        // [R-EDM-RESP-S007] 2.0 wants the list in every answer, and before nothing speaks against it.
        let packages = match &draft.availability {
            Availability::Now(packages) => packages.as_slice(),
            Availability::At(_) => &[],
        };
        write_objects(w, draft.version, packages);
    });
    w.finish().into_bytes()
}

fn write_agents(w: &mut Writer, draft: &ResponseDraft) {
    let provider = (draft.provider.agent(), "EP");
    let platform = draft.provider.platform().map(|agent| (agent, "IP"));
    let providers = [Some(provider), platform].into_iter().flatten();
    collection(w, "EvidenceProvider", providers, |w, (agent, role)| {
        write_agent(w, "sdg:Agent", agent, Some(role));
    });
    any(w, "EvidenceRequester", |w| {
        write_agent(w, "sdg:Agent", &draft.requester, None);
    });
}
