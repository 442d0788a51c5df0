//! Wrong configurations: every problem in one list, with file, line and hint. The texts are what an
//! operator reads, so they are compared word by word. (Fault 127 of the fault table.)
#![expect(clippy::unwrap_used, reason = "test code")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use bridge::config::{Config, Environment, Overrides, Registers, StoreKind};

#[path = "support/example.rs"]
mod example;

use example::Example;

impl Example {
    /// Replaces a text that must be there.
    fn change(self, file: &str, from: &str, to: &str) -> Self {
        let path = self.path(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file}");
        fs::write(path, text.replace(from, to)).unwrap();
        self
    }

    fn load(&self, overrides: &Overrides) -> Result<Config, String> {
        let shown = self.path("").display().to_string();
        Config::load(&self.path("bridge.toml"), overrides)
            .map_err(|errors| errors.to_string().replace(&shown, ""))
    }

    #[track_caller]
    fn check(&self, expected: &str) {
        let found = self.load(&Overrides::none()).map(|_| ()).unwrap_err();
        assert_eq!(found, expected, "\n{found}");
    }
}

#[test]
fn what_init_writes_is_accepted_as_it_is() {
    let config = Example::new().load(&Overrides::none()).unwrap();
    assert_eq!(config.platform().party_id().value(), "AP_DE_01");
    assert_eq!(config.platform().environment(), Environment::Test);
    assert_eq!(config.pmodes().partners().count(), 1);
    assert_eq!(config.keys().storage()[0].id(), "storage-1");
    assert_eq!(config.timers().requester().t1().as_secs(), 360);
    assert_eq!(config.national().consumers().iter().count(), 1);
    assert!(matches!(config.national().registers(), Registers::Table(_)));
    assert!(matches!(config.store().kind(), StoreKind::Embedded { .. }));
}

#[test]
fn private_files_of_init_belong_to_their_owner_alone() {
    let example = Example::new();
    for entry in fs::read_dir(example.path("keys")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        let secret = name.ends_with(".key.pem") || name.ends_with(".key");
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if secret { 0o600 } else { 0o644 }, "{name}");
    }
}

#[test]
fn a_typo_is_named_with_the_key_that_was_meant() {
    Example::new()
        .change("bridge.toml", "retention_days", "retention_day")
        .change("bridge.toml", "[telemetry]", "[telemetri]")
        .check(
            "\
bridge.toml:86: unknown key audit.retention_day (did you mean retention_days?)
bridge.toml:183: unknown key telemetri (did you mean telemetry?)",
        );
}

#[test]
fn a_key_that_resembles_nothing_is_named_with_those_that_are_known() {
    Example::new()
        .change("bridge.toml", "max_bytes = 10737418240", "quota = 1")
        .check("bridge.toml:81: unknown key spool.quota (known here: max_bytes, url)");
}

#[test]
fn a_missing_key_is_reported_where_its_table_begins() {
    Example::new()
        .change("bridge.toml", "party_id = \"AP_DE_01\"\n", "")
        .change("bridge.toml", "kind = \"embedded\"\n", "")
        .check(
            "\
bridge.toml:8: missing key platform.party_id
bridge.toml:68: missing key store.kind",
        );
}

#[test]
fn a_value_of_the_wrong_kind_or_word_is_named() {
    Example::new()
        .change("bridge.toml", "durability = \"strict\"", "durability = \"fast\"")
        .change("bridge.toml", "max_bytes = 10737418240", "max_bytes = \"10 GiB\"")
        .change("bridge.toml", "address = \"127.0.0.1:8443\"", "address = \"localhost\"")
        .change("bridge.toml", "t1_secs = 300", "t1_secs = 0.5")
        .check(
            "\
bridge.toml:29: listen.as4.address: \"localhost\" is not address:port (for example \"127.0.0.1:8443\" or \"[::]:8443\")
bridge.toml:74: store.durability: \"fast\" is not a known value (one of \"strict\", \"relaxed\")
bridge.toml:81: spool.max_bytes: must be a whole number, not text
bridge.toml:166: timers.provider.t1_secs: must be a whole number, not a number with a fraction",
        );
}

#[test]
fn timers_that_contradict_each_other_are_refused() {
    Example::new()
        .change("bridge.toml", "t2_secs = 960", "t2_secs = 900")
        .change("bridge.toml", "national_secs = 120", "national_secs = 300")
        .check(
            "\
bridge.toml:161: timers.national_secs: 300 s leave no time before timers.provider.t1_secs = 300 (a register must answer before T1 ends)
bridge.toml:173: timers.requester.t2_secs: 900 s do not exceed timers.provider.t2_secs = 900 (the requester waits longer)",
        );
}

#[test]
fn retries_that_outlast_the_deadline_are_refused() {
    // [ROB 8.4] the example of a peer: twelve minutes of retries against a deadline of five.
    Example::new().change("pmodes/oots.toml", "interval_secs = 60", "interval_secs = 180").check(
            "\
pmodes/oots.toml:54: retry: the last attempt ends not before timers.provider.t1_secs = 300 ((attempts - 1/2) * interval_secs + as4.retry.timeout_secs must be less)",
        );
}

#[test]
fn a_log_kept_for_less_than_twelve_months_is_refused() {
    Example::new().change("bridge.toml", "retention_days = 366", "retention_days = 90").check(
            "\
bridge.toml:86: audit.retention_days: 90 days are less than twelve months (at least 366 (Reg. 2022/1463, Art. 17))",
        );
}

#[test]
fn a_key_that_everyone_can_read_is_refused() {
    let example = Example::new();
    let mode = fs::Permissions::from_mode(0o644);
    fs::set_permissions(example.path("keys/index.key"), mode).unwrap();
    example.check(
            "\
bridge.toml:63: keys.index: keys/index.key can be read by everyone (mode 644) (chmod 600 keys/index.key)",
        );
}

#[test]
fn a_key_that_its_group_can_read_is_accepted() {
    let example = Example::new();
    let mode = fs::Permissions::from_mode(0o640);
    fs::set_permissions(example.path("keys/index.key"), mode).unwrap();
    example.load(&Overrides::none()).unwrap();
}

#[test]
fn keys_that_are_none_or_do_not_fit_are_refused() {
    let example = Example::new();
    let swap = |from: &str, to: &str| {
        fs::write(example.path(to), fs::read(example.path(from)).unwrap()).unwrap();
    };
    swap("keys/as4-decryption.key.pem", "keys/as4-signing.key.pem");
    swap("keys/example-consumer.key.pem", "keys/server.key.pem");
    swap("keys/ca.pem", "keys/index.key");
    swap("keys/national-client.key.pem", "keys/audit.key.pem");
    swap("keys/index.key", "keys/common-services.pem");
    fs::write(example.path("keys/common-services.pem"), "nothing").unwrap();
    example.check(
            "\
bridge.toml:31: listen.as4.tls.key: does not fit the certificate: keys may not be consistent: KeyMismatch
bridge.toml:38: listen.national.tls.key: does not fit the certificate: keys may not be consistent: KeyMismatch
bridge.toml:44: listen.public.tls.key: does not fit the certificate: keys may not be consistent: KeyMismatch
bridge.toml:55: keys.as4_signing.key: the certificate belongs to another key (bridge keys generate makes one)
bridge.toml:63: keys.index: is not 32 bytes in base64 (bridge keys generate makes one)
bridge.toml:65: keys.audit: is not an Ed25519 key in PKCS#8 PEM (bridge keys generate makes one)
bridge.toml:115: common_services.trust: keys/common-services.pem holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
        );
}

#[test]
fn plain_http_is_refused_in_production() {
    Example::new()
        .change("bridge.toml", "environment = \"test\"", "environment = \"production\"")
        .change("bridge.toml", "https://localhost:9443/", "http://sak.example/")
        .change("bridge.toml", "https://query.cs.acc.oots.tech.ec.europa.eu/eb/", "http://eb.example/")
        .check(
            "\
bridge.toml:111: common_services.evidence_broker_url: http://eb.example/ is not encrypted (http is not allowed in production)
bridge.toml:137: national.sak.url: http://sak.example/ is not encrypted (http is not allowed in production)",
        );
}

#[test]
fn tls_is_off_on_loopback_or_behind_a_proxy_only() {
    let open = "address = \"0.0.0.0:8446\"\ntls = \"off\"";
    let admin = "address = \"127.0.0.1:8446\"\ntls = \"off\"";
    Example::new().change("bridge.toml", admin, open).check(
            "\
bridge.toml:49: listen.admin.tls: \"off\" on an address that others can reach (use a loopback address, give a certificate, or set behind_proxy = true)",
        );
    let behind = format!("{open}\nbehind_proxy = true");
    Example::new()
        .change("bridge.toml", admin, &behind)
        .load(&Overrides::none())
        .unwrap();
}

#[test]
fn two_listeners_on_one_port_are_refused() {
    Example::new()
        .change("bridge.toml", "127.0.0.1:8445", "127.0.0.1:8443")
        .check(
            "\
bridge.toml:42: listen.public.address: 127.0.0.1:8443 is already taken by listen.as4",
        );
}

#[test]
fn every_syntax_error_is_reported() {
    Example::new()
        .change("bridge.toml", "country = \"DE\"", "country = DE")
        .change(
            "bridge.toml",
            "replicas_required = 0",
            "replicas_required 0",
        )
        .check(
            "\
bridge.toml:12: not TOML: string values must be quoted, expected literal string
bridge.toml:76: not TOML: key with no value, expected `=`",
        );
}

#[test]
fn files_and_folders_that_are_missing_are_named() {
    let example = Example::new();
    fs::remove_file(example.path("keys/server.pem")).unwrap();
    fs::remove_file(example.path("consumers.toml")).unwrap();
    fs::remove_file(example.path("mapping/errors.toml")).unwrap();
    fs::remove_dir_all(example.path("pmodes")).unwrap();
    example.check(
            "\
bridge.toml:31: listen.as4.tls.certificate: keys/server.pem does not exist (paths are relative to the configuration file)
bridge.toml:38: listen.national.tls.certificate: keys/server.pem does not exist (paths are relative to the configuration file)
bridge.toml:44: listen.public.tls.certificate: keys/server.pem does not exist (paths are relative to the configuration file)
bridge.toml:91: pmodes does not exist (paths are relative to the configuration file)
bridge.toml:133: national.consumers: consumers.toml does not exist (paths are relative to the configuration file)
errors.toml: the table is missing",
        );
}

#[test]
fn a_partner_is_checked_like_everything_else() {
    Example::new()
        .change(
            "partners/example.toml",
            "template = \"oots\"",
            "template = \"otos\"",
        )
        .check(
            "\
partners/example.toml:6: unknown template \"otos\"",
        );
    Example::new()
        .change("partners/example.toml", "endpoint", "end_point")
        .check(
            "\
partners/example.toml: missing key endpoint
partners/example.toml:8: unknown key end_point",
        );
    Example::new()
        .change(
            "partners/example.toml",
            "example-encryption.pem",
            "other.pem",
        )
        .check("partners/example.toml:33: other.pem: No such file or directory (os error 2)");
    Example::new()
        .change("partners/example.toml", "\"AP_FR_01\"", "\"AP_DE_01\"")
        .check("partners/example.toml:13: urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots::AP_DE_01 \
             is our own party id",
        );
}

#[test]
fn a_consumer_is_checked_like_everything_else() {
    Example::new()
        .change("consumers.toml", "certificates_sha256 = [", "certificates_sha256 = [\"zz\", ")
        .change("consumers.toml", "https://portal.example", "http://portal.example/path")
        .check(
            "\
consumers.toml:11: consumer.certificates_sha256: \"zz\" is not a SHA-256 fingerprint (64 hex digits)
consumers.toml:13: consumer.return_origins: http://portal.example/path is not an https origin (for example \"https://portal.example\")",
        );
}

#[test]
fn a_secret_is_not_repeated() {
    let example = Example::new();
    let overrides = Overrides::none()
        .set("store.kind=redis")
        .and_then(|it| it.set("store.url=rediss//:geheim@host"))
        .unwrap();
    let found = example.load(&overrides).map(|_| ()).unwrap_err();
    assert_eq!(
        found,
        "--set store.url: store.url: is not a Redis URL (redis://HOST:PORT or rediss://HOST:PORT)"
    );
}

#[test]
fn the_command_line_overrides_the_file() {
    let overrides = Overrides::none()
        .set("timers.session_secs=60")
        .and_then(|it| it.set("preview.languages=[\"en\"]"))
        .and_then(|it| it.set("platform.agent.name={ en = \"Platform\" }"))
        .and_then(|it| it.set("listen.as4.behind_proxy=true"))
        .unwrap();
    let config = Example::new().load(&overrides).unwrap();
    assert_eq!(config.timers().session().as_secs(), 60);
    assert_eq!(config.preview().languages(), ["en"]);
    assert_eq!(config.platform().agent().name()[0].text(), "Platform");
    assert!(config.listen().as4().behind_proxy());
}

#[test]
fn a_wrong_override_is_named_as_such() {
    let overrides = Overrides::none()
        .set("timers.sesion_secs=60")
        .and_then(|it| it.set("as4.duplicate_window_days=one"))
        .unwrap();
    let found = Example::new().load(&overrides).map(|_| ()).unwrap_err();
    assert_eq!(
        found,
        "\
--set as4.duplicate_window_days: as4.duplicate_window_days: must be a whole number that is not negative
--set timers.sesion_secs: unknown key timers.sesion_secs (did you mean session_secs?)"
    );
}

#[test]
fn a_file_that_is_not_there_is_the_only_problem() {
    let nowhere = Path::new("nowhere/bridge.toml");
    let found = Config::load(nowhere, &Overrides::none())
        .unwrap_err()
        .to_string();
    let hint = "bridge init DIR writes a configuration; --config names another";
    assert_eq!(
        found,
        format!("nowhere/bridge.toml: does not exist ({hint})")
    );
}
