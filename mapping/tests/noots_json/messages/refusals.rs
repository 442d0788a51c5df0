//! What a refusal says about the message, and what it keeps to itself.

use super::{changed, refusal};
use crate::example::{self, order, request};
use mapping::noots::MessageType;
use serde_json::json;

#[test]
fn a_refused_message_can_still_be_answered() {
    let root = "/DE.EvidenceOrder.0401";
    let mut message = changed(&order(), &format!("{root}/Procedure"), json!(1));
    message["DE.EvidenceOrder.0401"]["Colour"] = json!("red");
    let invalid = refusal(&message);
    let about = invalid.about();
    assert_eq!(about.message_type, Some(MessageType::EvidenceOrder));
    assert_eq!(about.message_id.unwrap().to_string(), example::MESSAGE_ID);
    assert_eq!(
        about.author.as_ref().unwrap().name,
        "Intermediäre Plattform"
    );
    assert!(about.requesters.is_some());
}

#[test]
fn findings_never_quote_values() {
    let place = "/DE.EvidenceRequest.0301/Query/LegalOrNaturalPerson/NaturalPerson";
    for (member, value) in [
        ("DateOfBirth", json!("SECRET")),
        ("IDNr", json!("SECRET")),
        (
            "Identifier",
            json!({"value": "SECRET", "schemeID": "eidas"}),
        ),
        ("Nationality", json!([example::country("SECRET")])),
    ] {
        let invalid = refusal(&changed(&request(), &format!("{place}/{member}"), value));
        assert!(
            !format!("{invalid} {invalid:?}").contains("SECRET"),
            "{invalid}"
        );
    }
}
