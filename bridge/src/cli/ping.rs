//! `ping`: the test service of a partner, asked with a signed message, answered with a receipt. Every
//! step on the way is reported, and the first that fails says what to do.

mod report;
mod verdict;
mod wire;

use std::{error::Error, process::ExitCode};

use ebms::{
    ConversationId, Draft, Heading, MessageId, Outgoing, Partner, Party, Property, Service,
    profile,
    signal::{self, HttpAnswer},
};
use serde_json::Map;
use url::Url;

use self::{
    report::{Ended, Report, Stage},
    wire::Way,
};
use super::{Global, exit::Failure, output::Output, serve::runtime};
use crate::{config::Config, world::World};

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
    let url = Url::parse(partner.endpoint())
        .map_err(|error| Failure::Unknown(format!("endpoint {:?}: {error}", partner.endpoint())))?;
    let outgoing = message(&config, partner, world)?;
    let mut report = Report::new(world);
    let name = partner.name().as_str();
    let way = Way {
        url: &url,
        tls: config.partner_tls().get(name).unwrap_or(config.as4().tls()),
        limit: config.as4().retry().timeout(),
        now: world.now(),
    };
    let walked = runtime()?.block_on(walk(&way, &mut report, (partner, &outgoing)));
    let code = match walked {
        Ok(()) => 0,
        Err(Ended) => report.exit(),
    };
    let mut head = Map::new();
    head.insert("partner".to_owned(), name.into());
    head.insert("endpoint".to_owned(), partner.endpoint().into());
    let id = outgoing.proof().message_id().as_str();
    head.insert("message_id".to_owned(), id.into());
    output.record(&report.to_json(head), || report.to_text(name))?;
    Ok(ExitCode::from(code))
}

async fn walk(
    way: &Way<'_>,
    report: &mut Report,
    (partner, outgoing): (&Partner, &Outgoing),
) -> Result<(), Ended> {
    let stream = way.connection(report).await?;
    let proof = outgoing.proof();
    let ask = async {
        let answered = way.ask(stream, outgoing).await?;
        let http = HttpAnswer {
            status: answered.status.as_u16(),
            content_type: answered.content_type.as_deref(),
            body: &answered.body,
        };
        let answer = signal::read_answer(&http, proof, partner, way.now);
        let ((), finding) = verdict::http(answered.status, &answer)?;
        Ok((answer, finding))
    };
    let answer = report.step(Stage::Http, ask).await?;
    verdict::judge(report, &answer, partner, way.now).await
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
    // A ping finds out whether the partner answers; whether its certificate is revoked is not asked.
    let recipient = match partner.recipient(world.now()) {
        Ok(certificate) => certificate,
        Err(unusable) if unusable.may_pass() => partner.encryption_certificate(),
        Err(unusable) => return Err(Failure::Unknown(unusable.to_string())),
    };
    let heading = draft.heading();
    let leg = config
        .pmodes()
        .leg(partner, &heading.service, &heading.action);
    let leg = leg.as_ref().unwrap_or(partner.leg());
    let key = config.keys().as4_signing();
    ebms::send::write(&draft, leg, key, recipient, &mut |bytes| world.fill(bytes))
        .map_err(|error| internal(&error))
}
