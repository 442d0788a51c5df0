//! An error response to XML.

use super::{ErrorDraft, Exception};
use crate::edm::{
    EdmErrorCode,
    agent::write_agent,
    slot::{any, date_time, international, root_attributes, string},
};
use xml::Writer;

/// Slots in the order of the specification.
pub(super) fn encode(draft: &ErrorDraft) -> Vec<u8> {
    let mut w = Writer::with_declaration();
    let request = draft
        .request_id
        .as_ref()
        .map(|id| ("requestId", id.as_str()));
    let status = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure";
    let own = request.into_iter().chain([("status", status)]);
    w.element("query:QueryResponse", &root_attributes(own), |w| {
        string(w, "SpecificationIdentifier", draft.version.as_str());
        string(w, "EvidenceResponseIdentifier", &draft.id.to_string());
        any(w, "ErrorProvider", |w| {
            write_agent(w, "sdg:Agent", &draft.provider, Some(draft.role.as_str()));
        });
        if let Some(requester) = &draft.requester {
            any(w, "EvidenceRequester", |w| {
                write_agent(w, "sdg:Agent", requester, None);
            });
        }
        for exception in &draft.exceptions {
            write_exception(w, exception);
        }
    });
    w.finish().into_bytes()
}

fn write_exception(w: &mut Writer, exception: &Exception) {
    let code = exception.code();
    // The catch-all is defined by the query part of RegRep, the others by its base.
    let prefix = match code {
        EdmErrorCode::Query => "query",
        _ => "rs",
    };
    let kind = format!("{prefix}:{}", code.exception_type());
    let detail = exception.detail().map(|detail| ("detail", detail.as_str()));
    let attributes: Vec<_> = [
        ("xsi:type", kind.as_str()),
        ("code", code.as_str()),
        ("message", exception.message()),
        ("severity", exception.severity().as_str()),
    ]
    .into_iter()
    .chain(detail)
    .collect();
    w.element("rs:Exception", &attributes, |w| {
        date_time(w, "Timestamp", exception.at());
        let Some(preview) = exception.preview() else {
            return;
        };
        string(w, "PreviewLocation", preview.location().as_str());
        if !preview.descriptions().is_empty() {
            let texts = preview
                .descriptions()
                .iter()
                .map(|text| (text.lang(), text.value()));
            international(w, "PreviewDescription", texts);
        }
        if let Some(method) = preview.method() {
            string(w, "PreviewMethod", method.as_str());
        }
    });
}
