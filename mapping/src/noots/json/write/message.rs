//! One function per message.

use super::{Object, Pen, evidence, party, subject};
use crate::noots::Message;
use crate::noots::code::{CodeList, Status};
use crate::noots::evidence::Availability;
use crate::noots::evidence_order::{EvidenceOrder, EvidenceOrderResponse, Requirement};
use crate::noots::evidence_request::EvidenceRequest;
use crate::noots::evidence_response::{EvidenceErrorResponse, EvidenceResponse, Exception};
use crate::noots::get_evidence::{EvidenceResult, GetEvidence, GetEvidenceResponse};
use crate::noots::id::DateTime;

pub(super) fn write(object: &mut Object<'_>, message: &Message) {
    party::header(object, message.header(), message.message_type());
    match message {
        Message::EvidenceRequest(request) => evidence_request(object, request),
        Message::EvidenceResponse(response) => evidence_response(object, response),
        Message::EvidenceOrder(order) => evidence_order(object, order),
        Message::EvidenceOrderResponse(response) => order_response(object, response),
        Message::GetEvidence(request) => get_evidence(object, request),
        Message::GetEvidenceResponse(response) => get_evidence_response(object, response),
        Message::EvidenceErrorResponse(error)
        | Message::EvidenceOrderErrorResponse(error)
        | Message::GetEvidenceErrorResponse(error) => error_response(object, error),
    }
}

fn issued(object: &mut Object<'_>, at: DateTime) {
    object.text(
        "SpecificationIdentifier",
        "urn:xoev-de:bva:standard:xnachweis_1.4.0",
    );
    object.shown("IssueDateTime", at);
}

fn purpose(object: &mut Object<'_>, legal_basis: Option<&str>, purpose: Option<&str>) {
    object.text_if("Rechtsgrundlage", legal_basis);
    object.text_if("Verarbeitungszweck", purpose);
}

fn status(object: &mut Object<'_>, status: Status) {
    object.code("Status", CodeList::ResponseStatus, status.as_str());
}

fn evidence_request(object: &mut Object<'_>, request: &EvidenceRequest) {
    issued(object, request.issued_at);
    purpose(
        object,
        request.legal_basis.as_deref(),
        request.purpose.as_deref(),
    );
    object.code("lang", CodeList::Languages, request.language.as_str());
    object.text_if(
        "IssuedToken",
        request.token.as_ref().map(|token| token.expose()),
    );
    party::agents(object, "EvidenceRequester", &request.requesters);
    object.member("EvidenceProvider", |pen| {
        party::agent(pen, &request.provider)
    });
    object.object("Query", |object| {
        subject::query(object, request.representative.as_ref(), &request.subject);
        object.object("RequestedEvidenceType", |object| {
            evidence::requested(object, &request.evidence_type);
        });
        let place = request.jurisdiction.as_ref().map(|ars| ars.as_str());
        object.code_if("JurisdictionParameters", CodeList::Ars, place);
    });
}

fn evidence_response(object: &mut Object<'_>, response: &EvidenceResponse) {
    object.text("requestid", &response.request_id.urn());
    status(object, response.status());
    issued(object, response.issued_at);
    party::agents(object, "EvidenceRequester", &response.requesters);
    object.shown("EvidenceResponseIdentifier", response.id);
    party::agents(object, "EvidenceProvider", &response.providers);
    object.object("EvidenceAvailability", |object| {
        match &response.availability {
            Availability::Now(objects) => {
                object.array("RegistryObject", objects, evidence::provided)
            }
            // [XN-B3] the schema allows several times here, so it is an array
            Availability::At(time) => {
                object.array("ResponseAvailableDateTime", &[*time], |pen, time| {
                    pen.text(&time.to_string());
                })
            }
        }
    });
}

fn error_response(object: &mut Object<'_>, error: &EvidenceErrorResponse) {
    object.text("requestid", &error.request_id.urn());
    status(object, Status::Failure);
    issued(object, error.issued_at);
    object.shown("EvidenceResponseIdentifier", error.id);
    object.member("ErrorProvider", |pen| {
        party::agent(pen, &error.error_provider)
    });
    party::agents(object, "EvidenceRequester", &error.requesters);
    object.array("Exception", &error.exceptions, exception);
}

fn exception(pen: &mut Pen, exception: &Exception) {
    pen.object(|object| {
        object.code("Code", CodeList::ErrorCodes, &exception.code.to_string());
        object.text_if("Detail", exception.detail.as_deref());
        if let Some(at) = exception.at {
            object.shown("Timestamp", at);
        }
        object.text(
            "Severity",
            "urn:oasis:names:tc:ebxmlregrep:ErrorSeverityType:Error",
        );
    });
}

fn evidence_order(object: &mut Object<'_>, order: &EvidenceOrder) {
    issued(object, order.issued_at);
    purpose(
        object,
        order.legal_basis.as_deref(),
        order.purpose.as_deref(),
    );
    object.code("lang", CodeList::Languages, order.language.as_str());
    object.text_if(
        "IssuedToken",
        order.token.as_ref().map(|token| token.expose()),
    );
    object.member("EvidenceProvider", |pen| party::agent(pen, &order.platform));
    party::agents(object, "EvidenceRequester", &order.requesters);
    object.code("Procedure", CodeList::Procedures, order.procedure.as_str());
    object.array("Requirement", &order.requirements, requirement);
    object.object("Query", |object| {
        subject::query(object, order.representative.as_ref(), &order.subject);
    });
    object.text("BackToEvidenceRequesterURL", order.return_url.as_str());
}

fn requirement(pen: &mut Pen, requirement: &Requirement) {
    pen.object(|object| {
        object.text("Identifier", requirement.id.as_str());
        object.member("Name", |pen| party::text(pen, &requirement.name));
        let country = requirement.country.as_ref().map(|code| code.as_str());
        object.code_if("Country", CodeList::Countries, country);
    });
}

fn order_response(object: &mut Object<'_>, response: &EvidenceOrderResponse) {
    object.text("orderid", &response.order_id.urn());
    status(object, Status::Success);
    issued(object, response.issued_at);
    party::agents(object, "EvidenceRequester", &response.requesters);
    party::agents(object, "EvidenceProvider", &response.providers);
    object.shown("OrderResponseIdentifier", response.id);
    object.text("URLtoIP", &response.url_to_platform);
    object.shown("ConversationID", response.conversation_id);
}

fn get_evidence(object: &mut Object<'_>, request: &GetEvidence) {
    issued(object, request.issued_at);
    purpose(
        object,
        request.legal_basis.as_deref(),
        request.purpose.as_deref(),
    );
    object.shown("ConversationID", request.conversation_id);
}

fn get_evidence_response(object: &mut Object<'_>, response: &GetEvidenceResponse) {
    object.text("getevidenceid", &response.request_id.urn());
    status(object, response.status());
    issued(object, response.issued_at);
    party::agents(object, "EvidenceRequester", &response.requesters);
    object.shown("GetEvidenceResponseIdentifier", response.id);
    object.array("EvidenceResponse", &response.results, result);
}

fn result(pen: &mut Pen, result: &EvidenceResult) {
    pen.object(|object| {
        party::agents(object, "EvidenceProvider", &result.providers);
        object.object("EvidenceOrTimeAvailable", |object| {
            match &result.availability {
                Availability::Now(objects) => {
                    object.array("RegistryObject", objects, evidence::retrieved);
                }
                Availability::At(time) => object.shown("ResponseAvailableDateTime", *time),
            }
        });
    });
}
