//! Arbitrary national messages.

#[path = "any/evidence.rs"]
mod evidence;
#[path = "any/messages.rs"]
mod messages;
#[path = "any/person.rs"]
mod person;

use jiff::Timestamp;
use jiff::civil::Date;
use mapping::noots::*;
use messages::{
    error, evidence_order, evidence_request, evidence_response, get_evidence,
    get_evidence_response, order_response,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use uuid::Uuid;

/// Whatever XML can carry, with the characters JSON escapes well represented.
fn text() -> impl Strategy<Value = String> {
    "([a-zA-ZäöüßŻ0-9 \"\\\\/\n\t\r<>&\u{7f}\u{1f600}\u{fffd}]{0,12})"
}

fn parsed<T: std::str::FromStr<Err = Malformed> + std::fmt::Debug>(
    pattern: &'static str,
) -> impl Strategy<Value = T> {
    pattern.prop_map(|text: String| text.parse().unwrap())
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn message_id() -> BoxedStrategy<MessageId> {
    uuid().prop_map(MessageId::new).boxed()
}

fn response_id() -> BoxedStrategy<ResponseId> {
    uuid().prop_map(ResponseId::new).boxed()
}

fn time() -> BoxedStrategy<DateTime> {
    (-60_000_000_000_i64..250_000_000_000_000)
        .prop_map(|ms| Timestamp::from_millisecond(ms).unwrap().into())
        .boxed()
}

fn date() -> BoxedStrategy<Date> {
    (1900_i16..2100, 1_i8..13, 1_i8..29)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
        .boxed()
}

fn language() -> BoxedStrategy<LanguageCode> {
    parsed("[a-z]{2}").boxed()
}

fn country() -> BoxedStrategy<CountryCode> {
    parsed("[A-Z]{2}").boxed()
}

fn scheme() -> BoxedStrategy<SchemeId> {
    prop_oneof![
        parsed("urn:cef\\.eu:names:identifier:EAS:[0-9]{4}"),
        parsed("urn:oasis:names:tc:ebcore:partyid-type:unregistered:[A-Z]{2}"),
    ]
    .boxed()
}

fn model() -> BoxedStrategy<DataModel> {
    parsed("https://sr\\.oots\\.tech\\.ec\\.europa\\.eu/datamodels/[a-zA-Z0-9./-]{1,12}").boxed()
}

fn classification() -> BoxedStrategy<EvidenceTypeId> {
    ("[A-Z]{2}", uuid())
        .prop_map(|(place, id)| {
            format!("https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/{place}/{id}")
                .parse()
                .unwrap()
        })
        .boxed()
}

fn some<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = OneOrMore<T>> {
    vec(one, 1..3).prop_map(|all| OneOrMore::new(all).unwrap())
}

fn titled() -> BoxedStrategy<Text> {
    (text(), language())
        .prop_map(|(value, language)| Text { value, language })
        .boxed()
}

fn identifier() -> BoxedStrategy<Identifier> {
    (text(), scheme())
        .prop_map(|(value, scheme)| Identifier { value, scheme })
        .boxed()
}

fn address() -> BoxedStrategy<Address> {
    (
        of(text()),
        of(text()),
        of(text()),
        of(country()),
        of(text()),
        of(text()),
        of(text()),
    )
        .prop_map(
            |(full, thoroughfare, locator, country, region, post_code, post_city)| Address {
                full,
                thoroughfare,
                locator,
                country,
                region,
                post_code,
                post_city,
            },
        )
        .boxed()
}

fn agent(class: AgentClass) -> BoxedStrategy<Agent> {
    (identifier(), some(titled()), country(), address())
        .prop_map(move |(identifier, names, country, address)| Agent {
            identifier,
            names,
            address: Some(Address {
                country: Some(country),
                ..address
            }),
            class,
        })
        .boxed()
}

fn requesters() -> BoxedStrategy<Agents> {
    (
        agent(AgentClass::EvidenceRequester),
        of(agent(AgentClass::IntermediaryPlatform)),
    )
        .prop_map(|(er, ip)| {
            let mut all = OneOrMore::one(er);
            ip.into_iter().for_each(|ip| all.push(ip));
            Agents::new(all).unwrap()
        })
        .boxed()
}

fn both_providers() -> BoxedStrategy<Agents> {
    (
        agent(AgentClass::EvidenceProvider),
        agent(AgentClass::IntermediaryPlatform),
    )
        .prop_map(|(ep, ip)| {
            let mut all = OneOrMore::one(ep);
            all.push(ip);
            Agents::new(all).unwrap()
        })
        .boxed()
}

/// Any message.
pub(crate) fn message() -> BoxedStrategy<Message> {
    prop_oneof![
        evidence_request().prop_map(|message| Message::EvidenceRequest(Box::new(message))),
        evidence_response().prop_map(|message| Message::EvidenceResponse(Box::new(message))),
        error().prop_map(Message::EvidenceErrorResponse),
        evidence_order().prop_map(|message| Message::EvidenceOrder(Box::new(message))),
        order_response().prop_map(|message| Message::EvidenceOrderResponse(Box::new(message))),
        error().prop_map(Message::EvidenceOrderErrorResponse),
        get_evidence().prop_map(|message| Message::GetEvidence(Box::new(message))),
        get_evidence_response().prop_map(|message| Message::GetEvidenceResponse(Box::new(message))),
        error().prop_map(Message::GetEvidenceErrorResponse),
    ]
    .boxed()
}
