//! Partners, templates and certificates that change while the platform runs, and certificates that
//! do not count.
#![expect(clippy::expect_used, reason = "test code")]

use std::{fs, path::PathBuf, time::Duration};

use bridge::{
    audit::Event,
    demo::StageOptions,
    partners::{Rejected, reload},
};
use conformance::{
    pki::{Authority, Identity, Key, Request, Usage, Validity},
    simulator::{
        edm::EdmVersion,
        foreign::{Delivery, Letter, PartyName, RequestSpec, Sent},
        world::GermanEvidence,
    },
};
use ebms::{profile, security::SigningKey};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, RsaKeySize, SerialNumber,
};
use tests::{LIMIT, Scene, Shared};

static SCENE: Shared = Shared::new(
    env!("CARGO_TARGET_TMPDIR"),
    "partners",
    StageOptions::default,
);

fn good(scene: &Scene) -> RequestSpec {
    scene
        .world()
        .request(EdmVersion::V2_0, GermanEvidence::BirthCertificate)
}

fn folder(scene: &Scene) -> PathBuf {
    let config = scene.platform().config().path();
    config.parent().expect("a folder").join("partners")
}

/// A partner file or certificate while a test plays: afterwards all is as it was.
struct Files<'s> {
    scene: &'s Scene,
    before: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl<'s> Files<'s> {
    const fn new(scene: &'s Scene) -> Self {
        let before = Vec::new();
        Self { scene, before }
    }

    fn write(&mut self, name: &str, text: &str) {
        let path = folder(self.scene).join(name);
        self.before.push((path.clone(), fs::read(&path).ok()));
        fs::write(path, text).expect("a file is written");
    }

    /// The partner file of FR with other lines under `[signing]`.
    fn signing(&mut self, lines: &str) {
        let text = fs::read_to_string(folder(self.scene).join("fr.toml")).expect("a partner");
        let start = text.find("[signing]").expect("a table");
        let end = text.find("[encryption]").expect("a table");
        let (head, tail) = (text.get(..start), text.get(end..));
        let text = format!(
            "{}[signing]\n{lines}\n\n{}",
            head.expect("a head"),
            tail.expect("a tail")
        );
        self.write("fr.toml", &text);
    }

    async fn undo(self) {
        for (path, content) in self.before.into_iter().rev() {
            match content {
                Some(content) => fs::write(path, content).expect("a file is written"),
                None => fs::remove_file(path).expect("a file is removed"),
            }
        }
        reload(self.scene.platform())
            .await
            .expect("the old files are in order");
    }
}

async fn answered(scene: &Scene, sent: &Sent) {
    assert_eq!(sent.delivery, Delivery::Acknowledged);
    let answer = scene.portal().answer(sent, LIMIT).await;
    assert_eq!(answer.expect("an answer in time").findings, [""; 0]);
}

fn metric(scene: &Scene, name: &str) -> String {
    let text = scene.platform().metrics().text().expect("metrics");
    let line = text.lines().find(|line| line.starts_with(name));
    line.expect("the metric").to_owned()
}

/// [ROB-126] [AT-54] no exchange fails, whichever snapshot a message took.
#[test]
fn messages_in_flight_do_not_notice_a_reload() {
    SCENE.play(async |scene| {
        let spec = good(scene);
        let one = || async {
            let sent = scene.portal().request(&spec).await;
            answered(scene, &sent.expect("an answer")).await;
        };
        let reloads = async {
            for _ in 0..10 {
                reload(scene.platform())
                    .await
                    .expect("the files are in order");
            }
        };
        tokio::join!(
            reloads,
            one(),
            one(),
            one(),
            one(),
            one(),
            one(),
            one(),
            one()
        );
    });
}

/// [ROB-126]
#[test]
fn a_broken_file_leaves_the_old_set_in_force() {
    SCENE.play(async |scene| {
        let mut files = Files::new(scene);
        files.write("fr.toml", "template = \"oots\"\ncolour = 1\n");
        match reload(scene.platform()).await {
            Err(Rejected::Broken(problems)) => {
                let text = problems.to_string();
                assert!(
                    text.contains("partners/fr.toml:2: unknown key colour"),
                    "{text}"
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            metric(scene, "bridge_config_reload_success"),
            "bridge_config_reload_success 0"
        );
        let sent = scene.portal().request(&good(scene)).await;
        answered(scene, &sent.expect("an answer")).await;
        files.undo().await;
        assert_eq!(
            metric(scene, "bridge_config_reload_success"),
            "bridge_config_reload_success 1"
        );
    });
}

fn signing_key(identity: &Identity) -> SigningKey {
    let chain = identity.chain_pem();
    SigningKey::from_pkcs8_pem(identity.key_pem().as_bytes(), chain.as_bytes()).expect("a key")
}

/// Sends a good request with something changed before it is signed.
async fn send(scene: &Scene, change: impl FnOnce(&mut Letter)) -> Sent {
    let facts = scene.portal().facts(&good(scene));
    let content = conformance::simulator::edm::request(&facts);
    let sent = scene.portal().send_edm(content.into(), change).await;
    sent.expect("the bridge can be reached")
}

fn refused(code: &str) -> Delivery {
    Delivery::Refused(vec![code.to_owned()])
}

fn authority(scene: &Scene, name: &str) -> Authority {
    Authority::new(name, scene.clock().now()).expect("an authority")
}

fn issued(authority: &Authority, name: &str, validity: Validity) -> Identity {
    let request = Request {
        subject: name.into(),
        usage: Usage::Signing,
        key: Key::Rsa2048,
        validity,
    };
    authority.issue(&request).expect("a certificate")
}

#[test]
fn a_new_partner_needs_no_restart() {
    SCENE.play(async |scene| {
        let now = scene.clock().now();
        let identity = issued(&authority(scene, "AT"), "AP_AT_01", Validity::around(now));
        let scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
        let from_austria = |letter: &mut Letter| {
            letter.from = Some(PartyName {
                id: "AP_AT_01".to_owned(),
                scheme: scheme.to_owned(),
            });
            letter.signing = Some(signing_key(&identity));
        };
        let before = send(scene, from_austria).await;
        assert_eq!(before.delivery, refused("EBMS:0010"));
        let mut files = Files::new(scene);
        let text = fs::read_to_string(folder(scene).join("fr.toml")).expect("a partner");
        let text = text
            .replace("AP_FR_01", "AP_AT_01")
            .replace("\"FR\"", "\"AT\"");
        files.write("at.toml", &text);
        files.write("at.pem", identity.certificate_pem());
        let text = text.replacen("certificates = [", "certificates = [\"at.pem\", ", 1);
        files.write("at.toml", &text);
        reload(scene.platform())
            .await
            .expect("the new partner is in order");
        assert!(scene.platform().partners().partner("at").is_some());
        // Its signature is good; what becomes of the request is another matter.
        let after = send(scene, from_austria).await;
        assert_ne!(after.delivery, refused("EBMS:0010"));
        assert_ne!(after.delivery, refused("EBMS:0101"));
        scene.settled().await;
        files.undo().await;
    });
}

/// A message signed by this certificate, where these lines say who is trusted: refused, with a line
/// in the log, and no register is asked.
async fn check_refused(scene: &Scene, files: &mut Files<'_>, lines: &str, signer: &SigningKey) {
    files.signing(lines);
    reload(scene.platform())
        .await
        .expect("the files are in order");
    let events = scene.events().len();
    let certificate = signer.certificate();
    let sent = send(scene, |letter| {
        letter.signing = Some(signer.clone());
        // The sender's clock says what its certificate likes.
        let made = scene.clock().now();
        letter.timestamp = Some(made.clamp(certificate.not_before(), certificate.not_after()));
    })
    .await;
    assert_eq!(sent.delivery, refused("EBMS:0101"), "{lines}");
    let log = scene.log();
    assert_eq!(log.len(), events + 1, "{lines}");
    let last = log.last().expect("a line");
    assert_eq!(last.facts.event, Event::RequestRefused);
    assert_eq!(last.facts.error_code.as_deref(), Some("EBMS:0101"));
}

/// An authority, its list, and a certificate on it.
fn revoked() -> (String, String, SigningKey) {
    let parameters = |name: &str| {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.serial_number = Some(SerialNumber::from(5_u64));
        parameters
    };
    let mut root = parameters("Root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let root_pem = root.self_signed(&key).expect("a root").pem();
    let issuer = Issuer::new(root, key);
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048);
    let key = key.expect("a key");
    let leaf = parameters("AP_FR_01")
        .signed_by(&key, &issuer)
        .expect("a certificate");
    let list = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2030, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(5_u64),
            revocation_time: rcgen::date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = list
        .signed_by(&issuer)
        .expect("a list")
        .pem()
        .expect("a list");
    let pem = key.serialize_pem();
    let key = SigningKey::from_pkcs8_pem(pem.as_bytes(), leaf.pem().as_bytes());
    (root_pem, list, key.expect("a key"))
}

/// [AT-44] [ROB-85] expired, not yet valid, other root, revoked, another party's.
#[test]
fn at_44_a_certificate_that_does_not_count_is_refused() {
    SCENE.play(async |scene| {
        let now = scene.clock().now();
        let (ours, other) = (authority(scene, "Ours"), authority(scene, "Other"));
        let mut files = Files::new(scene);
        files.write("root.pem", ours.root_pem());
        let trusted = "authorities = [\"root.pem\"]";
        let by = |authority, name, validity| issued(authority, name, validity);
        for identity in [
            by(&ours, "AP_FR_01", Validity::over(now)),
            by(&ours, "AP_FR_01", Validity::not_begun(now)),
            by(&other, "AP_FR_01", Validity::around(now)),
            by(&ours, "AP_AT_01", Validity::around(now)),
        ] {
            check_refused(scene, &mut files, trusted, &signing_key(&identity)).await;
        }
        let expired = by(&ours, "AP_FR_01", Validity::over(now));
        files.write("pinned.pem", expired.certificate_pem());
        let pinned = "certificates = [\"pinned.pem\"]";
        check_refused(scene, &mut files, pinned, &signing_key(&expired)).await;
        // Nobody says that it is not revoked, and somebody must: nobody listens at port 1.
        let unknown = by(&ours, "AP_FR_01", Validity::around(now));
        let hard = format!("{trusted}\nocsp_url = \"http://127.0.0.1:1/\"");
        check_refused(scene, &mut files, &hard, &signing_key(&unknown)).await;
        let (root, list, revoked) = revoked();
        files.write("revoking.pem", &root);
        files.write("list.pem", &list);
        let listed = "authorities = [\"revoking.pem\"]\ncrls = [\"list.pem\"]";
        check_refused(scene, &mut files, listed, &revoked).await;
        let fine = by(&ours, "AP_FR_01", Validity::around(now));
        files.signing(trusted);
        reload(scene.platform())
            .await
            .expect("the files are in order");
        // A ping: nothing comes after its receipt, which is signed with the old key.
        let ping = |letter: &mut Letter| {
            letter.signing = Some(signing_key(&fine));
            letter.service = Some((profile::TEST_SERVICE.to_owned(), None));
            letter.action = profile::TEST_ACTION.to_owned();
        };
        assert_eq!(send(scene, ping).await.delivery, Delivery::Acknowledged);
        files.undo().await;
    });
}

/// [ROB-126] how a partner is called is read again, too: a server that is not the one agreed gets
/// nothing, and the message goes out when the agreement is mended.
#[test]
fn the_server_a_partner_is_called_at_is_the_one_agreed_last() {
    SCENE.play(async |scene| {
        let stranger = authority(scene, "Stranger");
        let mut files = Files::new(scene);
        files.write("stranger.pem", stranger.certificate_pem());
        let text = fs::read_to_string(folder(scene).join("fr.toml")).expect("a partner");
        files.write(
            "fr.toml",
            &format!("{text}\n[tls]\npinned = [\"stranger.pem\"]\n"),
        );
        reload(scene.platform()).await.expect("files in order");
        let sent = scene.portal().request(&good(scene)).await;
        let sent = sent.expect("an answer");
        let failed = scene.until(Event::AttemptFailed, 1).await;
        let code = failed.first().and_then(|it| it.facts.error_code.as_deref());
        assert_eq!(code, Some("EBMS:0005"));
        files.undo().await;
        scene.pass(Duration::from_secs(60));
        answered(scene, &sent).await;
    });
}
