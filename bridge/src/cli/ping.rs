//! `ping`: the test service of a partner, asked with a signed message, answered with a receipt.

use std::{error::Error, process::ExitCode};

use ebms::{
    Answer, ConversationId, Draft, Heading, MessageId, Outgoing, Partner, Party, Property, Service,
    profile,
    signal::{self, HttpAnswer},
};
use http::header::CONTENT_TYPE;
use serde_json::json;

use super::{
    Global,
    exit::{FINDINGS, Failure},
    output::Output,
    serve::runtime,
};
use crate::{
    config::Config,
    http::{CallTimeouts, client, limit::read_body},
    world::World,
};

pub(super) fn run(
    partner: &str,
    global: &Global,
    world: &World,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let config = global.load()?;
    let Some(partner) = config.pmodes().partner(partner) else {
        return Err(Failure::Unknown(format!("there is no partner {partner:?}")));
    };
    let outgoing = message(&config, partner, world)?;
    let began = world.monotonic();
    let answer = runtime()?.block_on(ask(&config, partner, &outgoing, world))?;
    let millis = world.monotonic().saturating_sub(began).as_millis();
    let (ok, verdict) = verdict(&answer);
    let record = json!({
        "partner": partner.name().as_str(),
        "message_id": outgoing.proof().message_id().as_str(),
        "ok": ok,
        "verdict": verdict,
        "duration_ms": u64::try_from(millis).unwrap_or(u64::MAX),
    });
    output.record(&record, || {
        format!("{}: {verdict} after {millis} ms", partner.name())
    })?;
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

fn message(config: &Config, partner: &Partner, world: &World) -> Result<Outgoing, Failure> {
    let internal = |error: &dyn Error| Failure::Internal(error.to_string());
    let id = |text: String| text.parse::<MessageId>();
    let platform = config.platform();
    let (own, theirs) = (platform.party_id(), partner.party_ids().first());
    let theirs =
        theirs.ok_or_else(|| Failure::Unknown("the partner has no party id".to_owned()))?;
    let draft = || {
        let heading = Heading {
            message_id: id(format!("{}@ping.bridge", world.uuid()))?,
            timestamp: world.now(),
            conversation_id: world.uuid().to_string().parse::<ConversationId>()?,
            from: Party::new(own.clone(), profile::GATEWAY_ROLE),
            to: Party::new(theirs.clone(), profile::GATEWAY_ROLE),
            service: Service::new(profile::TEST_SERVICE, None)?,
            action: profile::TEST_ACTION.to_owned(),
        };
        let corner = |name, party: &ebms::PartyId| match party.scheme() {
            Some(scheme) => Property::typed(name, scheme, party.value()),
            None => Property::new(name, party.value()),
        };
        Ok::<_, ebms::InvalidId>(
            Draft::new(heading)
                .with_property(corner(profile::ORIGINAL_SENDER, own))
                .with_property(corner(profile::FINAL_RECIPIENT, theirs)),
        )
    };
    let draft = draft().map_err(|error| internal(&error))?;
    let (key, recipient) = (
        config.keys().as4_signing(),
        partner.encryption_certificate(),
    );
    ebms::send::write(&draft, partner.leg(), key, recipient, &mut |bytes| {
        world.fill(bytes)
    })
    .map_err(|error| internal(&error))
}

async fn ask(
    config: &Config,
    partner: &Partner,
    outgoing: &Outgoing,
    world: &World,
) -> Result<Answer, Failure> {
    let unreachable = |error: &dyn Error| {
        Failure::Unreachable(format!(
            "{} cannot be reached: {}",
            partner.endpoint(),
            chain(error)
        ))
    };
    let timeouts = CallTimeouts::within(config.as4().retry().timeout());
    let client = client(config.as4().tls(), timeouts)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    let sent = client
        .post(partner.endpoint())
        .header(CONTENT_TYPE, outgoing.content_type())
        .body(outgoing.body().clone())
        .send();
    let response = sent
        .await
        .map_err(|error| unreachable(&error.without_url()))?;
    let status = response.status().as_u16();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.map(str::to_owned);
    let body = axum::body::Body::from_stream(response.bytes_stream());
    let body = read_body(body, MAX_ANSWER)
        .await
        .map_err(|error| unreachable(&error))?;
    let http = HttpAnswer {
        status,
        content_type: kind.as_deref(),
        body: &body,
    };
    Ok(signal::read_answer(
        &http,
        outgoing.proof(),
        partner,
        world.now(),
    ))
}

/// An error with its causes: "connection refused" stands at the very end.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn verdict(answer: &Answer) -> (bool, String) {
    match answer {
        Answer::Acknowledged(_) => (true, "receipt is signed and covers the message".to_owned()),
        Answer::AlreadyAccepted(_) => (false, "partner knows the message already".to_owned()),
        Answer::Refused(errors) => {
            let codes: Vec<_> = errors.iter().map(|error| error.code_text()).collect();
            (false, format!("refused with {}", codes.join(", ")))
        }
        Answer::InvalidReceipt(reason) => (false, format!("receipt proves nothing: {reason}")),
        Answer::Unanswered { status, reason } => (
            false,
            format!("no signal in the answer (HTTP {status}, {reason:?})"),
        ),
    }
}

const MAX_ANSWER: u64 = 1024 * 1024;
