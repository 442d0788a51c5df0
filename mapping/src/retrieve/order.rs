//! 0401: whether it can be taken, and its answer 0402.

use super::Failure;
use crate::code_table::CodeTables;
use crate::noots::{
    AgentClass, Agents, ConversationId, EvidenceOrder, EvidenceOrderResponse, MessageId,
    ResponseId, Rule,
};
use crate::platform::{Context, Draw, Untranslatable};

/// Whether the platform can do anything with an order.
///
/// # Errors
/// What the Data Consumer is to be told.
pub fn admit(order: &EvidenceOrder, tables: &CodeTables) -> Result<(), Failure> {
    if order
        .requesters
        .with_class(AgentClass::EvidenceRequester)
        .is_none()
    {
        return Err(Failure::RuleBroken(Rule::RequesterCountry));
    }
    // [XN-R9] a code the national list in use does not have is refused, an unknown one finds nothing
    match tables.procedures().find(order.procedure.as_str()) {
        None => Err(Failure::ProcedureUnknown),
        Some(procedure) if !procedure.is_national() => Err(Failure::RuleBroken(Rule::CodeList)),
        Some(_) => Ok(()),
    }
}

/// Where the user goes and how the evidence is collected.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The link for the user's browser.
    pub url_to_platform: String,
    /// The session.
    pub conversation_id: ConversationId,
}

/// The answer to an order that was taken.
///
/// # Errors
/// When the platform cannot be named.
pub fn accept(
    order: &EvidenceOrder,
    accepted: Accepted,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<EvidenceOrderResponse, Untranslatable> {
    let platform = context.platform.national().clone();
    let reader = order.header.author.clone();
    Ok(EvidenceOrderResponse {
        header: context
            .platform
            .header(MessageId::new(draw()), context.now, reader),
        order_id: order.header.id,
        issued_at: context.now.into(),
        requesters: order.requesters.clone(),
        providers: Agents::one(platform).map_err(Untranslatable::National)?,
        id: ResponseId::new(draw()),
        url_to_platform: accepted.url_to_platform,
        conversation_id: accepted.conversation_id,
    })
}
