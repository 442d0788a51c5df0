//! The messages themselves, each with its header.

use super::evidence::{availability, distributed_as, object};
use super::person::{representative, subject};
use super::{
    agent, both_providers, classification, country, language, message_id, parsed, requesters,
    response_id, some, text, time, titled, uuid,
};
use mapping::noots::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn header() -> BoxedStrategy<Header> {
    let product = (text(), text(), of(text())).prop_map(|(name, maker, version)| Product {
        name,
        maker,
        version,
    });
    (product, of(text()), message_id(), time(), party(), party())
        .prop_map(|(product, test, id, created_at, reader, author)| Header {
            product,
            test,
            id,
            created_at,
            reader,
            author,
        })
        .boxed()
}

fn party() -> BoxedStrategy<Party> {
    let channel =
        (text(), text(), of(text())).prop_map(|(kind, id, note)| Channel { kind, id, note });
    (text(), text(), text(), vec(channel, 0..3))
        .prop_map(|(directory, id, name, channels)| Party {
            directory,
            id,
            name,
            channels,
        })
        .boxed()
}

pub(super) fn evidence_request() -> BoxedStrategy<EvidenceRequest> {
    let requested = (
        classification(),
        some(titled()),
        vec(titled(), 0..2),
        uuid(),
        distributed_as(),
    )
        .prop_map(|(classification, titles, descriptions, id, distribution)| {
            RequestedEvidenceType {
                classification,
                titles,
                descriptions,
                id: DataServiceId::new(id),
                distribution,
            }
        });
    let first = (
        header(),
        time(),
        of(text()),
        of(text()),
        language(),
        of(text()),
    );
    let second = (
        requesters(),
        agent(AgentClass::EvidenceProvider),
        of(representative()),
        subject(),
    );
    (first, second, requested, of(parsed::<Ars>("[0-9]{12}")))
        .prop_map(
            |(first, second, evidence_type, jurisdiction)| EvidenceRequest {
                header: first.0,
                issued_at: first.1,
                legal_basis: first.2,
                purpose: first.3,
                language: first.4,
                token: first.5.map(IssuedToken::new),
                requesters: second.0,
                provider: second.1,
                representative: second.2,
                subject: second.3,
                evidence_type,
                jurisdiction,
            },
        )
        .boxed()
}

pub(super) fn evidence_response() -> BoxedStrategy<EvidenceResponse> {
    let provided = availability(object());
    (
        header(),
        message_id(),
        time(),
        requesters(),
        response_id(),
        agent(AgentClass::EvidenceProvider),
        provided,
    )
        .prop_map(
            |(header, request_id, issued_at, requesters, id, provider, availability)| {
                EvidenceResponse {
                    header,
                    request_id,
                    issued_at,
                    requesters,
                    id,
                    availability: match availability {
                        Availability::At(time) => Availability::At(time),
                        Availability::Now(objects) => {
                            let reference = |object| ProvidedObject {
                                object,
                                provider: provider.identifier.clone(),
                            };
                            let objects = objects.into_vec().into_iter().map(reference).collect();
                            Availability::Now(OneOrMore::new(objects).unwrap())
                        }
                    },
                    providers: Agents::one(provider).unwrap(),
                }
            },
        )
        .boxed()
}

pub(super) fn error() -> BoxedStrategy<Box<EvidenceErrorResponse>> {
    let code = parsed::<ErrorCode>("(EDM:ERR:000[0-9]|NOOTS:ERR:0[0-9]{3}|[A-Z]{1,9})");
    let exception = (code, of(text()), of(time())).prop_map(|(code, detail, at)| Exception {
        code,
        detail,
        at,
    });
    let provider = agent(AgentClass::ErrorProvider);
    (
        header(),
        message_id(),
        response_id(),
        time(),
        provider,
        requesters(),
        some(exception),
    )
        .prop_map(
            |(header, request_id, id, issued_at, error_provider, requesters, exceptions)| {
                Box::new(EvidenceErrorResponse {
                    header,
                    request_id,
                    id,
                    issued_at,
                    error_provider,
                    requesters,
                    exceptions,
                })
            },
        )
        .boxed()
}

pub(super) fn evidence_order() -> BoxedStrategy<EvidenceOrder> {
    let requirement =
        (uuid(), titled(), of(country())).prop_map(|(id, name, country)| Requirement {
            id: format!("https://sr.oots.tech.ec.europa.eu/requirements/{id}")
                .parse()
                .unwrap(),
            name,
            country,
        });
    let first = (
        header(),
        time(),
        of(text()),
        of(text()),
        language(),
        of(text()),
    );
    let second = (
        agent(AgentClass::IntermediaryPlatform),
        requesters(),
        parsed::<ProcedureCode>("[A-Z]{1,2}[0-9]"),
    );
    let third = (vec(requirement, 0..3), of(representative()), subject());
    let back =
        parsed::<ReturnUrl>("https://[a-z]{1,9}\\.example\\.de/[a-z0-9/]{0,9}(\\?[a-z]=%20)?");
    (first, second, third, back)
        .prop_map(|(first, second, third, return_url)| EvidenceOrder {
            header: first.0,
            issued_at: first.1,
            legal_basis: first.2,
            purpose: first.3,
            language: first.4,
            token: first.5.map(IssuedToken::new),
            platform: second.0,
            requesters: second.1,
            procedure: second.2,
            requirements: third.0,
            representative: third.1,
            subject: third.2,
            return_url,
        })
        .boxed()
}

pub(super) fn order_response() -> BoxedStrategy<EvidenceOrderResponse> {
    (
        header(),
        message_id(),
        time(),
        requesters(),
        both_providers(),
        response_id(),
        text(),
        uuid(),
    )
        .prop_map(
            |(
                header,
                order_id,
                issued_at,
                requesters,
                providers,
                id,
                url_to_platform,
                conversation,
            )| {
                EvidenceOrderResponse {
                    header,
                    order_id,
                    issued_at,
                    requesters,
                    providers,
                    id,
                    url_to_platform,
                    conversation_id: ConversationId::new(conversation),
                }
            },
        )
        .boxed()
}

pub(super) fn get_evidence() -> BoxedStrategy<GetEvidence> {
    (header(), time(), of(text()), of(text()), uuid())
        .prop_map(
            |(header, issued_at, legal_basis, purpose, conversation)| GetEvidence {
                header,
                issued_at,
                legal_basis,
                purpose,
                conversation_id: ConversationId::new(conversation),
            },
        )
        .boxed()
}

pub(super) fn get_evidence_response() -> BoxedStrategy<GetEvidenceResponse> {
    let result =
        (both_providers(), availability(object())).prop_map(|(providers, availability)| {
            EvidenceResult {
                providers,
                availability,
            }
        });
    (
        header(),
        message_id(),
        time(),
        requesters(),
        response_id(),
        some(result),
    )
        .prop_map(
            |(header, request_id, issued_at, requesters, id, results)| GetEvidenceResponse {
                header,
                request_id,
                issued_at,
                requesters,
                id,
                results,
            },
        )
        .boxed()
}
