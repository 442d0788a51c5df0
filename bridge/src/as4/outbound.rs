//! Makes an AS4 message once and keeps it: the octets encrypted in the spool, what judges its
//! receipt in the outbox entry. Every attempt sends the same octets. [AS4 1.15, AS4 3.1]

use std::{io, time::Duration};

use bytes::Bytes;
use ebms::{
    Answer, ContentId, ConversationId, Draft, EbmsCode, MessageId, PModes, PartInfo, Partner,
    Party, PartyId, Payload, Property, SentProof, Service, Storage, Template, profile,
    retry::{self, Next, Retry, Schedule},
    send::Segment,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use super::client::{Attempt, Outbound};
use crate::{
    audit::{self, Event},
    exchange::{EntryId, Record},
    outbox::{Leased, NewEntry, Reason, WorkKind},
    platform::{Platform, Stopped},
    spool::{Scratch, ScratchWriter, Scratchpad},
    telemetry::{
        metrics::{As4Result, Direction},
        names,
    },
};

/// What is said to a partner.
#[derive(Debug)]
pub struct Letter {
    /// Name of the partner.
    pub partner: String,
    /// ebMS action.
    pub action: &'static str,
    /// The user session.
    pub conversation_id: ConversationId,
    /// Message properties in order.
    pub properties: Vec<Property>,
    /// The RegRep document.
    pub document: Vec<u8>,
    /// Evidence beside it.
    pub parts: Vec<Part>,
}

/// A document beside the RegRep document.
#[derive(Clone, Debug)]
pub struct Part {
    /// Content id, as the document refers to it, without `cid:`.
    pub content_id: String,
    /// Media type.
    pub media_type: String,
    /// The octets.
    pub content: Bytes,
}

/// What the letter is for: decides what its fate means.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Provide: evidence, or that there is none.
    Answer,
    /// Provide: an error.
    Error,
    /// Retrieve: the request with this position in the order.
    Request(usize),
}

/// The data of a `SendAs4` entry.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sending {
    pub(crate) purpose: Purpose,
    pub(crate) partner: String,
    pub(crate) action: String,
    pub(crate) content_type: String,
    /// Name of the octets in the spool.
    pub(crate) object: String,
    pub(crate) bytes: u64,
    pub(crate) proof: SentProof,
    /// When it was made. Entries of older versions do not say: their plan begins anew.
    #[serde(default)]
    pub(crate) made: Option<Timestamp>,
}

/// Builds, signs and encrypts the letter, puts it into the spool, and returns the work that sends
/// it. The entry takes effect with the transition it is added to.
///
/// # Errors
/// The spool or a key failed; nothing was sent.
pub async fn prepare(
    platform: &Platform,
    record: &Record,
    purpose: Purpose,
    letter: Letter,
) -> Result<(NewEntry, MessageId), Stopped> {
    let key = record.key().ok_or(Stopped::Erased)?;
    let entry = EntryId::new(platform.world().uuid());
    let (partner, action) = (letter.partner.clone(), letter.action);
    let sent = write(platform, letter).await?;
    let object = format!("{}/{entry}.as4", record.id());
    let content_type = sent.content_type().to_owned();
    let (body, proof) = sent.into_parts();
    let bytes = body.iter().map(Scratch::length).sum();
    platform.spool().put_pieces(key, &object, body).await?;
    let message_id = proof.message_id().clone();
    let sending = Sending {
        purpose,
        partner,
        action: action.to_owned(),
        content_type,
        object,
        bytes,
        proof,
        made: Some(platform.world().now()),
    };
    let data = serde_json::to_vec(&sending).map_err(Stopped::Encoding)?;
    Ok((NewEntry::new(entry, WorkKind::SendAs4, data), message_id))
}

async fn write(
    platform: &Platform,
    letter: Letter,
) -> Result<ebms::Outgoing<Vec<Scratch>>, Stopped> {
    let partners = platform.partners();
    let partner = partners
        .partner(&letter.partner)
        .ok_or_else(|| Stopped::UnknownPartner(letter.partner.clone()))?;
    let (service, now) = (Service::query_manager(), platform.world().now());
    let leg = partners.leg(partner, &service, letter.action);
    let leg = leg.unwrap_or_else(|| partner.leg().clone());
    // [AS4 1.15] nothing is encrypted for a certificate that has ended or was revoked.
    let recipient = partner
        .recipient(now)
        .map_err(|error| Stopped::Recipient(letter.partner.clone(), error))?
        .cloned();
    check_properties(&partners, partner, &letter);
    let to = partner.party_ids().first().cloned();
    let draft = draft(
        platform,
        to.ok_or_else(|| Stopped::UnknownPartner(letter.partner.clone()))?,
        letter,
    )?;
    let (world, signing) = (platform.world().clone(), platform.signing_key().clone());
    let pad = platform.spool().scratchpad().clone();
    // Public-key operations and compression would hold up the other tasks of this thread.
    let written = tokio::task::spawn_blocking(move || {
        let secured = ebms::send::Secured {
            leg: &leg,
            key: &signing,
            recipient: recipient.as_ref(),
        };
        let mut fill = |bytes: &mut [u8]| world.fill(bytes);
        let sent = secured.write(&draft, &mut fill, &mut Parts(&pad))?;
        Ok(sent.map(|body| body.into_iter().map(piece).collect()))
    });
    written
        .await
        .map_err(|_| Stopped::Interrupted)?
        .map_err(Stopped::Unsendable)
}

fn piece(segment: Segment<Scratch>) -> Scratch {
    match segment {
        Segment::Frame(octets) => octets.into(),
        Segment::Part(part) => part,
    }
}

/// Keeps the parts of one message while it is written.
struct Parts<'p>(&'p Scratchpad);

impl Storage for Parts<'_> {
    type Draft = ScratchWriter;
    type Stored = Scratch;

    fn create(&mut self, _: &PartInfo, _: u64) -> io::Result<ScratchWriter> {
        Ok(self.0.create())
    }

    fn keep(&mut self, draft: ScratchWriter) -> io::Result<Scratch> {
        draft.finish()
    }
}

/// The P-Mode says which properties a release has; what differs is sent all the same, because the
/// partner's own rules decide. [R-EDM-ebMS-018]
fn check_properties(partners: &PModes, partner: &Partner, letter: &Letter) {
    let fits = |template: &Template| {
        let mut versions = partner.edm_versions().iter();
        versions.len() == 0
            || versions.any(|version| template.has_properties_of(version, &letter.properties))
    };
    if !partners.template(partner).is_none_or(fits) {
        tracing::warn!(partner = %letter.partner, "Message properties are not those of its P-Mode");
    }
}

fn draft(platform: &Platform, to: PartyId, letter: Letter) -> Result<Draft, Stopped> {
    let world = platform.world();
    let heading = ebms::send::Heading {
        message_id: super::new_message_id(platform)?,
        timestamp: world.now(),
        conversation_id: letter.conversation_id,
        from: Party::new(platform.party_id().clone(), profile::GATEWAY_ROLE),
        to: Party::new(to, profile::GATEWAY_ROLE),
        service: Service::query_manager(),
        action: letter.action.to_owned(),
    };
    let leading: ContentId = format!("{}@{}", world.uuid(), platform.message_domain()).parse()?;
    let mut draft = Draft::new(heading);
    for property in letter.properties {
        draft = draft.with_property(property);
    }
    draft = draft.with_payload(Payload::new(leading, REGREP, letter.document));
    for part in letter.parts {
        draft = draft.with_payload(Payload::new(
            part.content_id.parse()?,
            &part.media_type,
            part.content,
        ));
    }
    Ok(draft)
}

/// What became of a letter.
#[derive(Debug)]
pub enum Fate {
    /// The partner has it, and said so with a valid receipt.
    Acknowledged(Option<ebms::signal::ReceiptProof>),
    /// The partner refused it for good.
    Refused(String),
    /// Nobody could be reached, or nobody gave a valid receipt, until the attempts were used up.
    Undeliverable(String),
    /// It will be sent again later; the entry is put back already.
    Postponed,
}

/// Sends the letter of an entry once.
///
/// # Errors
/// Something of ours failed; the entry is still held.
pub async fn send(platform: &Platform, leased: &Leased) -> Result<(Sending, Fate), Stopped> {
    let sending: Sending =
        serde_json::from_slice(leased.entry.data()).map_err(Stopped::Encoding)?;
    let partners = platform.partners();
    let partner = partners
        .partner(&sending.partner)
        .ok_or_else(|| Stopped::UnknownPartner(sending.partner.clone()))?;
    let schedule = partners
        .template(partner)
        .map(Template::retry)
        .unwrap_or_else(default_schedule);
    // [AS4 6.G] what waited long is held against what is known now.
    if let Err(unusable) = partner.recipient(platform.world().now())
        && !unusable.may_pass()
    {
        tracing::error!(partner = %sending.partner, error = %unusable, "Message is not sent");
        let fate = Fate::Undeliverable("EBMS:0005".to_owned());
        count(platform, &sending.action, &fate, "");
        return Ok((sending, fate));
    }
    let began = platform.world().now();
    let body = stored(platform, &leased.record, &sending).await?;
    let message = Outbound {
        content_type: &sending.content_type,
        length: sending.bytes,
        proof: &sending.proof,
        in_force: platform.in_force(),
    };
    let span = tracing::info_span!(names::SPAN_AS4_SEND, { names::PARTNER } = %sending.partner);
    let attempt = platform
        .as4_client()
        .send(partner, &message, body, began)
        .instrument(span)
        .await;
    let made = retry::Attempt {
        number: leased.entry.attempt(),
        message_made: sending.made.unwrap_or(began),
        began,
        ended: platform.world().now(),
    };
    let (fate, put_off) = match judge(attempt) {
        Verdict::Done(fate) => (fate, String::new()),
        Verdict::Again { reason, asked } => {
            platform.metrics().as4_retry();
            match schedule.next(made, asked) {
                Next::At(until) => {
                    postpone(platform, leased, &sending, (until, &reason)).await?;
                    (Fate::Postponed, reason)
                }
                Next::GiveUp => (Fate::Undeliverable(reason), String::new()),
            }
        }
    };
    count(platform, &sending.action, &fate, &put_off);
    Ok((sending, fate))
}

/// The octets of a message, from the spool as they go.
async fn stored(
    platform: &Platform,
    record: &Record,
    sending: &Sending,
) -> Result<reqwest::Body, Stopped> {
    let key = record.key().ok_or(Stopped::Erased)?;
    let (spool, object) = (platform.spool(), &sending.object);
    if sending.bytes <= AT_ONCE {
        return Ok(spool.get(key, object).await?.into());
    }
    let octets = spool.get_stream(key, object).await?;
    Ok(reqwest::Body::wrap_stream(octets))
}

/// Puts the entry back until the next attempt.
async fn postpone(
    platform: &Platform,
    leased: &Leased,
    sending: &Sending,
    (until, reason): (Timestamp, &str),
) -> Result<(), Stopped> {
    // [AT-04] the log has the time of every attempt.
    let failed = audit::Entry::new(Event::AttemptFailed)
        .about(leased.record.summary())
        .ebms_message(sending.proof.message_id().as_str())
        .error(reason);
    platform.audit().write(failed).await?;
    platform
        .store()
        .postpone(&leased.lease, until, &Reason::new(reason))
        .await?;
    Ok(())
}

/// What proves later that the partner has what we sent: our SignedInfo and its receipt. Digests
/// only, no content.
#[must_use]
pub fn proof(sent: &SentProof, receipt: Option<&ebms::signal::ReceiptProof>) -> serde_json::Value {
    serde_json::json!({ "sent": sent, "receipt": receipt })
}

fn count(platform: &Platform, action: &str, fate: &Fate, put_off: &str) {
    let (result, code) = match fate {
        Fate::Acknowledged(_) => (As4Result::Acknowledged, ""),
        Fate::Refused(code) => (As4Result::Refused, code.as_str()),
        Fate::Undeliverable(code) => (As4Result::Unanswered, code.as_str()),
        Fate::Postponed => (As4Result::Deferred, put_off),
    };
    // Label values come from our table only, never from a partner.
    let code = code.parse().map_or("", EbmsCode::as_str);
    platform
        .metrics()
        .as4_message(Direction::Sent, super::action_label(action), result, code);
}

enum Verdict {
    Done(Fate),
    Again {
        reason: String,
        asked: Option<Duration>,
    },
}

fn judge(attempt: Attempt) -> Verdict {
    let (answer, asked) = match attempt {
        Attempt::Unreachable => {
            return Verdict::Again {
                reason: "EBMS:0005".to_owned(),
                asked: None,
            };
        }
        Attempt::Answered {
            answer,
            retry_after,
        } => (answer, retry_after),
    };
    let again = answer.retry() != Retry::Never;
    let reason = match answer {
        Answer::Acknowledged(proof) => return Verdict::Done(Fate::Acknowledged(Some(proof))),
        // [P26] phase4 does not repeat a receipt: the message is there, the proof is not.
        Answer::AlreadyAccepted(_) => return Verdict::Done(Fate::Acknowledged(None)),
        Answer::Refused(errors) => errors
            .first()
            .map_or("EBMS:0004".to_owned(), |error| error.code_text().to_owned()),
        Answer::InvalidReceipt(why) => {
            tracing::error!(%why, "Receipt is not valid");
            "EBMS:0302".to_owned()
        }
        Answer::Unanswered { .. } => "EBMS:0301".to_owned(),
    };
    if again {
        Verdict::Again { reason, asked }
    } else {
        Verdict::Done(Fate::Refused(reason))
    }
}

/// Attempts where a partner's template is gone: four, a minute apart. [AS4 3.1]
fn default_schedule() -> Schedule {
    Schedule::new(4, Duration::from_secs(60))
}

/// Up to this length a message is sent from memory.
const AT_ONCE: u64 = 1 << 20;

/// Media type of the RegRep document.
const REGREP: &str = "application/x-ebrs+xml";
