use super::*;

fn authority(id: &str, country: &str) -> Authority {
    Authority {
        id: id.to_owned(),
        scheme: "urn:cef.eu:names:identifier:EAS:0009".to_owned(),
        name: format!("Authority {id}"),
        lang: "EN".to_owned(),
        country: country.to_owned(),
    }
}

fn evidence() -> EvidenceTypeFacts {
    EvidenceTypeFacts {
        identifier: "41170824-15d9-4c16-984e-63b75b937b8c".to_owned(),
        classification: "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e".to_owned(),
        title: "Certificate of Birth".to_owned(),
        format: "application/pdf".to_owned(),
        conforms_to: None,
    }
}

pub(crate) fn request_facts(version: EdmVersion) -> RequestFacts {
    RequestFacts {
        version,
        id: "4ffb5281-179d-4578-adf2-39fd13ccc797".to_owned(),
        issued: "2026-11-23T10:00:00Z".parse().unwrap(),
        procedure: "T1".to_owned(),
        preview_possible: false,
        explicit: true,
        preview_location: None,
        return_location: None,
        requirements: vec![RequirementFacts {
            id: "https://sr.oots.tech.ec.europa.eu/requirements/df81cba1-1936-46fe-ad4b-53254b79bf55".to_owned(),
            name: "Proof of birth".to_owned(),
        }],
        requester: authority("00000000000002", "FR"),
        platform: Some(authority("00000000000003", "FR")),
        provider: authority("08111000-0001-11", "DE"),
        subject: TestPerson::planted("FR/DE/AT-PII-7f3c91"),
        evidence: evidence(),
        language: "EN".to_owned(),
    }
}

pub(crate) fn response_facts(version: EdmVersion, documents: usize) -> ResponseFacts {
    let uuid = |n: usize| format!("1a2b3c4d-0000-4000-8000-{n:012}");
    ResponseFacts {
        version,
        request_id: "urn:uuid:4ffb5281-179d-4578-adf2-39fd13ccc797".to_owned(),
        fresh_ids: (0..=2 * documents).map(uuid).collect(),
        issued: "2026-11-23T10:00:00Z".parse().unwrap(),
        provider: authority("00000000000001", "FR"),
        platform: None,
        requester: ReceivedAgent {
            id: "DE1".to_owned(),
            scheme: "urn:cef.eu:names:identifier:EAS:9930".to_owned(),
            name: "Amt".to_owned(),
            lang: "DE".to_owned(),
            ..ReceivedAgent::default()
        },
        documents: (0..documents)
            .map(|n| DocumentFacts {
                object_id: uuid(100 + n),
                evidence_id: uuid(200 + n),
                evidence: evidence(),
                subject: TestPerson::ordinary("DE/FR/123456789"),
                cid: format!("{n}@oots.example"),
            })
            .collect(),
        available: None,
    }
}

/// Reads a message that the platform's codec accepts as well
#[track_caller]
fn accepted(content: &[u8]) -> Received {
    assert_eq!(crate::simulator::opinion::edm(content), [""; 0]);
    read(content).unwrap()
}

#[test]
fn a_written_request_is_read_back_in_both_versions() {
    for version in [EdmVersion::V1_2, EdmVersion::V2_0] {
        let facts = request_facts(version);
        let Received::Request(read) = accepted(&request(&facts)) else {
            panic!()
        };
        assert_eq!(read.version, version.as_str());
        assert_eq!(read.id, format!("urn:uuid:{}", facts.id));
        assert_eq!(read.procedure, "T1");
        assert_eq!((read.preview_possible, read.explicit), (false, true));
        let classes: Vec<_> = read
            .requesters
            .iter()
            .map(|agent| agent.class.as_deref())
            .collect();
        assert_eq!(classes, [Some("ER"), Some("IP")]);
        assert_eq!(read.person.unwrap().family_name, facts.subject.family_name);
    }
}

#[test]
fn a_written_response_is_read_back_in_both_versions() {
    for version in [EdmVersion::V1_2, EdmVersion::V2_0] {
        let facts = response_facts(version, 2);
        let Received::Response(read) = accepted(&response(&facts)) else {
            panic!()
        };
        assert_eq!(read.status, "Success");
        let cids: Vec<_> = read
            .documents
            .iter()
            .map(|document| document.cid.as_str())
            .collect();
        assert_eq!(cids, ["0@oots.example", "1@oots.example"]);
    }
}

#[test]
fn a_promise_is_unavailable_without_documents() {
    let mut facts = response_facts(EdmVersion::V2_0, 0);
    facts.available = Some(facts.issued);
    let Received::Response(read) = accepted(&response(&facts)) else {
        panic!()
    };
    assert_eq!(
        (read.status.as_str(), read.documents.len()),
        ("Unavailable", 0)
    );
    assert!(read.available.is_some());
}

#[test]
fn a_written_error_is_read_back() {
    let base = response_facts(EdmVersion::V1_2, 0);
    let facts = ErrorFacts {
        version: base.version,
        request_id: Some(base.request_id.clone()),
        response_id: "530ad1e2-5eaf-4a9a-8192-227432eea95d".to_owned(),
        issued: base.issued,
        provider: base.provider.clone(),
        requester: Some(base.requester.clone()),
        code: "EDM:ERR:0004".to_owned(),
        detail: Some("nobody".to_owned()),
        preview_location: None,
    };
    let Received::Error(read) = accepted(&error(&facts)) else {
        panic!()
    };
    let exception = &read.exceptions[0];
    assert_eq!(
        (exception.kind.as_str(), exception.code.as_str()),
        ("ObjectNotFoundExceptionType", "EDM:ERR:0004")
    );
    assert_eq!(exception.detail.as_deref(), Some("nobody"));
}

#[test]
fn an_unknown_or_repeated_slot_is_an_error() {
    let text = String::from_utf8(request(&request_facts(EdmVersion::V2_0))).unwrap();
    let unknown = text.replace("name=\"Procedure\"", "name=\"Prozedur\"");
    assert!(read(unknown.as_bytes()).unwrap_err().contains("Prozedur"));
    let repeated = text.replace(
        "name=\"ExplicitRequestGiven\"",
        "name=\"PossibilityForPreview\"",
    );
    assert!(read(repeated.as_bytes()).unwrap_err().contains("repeated"));
}
