//! Asks the register and turns its answer into ours.

use std::time::Duration;

use jiff::Timestamp;
use mapping::{
    Translated,
    code_table::{
        Place,
        providers::{Found, Provider, ReplyMode, Wanted},
    },
    edm, noots,
    provide::{
        AnswerFault, Approval, Asked, Asking, Failure, Reaction, Situation, nothing_to_edm, react,
        to_edm, to_national,
    },
};
use tracing::Instrument as _;

use super::{
    Content,
    answer::{self, Answer},
};
use crate::{
    audit::{Entry, Event},
    exchange::{Change, EntryId, LookupKey, LookupKind, OpId, Outcome, Record, Step},
    national::sak::{Reply, SakError},
    outbox::{Lease, Leased, NewEntry, Reason, WorkKind},
    platform::{Platform, Stopped},
    telemetry::names,
};

/// How often the register is asked anew when it cannot be reached. [NOOTS 9]
const RETRIES: u32 = 3;

/// How often a pushed answer is taken to a record that its worker keeps changing.
const TRIES: u32 = 8;

/// One attempt to get the register's answer.
///
/// # Errors
/// Something of ours failed; the entry comes again.
pub async fn ask(platform: &Platform, leased: Leased) -> Result<(), Stopped> {
    let Leased {
        entry,
        record,
        lease,
    } = leased;
    if record.state().is_final() || record.answer_claimed() {
        platform.store().complete(&lease).await?;
        return Ok(());
    }
    let turn = Turn::new(platform, record, Some(lease.clone()))?;
    let provider = match turn.provider() {
        Ok(provider) => provider,
        Err(failure) => return turn.fail(failure).await,
    };
    let message = match turn.question(&provider) {
        Ok(message) => message,
        Err(reason) => return turn.fail(reason.into()).await,
    };
    let reply = turn.call(&provider, &message).await?;
    match reply {
        Ok(Reply::Answer(answer)) => turn.answered(*answer, &message).await,
        Ok(Reply::Later { location, after }) => {
            turn.wait(location, (after, provider.reply_mode())).await
        }
        Err(error) if error.is_retryable() && entry.attempt() <= RETRIES => {
            let pause = Duration::from_secs(1 << entry.attempt().saturating_sub(1).min(6));
            let until = later(platform.world().now(), error.retry_after().unwrap_or(pause));
            platform
                .store()
                .postpone(&lease, until, &Reason::new("sak-unreachable"))
                .await?;
            Ok(())
        }
        Err(error) => {
            tracing::warn!(%error, "Register cannot be asked");
            turn.fail(failure_of(&error)).await
        }
    }
}

/// What became of an answer that the SAK brought by itself. [NOOTS 6.3]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pushed {
    /// It was waited for, and is taken.
    Taken,
    /// Its exchange has an answer already.
    AnsweredBefore,
    /// Nobody asked.
    Unknown,
}

/// Takes an answer the SAK brings by itself.
///
/// # Errors
/// Something of ours failed; the SAK tries again.
pub async fn pushed(platform: &Platform, message: noots::Message) -> Result<Pushed, Stopped> {
    let Some(asked) = message.answers() else {
        return Ok(Pushed::Unknown);
    };
    for try_number in 1..=TRIES {
        let (mut turn, question) = match waiting(platform, asked).await? {
            Ok(waiting) => waiting,
            Err(refused) => return Ok(refused),
        };
        turn.is_heard = try_number > 1;
        match turn.answered(message.clone(), &question).await {
            // The worker that asked is noting at this moment that it has to wait.
            Err(Stopped::Contended) => {}
            done => return done.map(|()| Pushed::Taken),
        }
    }
    Err(Stopped::Contended)
}

/// The exchange that waits for the answer to a 0301, or why there is none.
async fn waiting(
    platform: &Platform,
    asked: noots::MessageId,
) -> Result<Result<(Turn<'_>, noots::EvidenceRequest), Pushed>, Stopped> {
    let mut refused = Pushed::Unknown;
    let key = LookupKey::new(LookupKind::NationalMessage, asked.to_string());
    for id in platform.store().find(&key).await? {
        let Some(record) = platform.store().load(id).await? else {
            continue;
        };
        if record.state().is_final() || record.answer_claimed() {
            refused = Pushed::AnsweredBefore;
            continue;
        }
        let turn = Turn::new(platform, record, None)?;
        if turn.content.national_id() != asked {
            continue;
        }
        let provider = turn.provider().ok();
        let question = provider.and_then(|provider| turn.question(&provider).ok());
        if let Some(question) = question {
            return Ok(Ok((turn, question)));
        }
    }
    Ok(Err(refused))
}

/// One exchange in the hands of one worker.
struct Turn<'p> {
    platform: &'p Platform,
    record: Record,
    content: Content,
    request: edm::Request,
    lease: Option<Lease>,
    /// Whether the log has the register's answer already.
    is_heard: bool,
}

impl<'p> Turn<'p> {
    fn new(platform: &'p Platform, record: Record, lease: Option<Lease>) -> Result<Self, Stopped> {
        let content = Content::of(&record)?;
        let request = content.request()?;
        Ok(Self {
            platform,
            record,
            content,
            request,
            lease,
            is_heard: false,
        })
    }

    /// The register responsible, from the table that stands in for the Registerdatennavigation.
    fn provider(&self) -> Result<Provider, Failure> {
        let tables = self.platform.tables();
        let known = tables
            .evidence_types()
            .find(self.request.evidence().evidence_type());
        let known = known.ok_or(Failure::EvidenceTypeUnknown)?;
        let procedure = self.request.procedure().as_str().parse();
        let procedure = procedure.map_err(|_| mapping::Untranslatable::Procedure)?;
        let place = Place::among(self.request.classifications());
        let wanted = Wanted {
            evidence_type: known.classification(),
            place: place.as_ref(),
            procedure: &procedure,
            named: Some(self.request.provider().id()),
        };
        match self.platform.providers().look_up(&wanted) {
            Found::One(provider) => Ok(provider.clone()),
            Found::None => Err(Failure::NoProvider),
            // Without a preview nobody can be asked which one. [NOOTS 8.2]
            Found::Several(_) | Found::NeedsPlace => Err(Failure::PlaceMissing),
        }
    }

    /// The 0301: the same bytes at every attempt, because time and id are those of the first.
    fn question(
        &self,
        provider: &Provider,
    ) -> Result<noots::EvidenceRequest, mapping::Untranslatable> {
        let tables = self.platform.tables();
        let context = self.platform.context(&tables, self.content.asked_at);
        let asking = Asking {
            provider,
            place: None,
            id: self.content.national_id,
        };
        let Translated { message, warnings } = to_national(&self.request, &asking, &context)?;
        for warning in warnings {
            tracing::info!(?warning, "Request loses something at the border");
        }
        Ok(message)
    }

    async fn call(
        &self,
        provider: &Provider,
        message: &noots::EvidenceRequest,
    ) -> Result<Result<Reply, SakError>, Stopped> {
        let span = tracing::info_span!(
            names::SPAN_NOOTS_REQUEST,
            service = provider.service_id().as_str()
        );
        if let Some(location) = &self.content.location {
            return Ok(self.platform.sak().poll(location).instrument(span).await);
        }
        // Intent before effect: whatever happens, the log says that the register may have been asked.
        let asked = self
            .entry(Event::NationalRequestSent)
            .national_message(message.header.id.to_string().as_str())
            .national_type("0301")
            .provider(provider.agent().identifier.value.as_str());
        self.platform.audit().write(asked).await?;
        let message = noots::Message::EvidenceRequest(Box::new(message.clone()));
        let service = provider.service_id().as_str();
        Ok(self
            .platform
            .sak()
            .ask(service, &message)
            .instrument(span)
            .await)
    }

    /// The SAK has taken the question and has no answer yet.
    async fn wait(
        mut self,
        location: url::Url,
        (after, mode): (Duration, ReplyMode),
    ) -> Result<(), Stopped> {
        let now = self.platform.world().now();
        let national = self.platform.config().timers().national();
        let end = later(self.content.asked_at, national);
        if now >= end {
            return self.fail(Failure::NoAnswerInTime).await;
        }
        let look = match mode {
            // The SAK brings the answer; one look at the end, should it have got lost. [NOOTS 6.3]
            ReplyMode::Push => end,
            ReplyMode::Direct | ReplyMode::Poll => later(now, after),
        };
        self.content.location = Some(location);
        self.content.write(&mut self.record)?;
        let poll = NewEntry::new(
            EntryId::new(self.platform.world().uuid()),
            WorkKind::PollProvider,
            Vec::new(),
        )
        .not_before(look);
        let op = OpId::new(self.platform.world().uuid());
        let change = Change::new(op, self.record).with_entry(poll);
        self.platform.apply(finish(change, self.lease)).await
    }

    async fn answered(
        self,
        message: noots::Message,
        question: &noots::EvidenceRequest,
    ) -> Result<(), Stopped> {
        match message {
            noots::Message::EvidenceResponse(response) => self.respond(&response, question).await,
            noots::Message::EvidenceErrorResponse(error) => self.react(&error, question).await,
            _ => {
                self.fail(Failure::AnswerInvalid(AnswerFault::OtherRequest))
                    .await
            }
        }
    }

    async fn respond(
        self,
        response: &noots::EvidenceResponse,
        question: &noots::EvidenceRequest,
    ) -> Result<(), Stopped> {
        let received = self
            .entry(Event::NationalResponseReceived)
            .national_message(response.header.id.to_string().as_str())
            .national_type("0302");
        self.heard(received).await?;
        let translated = {
            let tables = self.platform.tables();
            let context = self.platform.context(&tables, self.platform.world().now());
            let asked = Asked {
                request: &self.request,
                national: question,
            };
            let world = self.platform.world();
            to_edm(response, &asked, Approval::NotNeeded, &context, &mut || {
                world.uuid()
            })
        };
        match translated {
            Ok((response, parts)) => {
                let outcome = match response.availability() {
                    edm::Availability::At(_) => Outcome::Deferred,
                    edm::Availability::Now(packages) if packages.is_empty() => Outcome::NoEvidence,
                    edm::Availability::Now(_) => Outcome::Evidence,
                };
                self.answer(Answer::Evidence {
                    response: Box::new(response),
                    parts,
                    outcome,
                })
                .await
            }
            Err(failure) => self.fail(failure).await,
        }
    }

    async fn react(
        self,
        error: &noots::EvidenceErrorResponse,
        question: &noots::EvidenceRequest,
    ) -> Result<(), Stopped> {
        if error.request_id != question.header.id {
            return self
                .fail(Failure::AnswerInvalid(AnswerFault::OtherRequest))
                .await;
        }
        let code = error
            .exceptions
            .first()
            .map(|exception| exception.code.to_string());
        let received = self
            .entry(Event::NationalErrorReceived)
            .national_message(error.header.id.to_string().as_str())
            .national_type("0303")
            .error(code.as_deref());
        self.heard(received).await?;
        let reaction = react(error, self.situation());
        match reaction {
            Reaction::Fail(failure) => self.fail(failure).await,
            Reaction::AnswerEmpty => {
                let response = self.nothing(question)?;
                self.answer(Answer::Evidence {
                    response: Box::new(response),
                    parts: Vec::new(),
                    outcome: Outcome::NoEvidence,
                })
                .await
            }
            Reaction::LookUpAgain => self.look_up_again().await,
            // Nobody is there to ask.
            Reaction::AskForPlace => self.fail(Failure::PlaceMissing).await,
        }
    }

    fn situation(&self) -> Situation {
        let tables = self.platform.tables();
        let known = tables
            .evidence_types()
            .find(self.request.evidence().evidence_type());
        let of_register = self
            .provider()
            .ok()
            .and_then(|provider| provider.no_evidence());
        Situation {
            user_present: false,
            looked_up_again: self.content.looked_up_again,
            no_evidence: of_register
                .or(known.map(|known| known.no_evidence()))
                .unwrap_or_default(),
        }
    }

    fn nothing(&self, question: &noots::EvidenceRequest) -> Result<edm::Response, Stopped> {
        let tables = self.platform.tables();
        let context = self.platform.context(&tables, self.platform.world().now());
        let asked = Asked {
            request: &self.request,
            national: question,
        };
        let world = self.platform.world();
        Ok(nothing_to_edm(&asked, &context, &mut || world.uuid())?)
    }

    /// The register says it is not the one: the look-up is made once more, with a new message.
    async fn look_up_again(mut self) -> Result<(), Stopped> {
        let world = self.platform.world();
        self.content.looked_up_again = true;
        self.content.location = None;
        self.content.national_id = noots::MessageId::new(world.uuid());
        self.content.asked_at = world.now();
        self.record.add_key(LookupKey::new(
            LookupKind::NationalMessage,
            self.content.national_id.to_string(),
        ));
        self.content.write(&mut self.record)?;
        let ask = NewEntry::new(
            EntryId::new(world.uuid()),
            WorkKind::AskProvider,
            Vec::new(),
        );
        let change = Change::new(OpId::new(world.uuid()), self.record).with_entry(ask);
        self.platform.apply(finish(change, self.lease)).await
    }

    async fn answer(self, answer: Answer) -> Result<(), Stopped> {
        let Self {
            platform,
            record,
            content,
            lease,
            ..
        } = self;
        answer::give(
            platform,
            record,
            &content,
            (Step::AnswerClaimed, answer),
            lease,
        )
        .await
    }

    async fn fail(self, failure: Failure) -> Result<(), Stopped> {
        let Self {
            platform,
            record,
            content,
            request,
            lease,
            ..
        } = self;
        let step = match failure {
            Failure::NoAnswerInTime => Step::TimeOver,
            _ => Step::Failed,
        };
        let answer = Answer::Error {
            asker: Box::new((&request).into()),
            failure,
        };
        answer::give(platform, record, &content, (step, answer), lease).await
    }

    async fn heard(&self, entry: Entry) -> Result<(), Stopped> {
        if !self.is_heard {
            self.platform.audit().write(entry).await?;
        }
        Ok(())
    }

    fn entry(&self, event: Event) -> Entry {
        Entry::new(event)
            .about(self.record.summary())
            .edm_request(self.request.id().as_str())
            .evidence_type(self.request.evidence().evidence_type().as_str())
    }
}

/// What the peer is told when the SAK has no answer. [NOOTS 8.2]
fn failure_of(error: &SakError) -> Failure {
    match error {
        SakError::Status { status, .. } if matches!(status.as_u16(), 401 | 403) => {
            Failure::NotPermitted
        }
        SakError::Invalid(invalid) => Failure::AnswerInvalid(AnswerFault::Invalid(invalid.rule())),
        SakError::Unreachable(_)
        | SakError::Status { .. }
        | SakError::TooLarge
        | SakError::Location => Failure::Unreachable,
    }
}

pub(super) fn finish(change: Change, lease: Option<Lease>) -> Change {
    match lease {
        Some(lease) => change.finishing(lease),
        None => change,
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}
