//! Route provide: a foreign Evidence Requester asks, a German Data Provider answers.
//!
//! ```text
//! AS4 message -> edm::Request -> [accept] -> Record, receipt
//! AskProvider -> noots::EvidenceRequest -> SAK -> noots::EvidenceResponse -> edm::Response -> SendAs4
//! receipt of the partner -> Delivered, everything erased
//! ```

mod answer;
mod ask;
mod content;

use mapping::{
    edm,
    provide::{Asker, Failure, admit, is_preview_due},
};

pub use self::{
    answer::{poisoned, sent, time_over},
    ask::{Pushed, ask, pushed},
    content::Content,
};
use crate::{
    as4::{Arrival, Origin},
    audit::{Entry, Event},
    exchange::{
        EntryId, ExchangeId, LookupKey, LookupKind, OpId, Opened, Opening, Record, RequestMemory,
        Route, Start, Step,
    },
    outbox::{NewEntry, WorkKind},
    platform::{Platform, Stopped},
    seal::DataKey,
};

/// Takes a request: afterwards it is durable together with its receipt and the work it causes.
///
/// # Errors
/// Something of ours failed; the message is not taken.
pub async fn accept(
    platform: &Platform,
    arrival: &Arrival,
    request: edm::Request,
) -> Result<(), Stopped> {
    let origin = Origin::of(arrival.message());
    if let Err(failure) = check(platform, arrival, &origin, &request) {
        return answer::refuse(platform, arrival, (&request).into(), failure).await;
    }
    let record = open(platform, &origin, &request, arrival)?;
    let received = Entry::new(Event::RequestReceived)
        .about(record.summary())
        .edm_request(request.id().as_str())
        .ebms_message(origin.message_id.as_str())
        .ebms_conversation(origin.conversation_id.as_str())
        .evidence_type(request.evidence().evidence_type().as_str())
        .loa(request.subject().loa().as_str())
        .explicit_request(request.explicit_request_given())
        .requester(request.requester().authority().id().value())
        .provider(request.provider().id().value())
        .subject(content::person(request.subject()))
        .content(edm::header::MEDIA_TYPE, arrival.leading());
    platform.audit().write(received).await?;
    let ask = NewEntry::new(
        EntryId::new(platform.world().uuid()),
        WorkKind::AskProvider,
        Vec::new(),
    );
    let memory = RequestMemory::new(request.id().uuid().to_string(), platform.audited_until());
    let opening = Opening::new(OpId::new(platform.world().uuid()), record)
        .with_entry(ask)
        .with_answer(arrival.answer())
        .with_request(memory);
    match platform.store().open(&opening).await? {
        Opened::Created(_) | Opened::Existing(_) => {
            platform.changed();
            Ok(())
        }
        // [AT-37] a request that was processed before is refused, whatever message brings it.
        Opened::RequestKnown(_) => {
            answer::refuse(
                platform,
                arrival,
                (&request).into(),
                Failure::RequestRepeated,
            )
            .await
        }
        Opened::ClaimLost => Err(Stopped::Contended),
    }
}

/// Takes a genuine AS4 message whose leading document is no EDM message: answered with an EDM
/// error where it was meant as a request, recorded otherwise.
///
/// # Errors
/// As [`accept`].
pub async fn accept_invalid(
    platform: &Platform,
    arrival: &Arrival,
    invalid: &edm::Invalid,
) -> Result<(), Stopped> {
    tracing::warn!(
        rule = invalid.rule(),
        "Document of a message cannot be used"
    );
    let action = arrival.message().header().action();
    // [R-EDM-ERR-C025] nobody answers an answer: only what may be a request gets an error back.
    if !invalid.is_request() && action != edm::header::REQUEST {
        let refused = Entry::new(Event::ResponseRefused)
            .ebms_message(arrival.message().header().message_id().as_str())
            .ebms_conversation(arrival.message().header().conversation_id().as_str())
            .rule(invalid.rule())
            .content(edm::header::MEDIA_TYPE, arrival.leading());
        platform.audit().write(refused).await?;
        platform.store().answer(&arrival.answer()).await?;
        return Ok(());
    }
    let version = answer::version_of(platform, arrival);
    answer::refuse(
        platform,
        arrival,
        Asker::of_invalid(invalid, version),
        invalid.into(),
    )
    .await
}

/// Whether a register may be asked at all: before that nothing is fetched.
fn check(
    platform: &Platform,
    arrival: &Arrival,
    origin: &Origin,
    request: &edm::Request,
) -> Result<(), Failure> {
    // oots-edm.md 11.8: a request under another action is refused; an answer's action is not believed.
    if arrival.message().header().action() != edm::header::REQUEST {
        return Err(Failure::RequestInvalid {
            rule: "Action".to_owned(),
            problem: "a request travels under ExecuteQueryRequest".to_owned(),
        });
    }
    let properties = origin.edm_properties();
    let header = edm::header::check(
        request.version(),
        origin.conversation_id.as_str(),
        &properties,
    );
    if let Err(faults) = header
        && let Some(first) = faults.first()
    {
        return Err(first.into());
    }
    let tables = platform.tables();
    let evidence = admit(request, &tables)?;
    if is_preview_due(request, evidence, &tables) {
        return Err(Failure::PreviewUnavailable);
    }
    Ok(())
}

fn open(
    platform: &Platform,
    origin: &Origin,
    request: &edm::Request,
    arrival: &Arrival,
) -> Result<Record, Stopped> {
    let world = platform.world();
    let mut record = Record::new(Start {
        id: ExchangeId::new(world.uuid()),
        route: Route::Provide,
        key: DataKey::draw(world),
        created: origin.timestamp,
    });
    record.set_partner(&origin.partner);
    record.set_procedure(request.procedure().as_str());
    record.set_edm_version(request.version().as_str());
    if let Some(country) = request.requester().country() {
        record.set_country(country.as_str());
    }
    let mut known_by = vec![
        (LookupKind::EdmRequest, request.id().uuid().to_string()),
        (
            LookupKind::EbmsConversation,
            origin.conversation_id.as_str().to_owned(),
        ),
        (
            LookupKind::EbmsMessage,
            origin.message_id.as_str().to_owned(),
        ),
    ];
    let exchange = origin.property(edm::header::EXCHANGE_ID);
    known_by.extend(exchange.map(|id| (LookupKind::EdmExchange, id.to_owned())));
    let content = Content::new(platform, origin.clone(), arrival.leading());
    known_by.push((
        LookupKind::NationalMessage,
        content.national_id().to_string(),
    ));
    for (kind, value) in known_by {
        record.add_key(LookupKey::new(kind, value));
    }
    // [AT-34] counted from the ebMS timestamp, and for each requirement.
    let requirements = u32::try_from(request.requirements().len().max(1)).unwrap_or(u32::MAX);
    let allowed = platform
        .config()
        .timers()
        .provider()
        .t1()
        .saturating_mul(requirements);
    record.set_deadline(Some(
        origin
            .timestamp
            .saturating_add(allowed)
            .unwrap_or(jiff::Timestamp::MAX),
    ));
    record.step(Step::PreviewWaived)?;
    content.write(&mut record)?;
    Ok(record)
}
