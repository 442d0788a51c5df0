//! 0401: a German portal orders.

use mapping::{
    noots::{ConversationId, EvidenceOrder, Message},
    retrieve::{Accepted, Failure, accept, admit},
};

use super::Content;
use crate::{
    audit::{Entry, Event},
    config::Consumer,
    exchange::{
        ExchangeId, LookupKey, LookupKind, MessageAnswer, OpId, Opened, Opening, Record, Route,
        Start, message::Ticket,
    },
    national::Answer,
    platform::{Platform, Stopped},
    seal::{DataKey, token},
};

/// Takes an order: afterwards it is durable together with its answer.
///
/// # Errors
/// Outer: something of ours failed and nothing was taken. Inner: what the consumer is told.
pub async fn order(
    platform: &Platform,
    consumer: &Consumer,
    order: &EvidenceOrder,
    (body, ticket): (&[u8], Ticket),
) -> Result<Result<Answer, Failure>, Stopped> {
    if let Err(failure) = check(platform, consumer, order) {
        return Ok(Err(failure));
    }
    let world = platform.world();
    let conversation = ConversationId::new(world.uuid());
    let session = token(world);
    let content = Content::new(
        (consumer.id(), consumer.name()),
        order,
        body,
        (conversation, token(world)),
    );
    let answer = answer(platform, order, conversation, &session)?;
    let record = open(platform, order, &content, &session)?;
    let received = Entry::new(Event::OrderReceived)
        .about(record.summary())
        .national_message(order.header.id.to_string().as_str())
        .national_type("0401")
        .component(consumer.id())
        .requester(consumer.agent_id())
        .subject(super::content::person(&order.subject))
        .content("application/json", body);
    platform.audit().write(received).await?;
    let keep_until = platform.remember_until(world.now());
    let opening = Opening::new(OpId::new(world.uuid()), record).with_answer(MessageAnswer::new(
        ticket,
        answer.to_bytes()?,
        keep_until,
    ));
    match platform.store().open(&opening).await? {
        Opened::Created(_) | Opened::Existing(_) => Ok(Ok(answer)),
        Opened::RequestKnown(_) | Opened::ClaimLost => Err(Stopped::Contended),
    }
}

/// What an order must be to be taken at all.
fn check(platform: &Platform, consumer: &Consumer, order: &EvidenceOrder) -> Result<(), Failure> {
    admit(order, &platform.tables())?;
    // The user is led only to where this consumer may lead: no open redirect. [NOOTS 6.2]
    if !consumer.may_return_to(order.return_url.url()) {
        return Err(Failure::ReturnAddressForeign);
    }
    let named = order
        .requesters
        .with_class(mapping::noots::AgentClass::EvidenceRequester);
    let itself = named.is_some_and(|agent| {
        agent.identifier.value == consumer.agent_id()
            && agent.identifier.scheme.as_str() == consumer.agent_scheme()
    });
    if !itself {
        return Err(Failure::RoleMissing);
    }
    // The dialogue does not ask for requirement and country yet: the order has to say them.
    let open = |requirement: &mapping::noots::Requirement| requirement.country.is_none();
    if order.requirements.is_empty() || order.requirements.iter().any(open) {
        return Err(Failure::RequirementOpen);
    }
    Ok(())
}

fn answer(
    platform: &Platform,
    order: &EvidenceOrder,
    conversation: ConversationId,
    session: &str,
) -> Result<Answer, Stopped> {
    let tables = platform.tables();
    let context = platform.context(&tables, platform.world().now());
    let mut url = platform.public_url().clone();
    url.set_path(&format!("/abruf/{session}"));
    let accepted = Accepted {
        url_to_platform: url.to_string(),
        conversation_id: conversation,
    };
    let world = platform.world();
    let message = accept(order, accepted, &context, &mut || world.uuid())?;
    let message = Message::EvidenceOrderResponse(Box::new(message));
    let location = format!("/noots/v1/conversations/{conversation}");
    Ok(Answer::message(201, &message).with_location(location))
}

fn open(
    platform: &Platform,
    order: &EvidenceOrder,
    content: &Content,
    session: &str,
) -> Result<Record, Stopped> {
    let world = platform.world();
    let now = world.now();
    let mut record = Record::new(Start {
        id: ExchangeId::new(world.uuid()),
        route: Route::Retrieve,
        key: DataKey::draw(world),
        created: now,
    });
    record.set_procedure(order.procedure.as_str());
    if let Some(country) = order
        .requirements
        .first()
        .and_then(|requirement| requirement.country.as_ref())
    {
        record.set_country(country.as_str());
    }
    record.add_key(LookupKey::new(
        LookupKind::NationalMessage,
        order.header.id.to_string(),
    ));
    record.add_key(LookupKey::new(
        LookupKind::NationalConversation,
        content.conversation.to_string(),
    ));
    record.add_key(LookupKey::new(LookupKind::SessionToken, session));
    let session_ends = now.saturating_add(platform.config().timers().session());
    record.set_deadline(Some(session_ends.unwrap_or(jiff::Timestamp::MAX)));
    content.write(&mut record)?;
    Ok(record)
}
