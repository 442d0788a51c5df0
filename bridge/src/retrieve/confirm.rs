//! The user's yes: one request per evidence type, each in the version its provider speaks.

use ebms::PartyId;
use jiff::Timestamp;
use mapping::{
    Translated, Untranslatable, edm,
    noots::EvidenceOrder,
    retrieve::{Selection as Chosen, to_edm},
};

use super::{
    Content,
    content::{Asked, Came},
};
use crate::{
    as4::{
        on_the_wire,
        outbound::{self, Letter, Purpose},
    },
    audit::{Entry, Event},
    directory::Selection,
    exchange::{Change, LookupKey, LookupKind, OpId, Record, Step},
    outbox::NewEntry,
    platform::{Platform, Stopped},
};

/// Sends what the user chose. The user was asked and said yes: only from here on is
/// `ExplicitRequestGiven` true.
///
/// # Errors
/// Something of ours failed; nothing was sent.
pub async fn confirm(
    platform: &Platform,
    mut record: Record,
    chosen: Vec<Selection>,
) -> Result<(), Stopped> {
    let mut content = Content::of(&record)?;
    let order = content.order()?;
    let mut entries = Vec::new();
    for selection in chosen {
        let mut asked = asked(platform, &order, &selection)?;
        match request(platform, &order, &selection)? {
            Ok(message) => {
                asked.request_id = message.id().uuid();
                let number = content.requests.len();
                let entry =
                    send(platform, &mut record, &content, &asked, (number, &message)).await?;
                entries.push(entry);
            }
            Err(reason) => {
                tracing::warn!(%reason, "Order cannot be told abroad");
                asked.came = Some(Came::Unusable);
            }
        }
        content.requests.push(asked);
    }
    record.step(Step::Asked)?;
    record.set_deadline(Some(answers_due(platform, content.requests.len())));
    if let Some(first) = content.requests.first() {
        record.set_partner(&first.partner);
    }
    if content.is_answered() {
        super::answer::settle(platform, &mut record, &content)?;
    }
    content.write(&mut record)?;
    let change = Change::new(OpId::new(platform.world().uuid()), record);
    platform
        .apply(entries.into_iter().fold(change, Change::with_entry))
        .await
}

/// The request in the words of the EDM; the inner error is what cannot be told abroad.
fn request(
    platform: &Platform,
    order: &EvidenceOrder,
    selection: &Selection,
) -> Result<Result<edm::Request, Untranslatable>, Stopped> {
    let tables = platform.tables();
    let context = platform.context(&tables, platform.world().now());
    let chosen = Chosen {
        version: selection.version(),
        requirements: vec![selection.requirement().clone()],
        evidence: selection.requested_evidence(None).ok_or(Stopped::Content)?,
        provider: selection.provider().clone(),
        classifications: selection.classifications(),
        confirmed: true,
    };
    let world = platform.world();
    let translated = to_edm(order, chosen, &context, &mut || world.uuid());
    Ok(translated.map(|Translated { message, warnings }| {
        for warning in warnings {
            tracing::info!(?warning, "Order loses something at the border");
        }
        message
    }))
}

fn asked(
    platform: &Platform,
    order: &EvidenceOrder,
    selection: &Selection,
) -> Result<Asked, Stopped> {
    let point = selection.access_point();
    let partner = partner_of(platform, point);
    Ok(Asked {
        request_id: platform.world().uuid(),
        exchange_id: platform.world().uuid(),
        partner: partner.ok_or_else(|| Stopped::UnknownPartner(point.value().to_owned()))?,
        country: country(order, selection),
        requirement: selection.requirement().id().as_str().to_owned(),
        evidence_type: selection.service().evidence_type().as_str().to_owned(),
        came: None,
    })
}

async fn send(
    platform: &Platform,
    record: &mut Record,
    content: &Content,
    asked: &Asked,
    (number, request): (usize, &edm::Request),
) -> Result<NewEntry, Stopped> {
    record.set_edm_version(request.version().as_str());
    let document = request.encode();
    let conversation = content.conversation.to_string();
    let intent = Entry::new(Event::RequestSent)
        .about(record.summary())
        .edm_request(request.id().as_str())
        .ebms_conversation(conversation.as_str())
        .requirement(asked.requirement.as_str())
        .evidence_type(asked.evidence_type.as_str())
        .loa(request.subject().loa().as_str())
        .explicit_request(request.explicit_request_given())
        .requester(request.requester().authority().id().value())
        .provider(request.provider().id().value())
        .content(edm::header::MEDIA_TYPE, &document);
    let letter = Letter {
        partner: asked.partner.clone(),
        action: edm::header::REQUEST,
        conversation_id: conversation.parse()?,
        properties: on_the_wire(&edm::header::of_request(request, asked.exchange_id)),
        document,
        parts: Vec::new(),
    };
    let (entry, message_id) =
        outbound::prepare(platform, record, Purpose::Request(number), letter).await?;
    platform
        .audit()
        .write(intent.ebms_message(message_id.as_str()))
        .await?;
    let known_by = [
        (LookupKind::EdmRequest, request.id().uuid().to_string()),
        (LookupKind::EdmExchange, asked.exchange_id.to_string()),
        (LookupKind::EbmsMessage, message_id.as_str().to_owned()),
        (LookupKind::EbmsConversation, conversation),
    ];
    for (kind, value) in known_by {
        record.add_key(LookupKey::new(kind, value));
    }
    Ok(entry)
}

/// The partner whose access point the Data Service Directory names.
pub fn partner_of(platform: &Platform, access_point: &edm::AgentId) -> Option<String> {
    let party = PartyId::new(access_point.value(), Some(access_point.scheme().as_str())).ok()?;
    platform
        .partners()
        .partner_by_party(&party)
        .map(|partner| partner.name().as_str().to_owned())
}

/// The country the order asks, for this requirement.
fn country(order: &EvidenceOrder, selection: &Selection) -> String {
    let owner = selection.service().evidence_type().owner();
    let address = selection
        .provider()
        .address()
        .map(|address| address.country().as_str().to_owned());
    let ordered = order
        .requirements
        .iter()
        .find_map(|requirement| requirement.country.as_ref());
    address
        .or_else(|| ordered.map(|code| code.as_str().to_owned()))
        .unwrap_or_else(|| owner.to_owned())
}

/// [AT-34] T1 of the requester, for each request.
fn answers_due(platform: &Platform, requests: usize) -> Timestamp {
    let each = platform.config().timers().requester().t1();
    let all = each.saturating_mul(u32::try_from(requests.max(1)).unwrap_or(u32::MAX));
    platform
        .world()
        .now()
        .saturating_add(all)
        .unwrap_or(Timestamp::MAX)
}
