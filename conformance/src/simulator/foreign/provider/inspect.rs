//! What an evidence provider requires of a request

use ebms::profile;

use super::{Delivered, Shared, requester};
use crate::simulator::edm::{EdmVersion, ReceivedRequest};
use crate::simulator::foreign::inspect::{self, Expected};
use crate::simulator::national::{Findings, urn_uuid};

/// Everything wrong with a request, header first
pub(super) fn request(
    shared: &Shared,
    delivered: &Delivered,
    request: &ReceivedRequest,
) -> Vec<String> {
    let mut findings = Findings::new();
    let version = EdmVersion::find(&request.version);
    findings.expect(version.is_some(), || {
        format!("{} is not spoken here", request.version)
    });
    header(shared, delivered, request, version, &mut findings);
    agents(shared, request, &mut findings);
    content(shared, request, version, &mut findings);
    findings.into_vec()
}

fn header(
    shared: &Shared,
    delivered: &Delivered,
    request: &ReceivedRequest,
    version: Option<EdmVersion>,
    findings: &mut Findings,
) {
    let authority = &shared.spec.authority;
    let expected = Expected {
        action: profile::EXECUTE_QUERY_REQUEST,
        version,
        sender: requester(request).map(|agent| (agent.id.as_str(), agent.scheme.as_str())),
        recipient: Some((&authority.id, &authority.scheme)),
        conversation: None,
        exchange: None,
    };
    for finding in inspect::header(delivered.message.get(), &expected) {
        findings.add(finding);
    }
    let parts = delivered.message.get().payloads().len();
    findings.expect(parts == 1, || format!("a request with {parts} parts"));
}

fn agents(shared: &Shared, request: &ReceivedRequest, findings: &mut Findings) {
    let of_class = |class: &str| {
        let agents = request.requesters.iter();
        agents
            .filter(|agent| agent.class.as_deref() == Some(class))
            .collect::<Vec<_>>()
    };
    let country = &shared.spec.peer_platform.country;
    match of_class("ER").as_slice() {
        [one] => findings.equal("country of the requester", one.country.as_deref(), country),
        found => findings.add(format!(
            "{} requesters of class ER instead of one",
            found.len()
        )),
    }
    // The German platform marks itself IP and names the responsible body as ER.
    let platform = &shared.spec.peer_platform;
    match of_class("IP").as_slice() {
        [one] => {
            findings.equal("platform", Some(&one.id), &platform.id);
            findings.equal(
                "scheme of the platform",
                Some(&one.scheme),
                &platform.scheme,
            );
        }
        found => findings.add(format!(
            "{} requesters of class IP instead of one",
            found.len()
        )),
    }
    let authority = &shared.spec.authority;
    findings.equal("provider", Some(&request.provider.id), &authority.id);
    findings.equal(
        "scheme of the provider",
        Some(&request.provider.scheme),
        &authority.scheme,
    );
    let plain = request.provider.class.is_none() && request.provider.country.is_none();
    findings.expect(plain, || {
        "the provider has more than identifier and name".to_owned()
    });
}

fn content(
    shared: &Shared,
    request: &ReceivedRequest,
    version: Option<EdmVersion>,
    findings: &mut Findings,
) {
    findings.expect(urn_uuid(&request.id).is_some(), || {
        "the request id is no urn:uuid".to_owned()
    });
    findings.expect(request.explicit, || {
        "ExplicitRequestGiven is false".to_owned()
    });
    findings.expect(!request.requirements.is_empty(), || {
        "no requirement is named".to_owned()
    });
    let second = request.preview_location.is_some();
    let returns = request.return_location.is_some();
    let fits = if version == Some(EdmVersion::V2_0) {
        second == returns
    } else {
        !returns
    };
    findings.expect(fits, || {
        "ReturnLocation does not fit to PreviewLocation".to_owned()
    });
    let assurance = request
        .person
        .as_ref()
        .and_then(|person| person.assurance.as_deref());
    findings.expect(
        matches!(assurance, None | Some("Low" | "Substantial" | "High")),
        || format!("level of assurance {assurance:?}"),
    );
    findings.expect(request.person.is_none() || assurance.is_some(), || {
        "the person has no level of assurance".to_owned()
    });
    let Some(offer) = shared.find_offer(request) else {
        return findings.add("this provider has not the requested evidence type");
    };
    findings.expect(
        version.is_none_or(|version| offer.versions.contains(&version)),
        || {
            format!(
                "{} is not published for this evidence type",
                request.version
            )
        },
    );
    let evidence = &offer.evidence;
    findings.equal(
        "evidence type identifier",
        Some(&request.evidence_identifier),
        &evidence.identifier,
    );
    findings.expect(request.formats == [evidence.format.clone()], || {
        format!(
            "formats {:?} instead of {}",
            request.formats, evidence.format
        )
    });
    findings.expect(request.conforms_to == evidence.conforms_to, || {
        format!(
            "data model {:?} instead of {:?}",
            request.conforms_to, evidence.conforms_to
        )
    });
}
