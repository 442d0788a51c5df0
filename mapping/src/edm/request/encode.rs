//! A request to XML.

use super::{
    ProviderClassification, RequestDraft, RequestedEvidence, Requirement, SupportedValues,
};
use crate::edm::{
    LanguageCode, Subject, Version,
    agent::{write_agent, write_texts},
    slot::{any, boolean, collection, date_time, international, optional, root_attributes, string},
    subject::{write_legal, write_natural},
};
use xml::Writer;

/// Slots in the order of the specification.
pub(super) fn encode(draft: &RequestDraft) -> Vec<u8> {
    let mut w = Writer::with_declaration();
    let lang = draft.lang.as_ref().map(|lang| ("xml:lang", lang.as_str()));
    let own = [Some(("id", draft.id.as_str())), lang]
        .into_iter()
        .flatten();
    w.element("query:QueryRequest", &root_attributes(own), |w| {
        write_head(w, draft);
        write_agents(w, draft);
        let options = [("returnType", "LeafClassWithRepositoryItem")];
        w.empty("query:ResponseOption", &options);
        let definition = [("queryDefinition", "DocumentQuery")];
        w.element("query:Query", &definition, |w| write_query(w, draft));
    });
    w.finish().into_bytes()
}

fn write_head(w: &mut Writer, draft: &RequestDraft) {
    string(w, "SpecificationIdentifier", draft.version.as_str());
    date_time(w, "IssueDateTime", draft.issued_at);
    let procedure = draft.procedure.as_str();
    // [R-EDM-REQ-S022] a plain string from 2.0 on.
    if draft.version >= Version::V2_0 {
        string(w, "Procedure", procedure);
    } else {
        international(w, "Procedure", [(LanguageCode::EN, procedure)]);
    }
    if let Some(round) = &draft.second_round {
        string(w, "PreviewLocation", round.preview().as_str());
        if let Some(back) = round.back() {
            string(w, "ReturnLocation", back.as_str());
        }
    }
    boolean(w, "PossibilityForPreview", draft.possibility_for_preview);
    boolean(w, "ExplicitRequestGiven", draft.explicit_request_given);
    collection(w, "Requirements", &draft.requirements, write_requirement);
}

fn write_requirement(w: &mut Writer, requirement: &Requirement) {
    w.element("sdg:Requirement", &[], |w| {
        w.leaf("sdg:Identifier", &[], requirement.id().as_str());
        write_texts(w, "sdg:Name", requirement.names());
        write_texts(w, "sdg:Description", requirement.descriptions());
    });
}

fn write_agents(w: &mut Writer, draft: &RequestDraft) {
    let authority = (draft.requester.authority(), "ER");
    let platform = draft.requester.platform().map(|agent| (agent, "IP"));
    let requesters = [Some(authority), platform].into_iter().flatten();
    collection(w, "EvidenceRequester", requesters, |w, (agent, role)| {
        write_agent(w, "sdg:Agent", agent, Some(role));
    });
    any(w, "EvidenceProvider", |w| {
        write_agent(w, "sdg:Agent", &draft.provider, None);
    });
    if !draft.classifications.is_empty() {
        let name = "EvidenceProviderClassification";
        collection(w, name, &draft.classifications, write_concept);
    }
}

fn write_concept(w: &mut Writer, concept: &ProviderClassification) {
    w.element("sdg:EvidenceProviderClassification", &[], |w| {
        let scheme = concept.scheme().map(|scheme| ("schemeID", scheme.as_str()));
        w.leaf(
            "sdg:Identifier",
            scheme.as_slice(),
            &concept.id().to_string(),
        );
        w.leaf("sdg:Type", &[], concept.kind());
        let expression = concept.value_expression().map(String::as_str);
        optional(w, "sdg:ValueExpression", expression);
        write_texts(w, "sdg:Description", concept.descriptions());
        w.element("sdg:SupportedValue", &[], |w| {
            let (name, values): (_, Vec<String>) = match concept.values() {
                SupportedValues::Strings(values) => ("sdg:StringValue", values.clone()),
                SupportedValues::Booleans(values) => {
                    let values = values.iter().map(bool::to_string);
                    ("sdg:BooleanValue", values.collect())
                }
                SupportedValues::Dates(values) => {
                    let values = values.iter().map(ToString::to_string);
                    ("sdg:DateValue", values.collect())
                }
            };
            values.iter().for_each(|value| w.leaf(name, &[], value));
        });
    });
}

fn write_query(w: &mut Writer, draft: &RequestDraft) {
    match &draft.subject {
        Subject::Natural(person) => any(w, "NaturalPerson", |w| write_natural(w, person)),
        Subject::Legal(person) => any(w, "LegalPerson", |w| write_legal(w, person)),
    }
    if let Some(person) = &draft.representative {
        any(w, "AuthorizedRepresentative", |w| write_natural(w, person));
    }
    if let Some(person) = &draft.legal_representative {
        let name = "AuthorizedRepresentativeLegalPerson";
        any(w, name, |w| write_legal(w, person));
    }
    any(w, "EvidenceRequest", |w| write_evidence(w, &draft.evidence));
}

fn write_evidence(w: &mut Writer, evidence: &RequestedEvidence) {
    w.element("sdg:DataServiceEvidenceType", &[], |w| {
        w.leaf("sdg:Identifier", &[], &evidence.id().to_string());
        let evidence_type = evidence.evidence_type().as_str();
        w.leaf("sdg:EvidenceTypeClassification", &[], evidence_type);
        write_texts(w, "sdg:Title", evidence.titles());
        write_texts(w, "sdg:Description", evidence.descriptions());
        for distribution in evidence.distributions() {
            w.element("sdg:DistributedAs", &[], |w| {
                w.leaf("sdg:Format", &[], distribution.format().as_str());
                for lang in distribution.languages() {
                    w.leaf("sdg:Language", &[], lang.as_str());
                }
                let model = distribution.conforms_to().map(|model| model.as_str());
                optional(w, "sdg:ConformsTo", model);
                let subset = distribution.transformation().map(|model| model.as_str());
                optional(w, "sdg:Transformation", subset);
                for kind in distribution.associated() {
                    w.leaf("sdg:AssociatedDocumentRequest", &[], kind.as_str());
                }
            });
        }
    });
}
