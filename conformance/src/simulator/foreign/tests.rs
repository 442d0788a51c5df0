//! Two member states that exchange directly, without a bridge between them

use std::time::Duration;

use ebms::security::SigningKey;
use ebms::{Payload, Property};

use super::*;
use crate::pki::{Authority as Issuer, Identity, Key};
use crate::simulator::edm::{Authority, EdmVersion, EvidenceTypeFacts};
use crate::simulator::http::TlsIdentity;
use crate::simulator::journal::Flow;
use crate::simulator::person::TestPerson;
use crate::simulator::testing::{now, source};

const LIMIT: Duration = Duration::from_secs(30);

fn authority(id: &str, country: &str) -> Authority {
    Authority {
        id: id.to_owned(),
        scheme: format!("urn:oasis:names:tc:ebcore:partyid-type:unregistered:{country}"),
        name: format!("Authority {id}"),
        lang: "EN".to_owned(),
        country: country.to_owned(),
    }
}

fn party(id: &str) -> PartyName {
    PartyName {
        id: id.to_owned(),
        scheme: "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots".to_owned(),
    }
}

fn evidence() -> EvidenceTypeFacts {
    EvidenceTypeFacts {
        identifier: "41170824-15d9-4c16-984e-63b75b937b8c".to_owned(),
        classification: "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e".to_owned(),
        title: "Certificate of Birth".to_owned(),
        format: "application/pdf".to_owned(),
        conforms_to: None,
    }
}

/// The keys of one side
struct Keys {
    tls: TlsIdentity,
    signing: TlsIdentity,
    decryption: TlsIdentity,
}

impl Keys {
    fn new(issuer: &Issuer, name: &str) -> Self {
        let tls = |identity: Result<Identity>| identity.unwrap().tls();
        Self {
            tls: tls(issuer.tls_server("localhost", now())),
            signing: tls(issuer.signing(name, Key::Rsa2048, now())),
            decryption: tls(issuer.encryption(name, Key::Rsa2048, now())),
        }
    }
}

struct Side {
    id: &'static str,
    country: &'static str,
    keys: Keys,
    listener: TcpListener,
}

impl Side {
    async fn new(issuer: &Issuer, id: &'static str, country: &'static str) -> Self {
        let listener = Server::bind().await.unwrap();
        Self {
            id,
            country,
            keys: Keys::new(issuer, id),
            listener,
        }
    }

    fn endpoint(&self) -> String {
        format!("https://{}{PATH}", self.listener.local_addr().unwrap())
    }

    fn spec(&self, other: &Self, root_pem: &str) -> ForeignSpec {
        let own = |id: &str| authority(id, self.country);
        let peer_platform = authority("platform", other.country);
        ForeignSpec {
            access_point: AccessPointSpec {
                party: party(self.id),
                tls: self.keys.tls.clone(),
                signing: self.keys.signing.clone(),
                decryption: self.keys.decryption.clone(),
                partner: PartnerSpec {
                    name: other.id.to_owned(),
                    party: party(other.id),
                    endpoint: other.endpoint(),
                    signing_pem: leaf(&other.keys.signing),
                    encryption_pem: leaf(&other.keys.decryption),
                    tls_root_pem: root_pem.to_owned(),
                },
            },
            portal: PortalSpec {
                requester: own("requester"),
                platform: Some(own("platform")),
                peer_platform: peer_platform.clone(),
            },
            provider: ProviderSpec {
                authority: own("provider"),
                offers: vec![ForeignOffer {
                    evidence: evidence(),
                    versions: vec![EdmVersion::V1_2, EdmVersion::V2_0],
                }],
                persons: vec![subject()],
                platform: Some(own("platform")),
                peer_platform,
            },
        }
    }
}

/// Only the certificate of a chain
fn leaf(identity: &TlsIdentity) -> String {
    let end = "-----END CERTIFICATE-----";
    let (first, _) = identity.chain_pem.split_once(end).unwrap();
    format!("{first}{end}\n")
}

fn subject() -> TestPerson {
    TestPerson::planted("FR/DE/AT-PII-7f3c91")
}

struct World {
    asking: Foreign,
    answering: Foreign,
    journal: Journal,
    stranger: SigningKey,
}

async fn world() -> World {
    let issuer = Issuer::new("Test root", now()).unwrap();
    let (fr, de) = (
        Side::new(&issuer, "AP_FR_01", "FR").await,
        Side::new(&issuer, "AP_DE_01", "DE").await,
    );
    let (fr_spec, de_spec) = (
        fr.spec(&de, issuer.root_pem()),
        de.spec(&fr, issuer.root_pem()),
    );
    let stranger = issuer
        .signing("AP_FR_01", Key::Rsa2048, now())
        .unwrap()
        .tls();
    let journal = Journal::new();
    let source = source();
    let start = |side: Side, spec: ForeignSpec| {
        Foreign::start(side.listener, spec, source.clone(), journal.clone()).unwrap()
    };
    World {
        asking: start(fr, fr_spec),
        answering: start(de, de_spec),
        stranger: SigningKey::from_pkcs8_pem(
            stranger.key_pem.as_bytes(),
            stranger.chain_pem.as_bytes(),
        )
        .unwrap(),
        journal,
    }
}

fn spec(version: EdmVersion) -> RequestSpec {
    RequestSpec::new(version, evidence(), authority("provider", "DE"), subject())
}

impl World {
    async fn ask(&self, spec: &RequestSpec) -> (Sent, ReceivedAnswer) {
        let sent = self.asking.portal().request(spec).await.unwrap();
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        let answer = self.asking.portal().answer(&sent, LIMIT).await.unwrap();
        (sent, answer)
    }

    #[track_caller]
    fn is_content(&self) {
        let complaints: Vec<_> = self
            .journal
            .complaints()
            .into_iter()
            .map(|c| c.text)
            .collect();
        assert_eq!(complaints, [""; 0]);
    }
}

#[tokio::test]
async fn evidence_comes_back_unchanged_in_both_versions() {
    let world = world().await;
    for version in [EdmVersion::V1_2, EdmVersion::V2_0] {
        let (sent, answer) = world.ask(&spec(version)).await;
        let Outcome::Evidence(documents) = answer.outcome else {
            panic!("{:?}", answer.outcome)
        };
        assert_eq!(documents.len(), 1);
        let request = sent.request_id.unwrap();
        let about: Vec<_> = world
            .journal
            .evidence()
            .into_iter()
            .filter(|record| record.keys.mentions(&request))
            .collect();
        let flows: Vec<_> = about.iter().map(|record| record.flow).collect();
        assert_eq!(flows, [Flow::Sent, Flow::Received]);
        assert_eq!(about[0].sha256, about[1].sha256);
        assert_eq!(about[1].sha256, documents[0].sha256);
    }
    world.is_content();
}

#[tokio::test]
async fn every_way_of_answering_arrives_as_such() {
    let world = world().await;
    let provider = world.answering.provider();
    let error = Answering::Error {
        code: "EDM:ERR:0008".to_owned(),
        detail: None,
    };
    let preview = Answering::PreviewRequired("https://preview.example/x".to_owned());
    for (answering, expected) in [
        (Answering::Empty, "Empty"),
        (Answering::Deferred(now()), "Deferred"),
        (error, "EDM:ERR:0008"),
        (preview, "PreviewRequired"),
        (Answering::Documents(3), "Evidence"),
    ] {
        provider.set_answering(answering);
        let (_, answer) = world.ask(&spec(EdmVersion::V2_0)).await;
        assert!(
            format!("{:?}", answer.outcome).contains(expected),
            "{:?}",
            answer.outcome
        );
    }
    world.is_content();
}

#[tokio::test]
async fn nobody_knows_an_unknown_person() {
    let world = world().await;
    let unknown = RequestSpec {
        subject: TestPerson::unknown("FR/DE/000000"),
        ..spec(EdmVersion::V1_2)
    };
    let (_, answer) = world.ask(&unknown).await;
    assert!(matches!(answer.outcome, Outcome::Error { ref code, .. } if code == "EDM:ERR:0004"));
    world.is_content();
}

#[track_caller]
fn is_refused(world: &World, answer: &ReceivedAnswer, complaint: &str) {
    let Outcome::Error { code, detail } = &answer.outcome else {
        panic!("{:?}", answer.outcome)
    };
    assert_eq!(code, "EDM:ERR:0003");
    assert!(
        detail.as_deref().unwrap_or_default().contains(complaint),
        "{detail:?}"
    );
    let complaints = world.journal.complaints();
    assert!(
        complaints
            .iter()
            .any(|found| found.text.contains(complaint)),
        "{complaints:?}"
    );
}

#[tokio::test]
async fn a_request_without_the_users_wish_is_refused() {
    let world = world().await;
    let (_, answer) = world
        .ask(&RequestSpec {
            explicit: false,
            ..spec(EdmVersion::V2_0)
        })
        .await;
    is_refused(&world, &answer, "ExplicitRequestGiven");
}

#[tokio::test]
async fn a_replayed_request_id_is_refused() {
    let world = world().await;
    let (sent, _) = world.ask(&spec(EdmVersion::V2_0)).await;
    let replay = RequestSpec {
        request_id: sent.request_id.clone(),
        ..spec(EdmVersion::V2_0)
    };
    let again = world.asking.portal().request(&replay).await.unwrap();
    assert_eq!(again.delivery, Delivery::Acknowledged);
    let answer = world.asking.portal().answer(&again, LIMIT).await.unwrap();
    is_refused(&world, &answer, "used before");
    assert_eq!(world.asking.portal().answers(&sent).len(), 1);
}

#[tokio::test]
async fn an_identical_resend_gets_a_receipt_and_no_second_answer() {
    let world = world().await;
    let (sent, _) = world.ask(&spec(EdmVersion::V2_0)).await;
    let delivery = world.asking.portal().resend(&sent).await.unwrap();
    assert_eq!(delivery, Delivery::Acknowledged);
    assert_eq!(world.answering.provider().times_asked(), 1);
    world.is_content();
}

#[tokio::test]
async fn other_bytes_under_the_same_message_id_are_refused() {
    let world = world().await;
    let (sent, _) = world.ask(&spec(EdmVersion::V2_0)).await;
    let portal = world.asking.portal();
    let content = crate::simulator::edm::request(&portal.facts(&spec(EdmVersion::V2_0)));
    let id = sent.message_id.clone();
    let again = portal
        .send_edm(content.into(), |letter| letter.message_id = id)
        .await
        .unwrap();
    assert!(
        matches!(again.delivery, Delivery::Refused(_)),
        "{:?}",
        again.delivery
    );
}

#[tokio::test]
async fn a_foreign_signature_is_refused() {
    let world = world().await;
    let portal = world.asking.portal();
    let content = crate::simulator::edm::request(&portal.facts(&spec(EdmVersion::V2_0)));
    let key = world.stranger.clone();
    let sent = portal
        .send_edm(content.into(), |letter| letter.signing = Some(key))
        .await
        .unwrap();
    assert_eq!(
        sent.delivery,
        Delivery::Refused(vec!["EBMS:0101".to_owned()])
    );
    assert_eq!(world.answering.provider().times_asked(), 0);
    assert_eq!(world.journal.complaints().len(), 1);
}

type Spoil = fn(&mut Letter);

#[tokio::test]
async fn a_spoiled_header_is_noticed() {
    let world = world().await;
    let portal = world.asking.portal();
    let spoil: [(&str, Spoil); 3] = [
        ("originalSender", |letter| {
            letter
                .properties
                .retain(|property| property.name() != "originalSender");
            letter
                .properties
                .push(Property::typed("originalSender", "urn:x", "somebody"));
        }),
        ("message properties", |letter| {
            letter.properties.push(Property::new("surplus", "1"))
        }),
        ("parts", |letter| {
            let cid = "extra@oots.example".parse().unwrap();
            letter
                .payloads
                .push(Payload::new(cid, "application/pdf", &b"%PDF"[..]));
        }),
    ];
    for (complaint, spoil) in spoil {
        let content = crate::simulator::edm::request(&portal.facts(&spec(EdmVersion::V2_0)));
        let sent = portal.send_edm(content.into(), spoil).await.unwrap();
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        let answer = portal.answer(&sent, LIMIT).await.unwrap();
        is_refused(&world, &answer, complaint);
    }
}

#[tokio::test]
async fn an_unreadable_message_is_answered_without_request_id() {
    let world = world().await;
    let portal = world.asking.portal();
    let sent = portal.send_edm("<no/>".into(), |_| {}).await.unwrap();
    assert_eq!(sent.delivery, Delivery::Acknowledged);
    let answer = portal.answer(&sent, LIMIT).await.unwrap();
    assert!(matches!(answer.outcome, Outcome::Error { ref code, .. } if code == "EDM:ERR:0003"));
}

#[tokio::test]
async fn garbage_on_the_wire_is_refused_before_it_is_read() {
    let world = world().await;
    let answer = world
        .asking
        .access_point()
        .post_raw("text/plain", "nonsense".into())
        .await
        .unwrap();
    assert_eq!(answer.status, 415);
    assert_eq!(world.journal.complaints().len(), 1);
}
