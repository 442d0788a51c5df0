//! One function per message.

use super::{agent, evidence, header, subject};
use crate::noots::Message;
use crate::noots::agent::{Agent, Agents};
use crate::noots::code::{AgentClass, CodeList, MessageType, Status};
use crate::noots::evidence::{Availability, ProvidedObject};
use crate::noots::evidence_order::{EvidenceOrder, EvidenceOrderResponse, Requirement};
use crate::noots::evidence_request::{EvidenceRequest, IssuedToken};
use crate::noots::evidence_response::{EvidenceErrorResponse, EvidenceResponse, Exception};
use crate::noots::get_evidence::{EvidenceResult, GetEvidence, GetEvidenceResponse};
use crate::noots::id::{DateTime, MessageId, ProcedureCode};
use crate::noots::invalid::{Finding, Rule};
use crate::noots::json::cursor::{Fields, Node, Read, broken, malformed};
use crate::noots::subject::{Representative, SectorAttribute};

/// Reads the message of this type.
pub(super) fn read(message_type: MessageType, node: Node<'_>) -> Read<Message> {
    node.fields(|fields| {
        Ok(match message_type {
            MessageType::EvidenceRequest => {
                Message::EvidenceRequest(Box::new(evidence_request(fields)?))
            }
            MessageType::EvidenceResponse => {
                Message::EvidenceResponse(Box::new(evidence_response(fields)?))
            }
            MessageType::EvidenceErrorResponse => {
                Message::EvidenceErrorResponse(Box::new(error(fields, message_type)?))
            }
            MessageType::EvidenceOrder => Message::EvidenceOrder(Box::new(evidence_order(fields)?)),
            MessageType::EvidenceOrderResponse => {
                Message::EvidenceOrderResponse(Box::new(order_response(fields)?))
            }
            MessageType::EvidenceOrderErrorResponse => {
                Message::EvidenceOrderErrorResponse(Box::new(error(fields, message_type)?))
            }
            MessageType::GetEvidence => Message::GetEvidence(Box::new(get_evidence(fields)?)),
            MessageType::GetEvidenceResponse => {
                Message::GetEvidenceResponse(Box::new(get_evidence_response(fields)?))
            }
            MessageType::GetEvidenceErrorResponse => {
                Message::GetEvidenceErrorResponse(Box::new(error(fields, message_type)?))
            }
        })
    })
}

/// `SpecificationIdentifier` and `IssueDateTime`: in every message.
fn issued(fields: &mut Fields<'_>) -> Read<DateTime> {
    fields.required("SpecificationIdentifier", |node| {
        node.fixed("urn:xoev-de:bva:standard:xnachweis_1.4.0")
    })?;
    fields.required("IssueDateTime", Node::parsed)
}

fn token(fields: &mut Fields<'_>) -> Read<Option<IssuedToken>> {
    Ok(fields
        .optional("IssuedToken", Node::string)?
        .map(IssuedToken::new))
}

fn urn(node: Node<'_>) -> Read<MessageId> {
    MessageId::from_urn(node.text()?).map_err(malformed)
}

/// The agent of a role that must be filled by exactly this kind of body.
fn agent_of(node: Node<'_>, class: AgentClass) -> Read<Agent> {
    let agent = agent::agent(node)?;
    if agent.class == class {
        Ok(agent)
    } else {
        Err(Finding::new(Rule::Fixed, format!("not {class}"))
            .below("code")
            .below("Classification"))
    }
}

fn status(fields: &mut Fields<'_>, accepted: &[Status]) -> Read<Status> {
    fields.required("Status", |node| {
        let status: Status = node.code(CodeList::ResponseStatus)?;
        if accepted.contains(&status) {
            Ok(status)
        } else {
            Err(Finding::new(Rule::Fixed, "not a status of this message").below("code"))
        }
    })
}

/// A status that says something else than the answer holds makes the answer ambiguous.
fn agree(stated: Status, held: Status) -> Read<()> {
    if stated == held {
        Ok(())
    } else {
        let problem = "the status does not agree with what the answer holds";
        Err(Finding::new(Rule::Fixed, problem)
            .below("code")
            .below("Status"))
    }
}

fn evidence_request(fields: &mut Fields<'_>) -> Read<EvidenceRequest> {
    let header = header(fields, MessageType::EvidenceRequest)?;
    let issued_at = issued(fields)?;
    let legal_basis = fields.optional("Rechtsgrundlage", Node::string)?;
    let purpose = fields.optional("Verarbeitungszweck", Node::string)?;
    let language = fields.required("lang", agent::language)?;
    let token = token(fields)?;
    let requesters = fields.required("EvidenceRequester", agent::agents)?;
    let provider = fields.required("EvidenceProvider", |node| {
        agent_of(node, AgentClass::EvidenceProvider)
    })?;
    fields.required("Query", |node| {
        node.fields(|fields| {
            let (representative, subject) = subject::query(fields)?;
            let evidence_type = fields.required("RequestedEvidenceType", evidence::requested)?;
            let jurisdiction =
                fields.optional("JurisdictionParameters", |node| node.code(CodeList::Ars))?;
            Ok(EvidenceRequest {
                header,
                issued_at,
                legal_basis,
                purpose,
                language,
                token,
                requesters,
                provider,
                representative,
                subject,
                evidence_type,
                jurisdiction,
            })
        })
    })
}

fn evidence_response(fields: &mut Fields<'_>) -> Read<EvidenceResponse> {
    let response = EvidenceResponse {
        header: header(fields, MessageType::EvidenceResponse)?,
        request_id: fields.required("requestid", urn)?,
        issued_at: issued(fields)?,
        requesters: fields.required("EvidenceRequester", agent::agents)?,
        id: fields.required("EvidenceResponseIdentifier", Node::parsed)?,
        providers: fields.required("EvidenceProvider", agent::agents)?,
        availability: fields.required("EvidenceAvailability", evidence::provided)?,
    };
    agree(
        status(fields, &[Status::Success, Status::Unavailable])?,
        response.status(),
    )?;
    check_references(&response)?;
    Ok(response)
}

/// [XN-R7] every document names a provider of the message.
fn check_references(response: &EvidenceResponse) -> Read<()> {
    let Availability::Now(objects) = &response.availability else {
        return Ok(());
    };
    let providers = response.providers.as_slice();
    let known = |object: &ProvidedObject| {
        providers
            .iter()
            .any(|agent| agent.identifier == object.provider)
    };
    match objects.iter().position(|object| !known(object)) {
        None => Ok(()),
        Some(place) => Err(broken(Rule::ProviderReference)
            .below("EvidenceProviderReference")
            .below(&place.to_string())
            .below("RegistryObject")
            .below("EvidenceAvailability")),
    }
}

fn error(fields: &mut Fields<'_>, message_type: MessageType) -> Read<EvidenceErrorResponse> {
    let header = header(fields, message_type)?;
    status(fields, &[Status::Failure])?;
    Ok(EvidenceErrorResponse {
        header,
        request_id: fields.required("requestid", urn)?,
        id: fields.required("EvidenceResponseIdentifier", Node::parsed)?,
        issued_at: issued(fields)?,
        error_provider: fields.required("ErrorProvider", agent::agent)?,
        requesters: fields.required("EvidenceRequester", agent::agents)?,
        exceptions: fields.one_or_more("Exception", exception)?,
    })
}

fn exception(node: Node<'_>) -> Read<Exception> {
    node.fields(|fields| {
        // Without hyphen in "ebxmlregrep", unlike the EDM value.
        fields.required("Severity", |node| {
            node.fixed("urn:oasis:names:tc:ebxmlregrep:ErrorSeverityType:Error")
        })?;
        Ok(Exception {
            code: fields.required("Code", |node| node.code(CodeList::ErrorCodes))?,
            detail: fields.optional("Detail", Node::string)?,
            at: fields.optional("Timestamp", Node::parsed)?,
        })
    })
}

fn evidence_order(fields: &mut Fields<'_>) -> Read<EvidenceOrder> {
    let header = header(fields, MessageType::EvidenceOrder)?;
    let issued_at = issued(fields)?;
    let legal_basis = fields.optional("Rechtsgrundlage", Node::string)?;
    let purpose = fields.optional("Verarbeitungszweck", Node::string)?;
    let language = fields.required("lang", agent::language)?;
    let token = token(fields)?;
    let platform = fields.required("EvidenceProvider", |node| {
        agent_of(node, AgentClass::IntermediaryPlatform)
    })?;
    let requesters = fields.required("EvidenceRequester", agent::agents)?;
    let procedure = fields.required("Procedure", |node| node.code(CodeList::Procedures))?;
    let requirements = fields.any_number("Requirement", requirement)?;
    let return_url = fields.required("BackToEvidenceRequesterURL", Node::parsed)?;
    let (representative, subject) = fields.required("Query", |node| {
        node.fields(|fields| {
            let (representative, subject) = subject::query(fields)?;
            check_power(representative.as_ref(), &procedure)?;
            Ok((representative, subject))
        })
    })?;
    Ok(EvidenceOrder {
        header,
        issued_at,
        legal_basis,
        purpose,
        language,
        token,
        platform,
        requesters,
        procedure,
        requirements,
        representative,
        subject,
        return_url,
    })
}

/// [XN-R6] the power of representation is for this procedure. The published rule looks for the
/// procedure in every message; only 0401 has it.
fn check_power(representative: Option<&Representative>, procedure: &ProcedureCode) -> Read<()> {
    let attributes = representative
        .map(Representative::sector_attributes)
        .unwrap_or_default();
    let other = |attribute: &SectorAttribute| {
        attribute.name == SectorAttribute::POWER_OF_REPRESENTATION
            && attribute.value != procedure.as_str()
    };
    if attributes.iter().any(other) {
        return Err(broken(Rule::PowerOfRepresentation).below("AuthorizedRepresentative"));
    }
    Ok(())
}

fn requirement(node: Node<'_>) -> Read<Requirement> {
    node.fields(|fields| {
        Ok(Requirement {
            id: fields.required("Identifier", Node::parsed)?,
            name: fields.required("Name", agent::text)?,
            country: fields.optional("Country", |node| node.code(CodeList::Countries))?,
        })
    })
}

fn order_response(fields: &mut Fields<'_>) -> Read<EvidenceOrderResponse> {
    let header = header(fields, MessageType::EvidenceOrderResponse)?;
    status(fields, &[Status::Success])?;
    Ok(EvidenceOrderResponse {
        header,
        order_id: fields.required("orderid", urn)?,
        issued_at: issued(fields)?,
        requesters: fields.required("EvidenceRequester", agent::agents)?,
        providers: fields.required("EvidenceProvider", agent::agents)?,
        id: fields.required("OrderResponseIdentifier", Node::parsed)?,
        url_to_platform: fields.required("URLtoIP", Node::string)?,
        conversation_id: fields.required("ConversationID", Node::parsed)?,
    })
}

fn get_evidence(fields: &mut Fields<'_>) -> Read<GetEvidence> {
    Ok(GetEvidence {
        header: header(fields, MessageType::GetEvidence)?,
        issued_at: issued(fields)?,
        legal_basis: fields.optional("Rechtsgrundlage", Node::string)?,
        purpose: fields.optional("Verarbeitungszweck", Node::string)?,
        conversation_id: fields.required("ConversationID", Node::parsed)?,
    })
}

fn get_evidence_response(fields: &mut Fields<'_>) -> Read<GetEvidenceResponse> {
    let response = GetEvidenceResponse {
        header: header(fields, MessageType::GetEvidenceResponse)?,
        request_id: fields.required("getevidenceid", urn)?,
        issued_at: issued(fields)?,
        requesters: fields.required("EvidenceRequester", agent::agents)?,
        id: fields.required("GetEvidenceResponseIdentifier", Node::parsed)?,
        results: fields.one_or_more("EvidenceResponse", result)?,
    };
    agree(
        status(fields, &[Status::Success, Status::Unavailable])?,
        response.status(),
    )?;
    Ok(response)
}

fn result(node: Node<'_>) -> Read<EvidenceResult> {
    node.fields(|fields| {
        let providers: Agents = fields.required("EvidenceProvider", agent::agents)?;
        for class in [
            AgentClass::EvidenceProvider,
            AgentClass::IntermediaryPlatform,
        ] {
            if providers.with_class(class).is_none() {
                let problem = format!("no agent of class {class}");
                return Err(Finding::new(Rule::Cardinality, problem).below("EvidenceProvider"));
            }
        }
        let availability = fields.required("EvidenceOrTimeAvailable", evidence::retrieved)?;
        Ok(EvidenceResult {
            providers,
            availability,
        })
    })
}
