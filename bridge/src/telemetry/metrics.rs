//! What is counted, with label values from enums only, and the text of `/metrics`.

use std::{sync::Arc, time::Duration};

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use super::names;

/// A closed set of label values.
pub trait Label: Copy {
    /// The value as it stands in a label.
    fn label(self) -> &'static str;
}

macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl Label for $name {
            fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),*
                }
            }
        }
    };
}

labels! {
    /// Which of the two routes.
    Route {
        /// A foreign requester asks.
        Provide = "provide",
        /// A German Data Consumer asks.
        Retrieve = "retrieve",
    }
}

labels! {
    /// Whether the user looks at the evidence first.
    Flow {
        /// Without preview.
        Direct = "direct",
        /// With preview.
        Preview = "preview",
    }
}

labels! {
    /// How an exchange ended.
    Outcome {
        /// Evidence was handed over.
        Delivered = "delivered",
        /// There was nothing, or the user refused.
        Empty = "empty",
        /// It ended with an error.
        Failed = "failed",
        /// Time ran out.
        Expired = "expired",
    }
}

labels! {
    /// Where an open exchange stands.
    OpenState {
        /// Opened.
        Open = "open",
        /// Somebody was asked.
        Waiting = "waiting",
        /// The user is to look.
        PreviewRequired = "preview_required",
    }
}

labels! {
    /// Which way an AS4 message went.
    Direction {
        /// To us.
        Received = "received",
        /// From us.
        Sent = "sent",
    }
}

labels! {
    /// What an AS4 message was.
    As4Action {
        /// ExecuteQueryRequest
        Request = "request",
        /// ExecuteQueryResponse
        Response = "response",
        /// ExceptionResponse
        Exception = "exception",
        /// The test service.
        Test = "test",
        /// Not readable, or another.
        Other = "other",
    }
}

labels! {
    /// What became of an AS4 message.
    As4Result {
        /// Receipt given or received.
        Acknowledged = "acknowledged",
        /// Error given or received.
        Refused = "refused",
        /// No usable answer.
        Unanswered = "unanswered",
        /// Put off: busy, or nothing could be stored.
        Deferred = "deferred",
    }
}

labels! {
    /// A queue of the outbox.
    Queue {
        /// Towards access points.
        As4 = "as4",
        /// Towards registers.
        National = "national",
    }
}

labels! {
    /// A listener.
    ListenerName {
        /// Foreign access points.
        As4 = "as4",
        /// Portals and registers.
        National = "national",
        /// Browsers.
        Public = "public",
        /// Operators and probes.
        Admin = "admin",
    }
}

labels! {
    /// Why a connection or request was turned away before it was handled.
    Rejection {
        /// Too many connections.
        Capacity = "capacity",
        /// Nothing came.
        FirstByte = "first_byte",
        /// A request began and its head did not end.
        Head = "head",
        /// The TLS handshake took too long.
        HandshakeTimeout = "handshake_timeout",
        /// The TLS handshake failed.
        Handshake = "handshake",
        /// The connection broke, timed out or was malformed.
        Protocol = "protocol",
    }
}

labels! {
    /// What a certificate is for.
    CertificatePurpose {
        /// TLS of a listener.
        Tls = "tls",
        /// Our AS4 signatures.
        As4Signing = "as4_signing",
        /// Our AS4 decryption.
        As4Decryption = "as4_decryption",
        /// A partner's signatures.
        PartnerSigning = "partner_signing",
        /// Encrypting to a partner.
        PartnerEncryption = "partner_encryption",
    }
}

/// All metrics of one bridge. Cloning is cheap; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    shared: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    registry: Registry,
    exchanges: IntCounterVec,
    exchange_duration: HistogramVec,
    exchanges_open: IntGaugeVec,
    as4_messages: IntCounterVec,
    as4_retries: IntCounter,
    as4_duplicates: IntCounter,
    outbox_depth: IntGaugeVec,
    outbox_oldest: IntGaugeVec,
    dlq_depth: IntGauge,
    store_up: IntGauge,
    store_policy_ok: IntGauge,
    store_latency: HistogramVec,
    spool_bytes: IntGauge,
    cert_expiry: IntGaugeVec,
    config_reload_success: IntGauge,
    conn_open: IntGaugeVec,
    conn_rejected: IntCounterVec,
    audit_write_errors: IntCounter,
}

/// A metric could not be made: its name or labels are wrong or taken.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be set up")]
pub struct MetricsError(#[from] prometheus::Error);

impl Metrics {
    /// Fresh metrics with a registry of their own.
    ///
    /// # Errors
    /// A name that is no metric name, or taken twice.
    pub fn new() -> Result<Self, MetricsError> {
        let make = Maker {
            registry: Registry::new(),
        };
        make.build_info()?;
        let instruments = make.instruments()?;
        // Good until something else is known.
        instruments.config_reload_success.set(1);
        Ok(Self {
            shared: Arc::new(instruments),
        })
    }

    /// The text of `/metrics`.
    ///
    /// # Errors
    /// A metric that cannot be written.
    pub fn text(&self) -> Result<String, MetricsError> {
        Ok(TextEncoder::new().encode_to_string(&self.shared.registry.gather())?)
    }

    /// An exchange ended after `duration`.
    pub fn exchange_ended(&self, route: Route, flow: Flow, outcome: Outcome, duration: Duration) {
        let labels = [route.label(), flow.label(), outcome.label()];
        self.shared.exchanges.with_label_values(&labels).inc();
        let labels = [route.label(), flow.label()];
        self.shared
            .exchange_duration
            .with_label_values(&labels)
            .observe(duration.as_secs_f64());
    }

    /// So many exchanges are in this state.
    pub fn exchanges_open(&self, state: OpenState, count: usize) {
        set(&self.shared.exchanges_open, &[state.label()], count);
    }

    /// An AS4 message was handled. `ebms_code` is empty unless it was refused.
    pub fn as4_message(
        &self,
        direction: Direction,
        action: As4Action,
        result: As4Result,
        ebms_code: &'static str,
    ) {
        let labels = [direction.label(), action.label(), result.label(), ebms_code];
        self.shared.as4_messages.with_label_values(&labels).inc();
    }

    /// An AS4 message was sent once more.
    pub fn as4_retry(&self) {
        self.shared.as4_retries.inc();
    }

    /// An AS4 message came once more.
    pub fn as4_duplicate(&self) {
        self.shared.as4_duplicates.inc();
    }

    /// So many entries wait in a queue, the oldest for so long.
    pub fn outbox(&self, queue: Queue, depth: usize, oldest: Duration) {
        set(&self.shared.outbox_depth, &[queue.label()], depth);
        let seconds = usize::try_from(oldest.as_secs()).unwrap_or(usize::MAX);
        set(&self.shared.outbox_oldest, &[queue.label()], seconds);
    }

    /// So many entries were given up.
    pub fn dead_letters(&self, count: usize) {
        self.shared.dlq_depth.set(clamp(count));
    }

    /// Whether the store answers.
    pub fn store_up(&self, up: bool) {
        self.shared.store_up.set(i64::from(up));
    }

    /// Whether the store is set up so that it cannot lose or evict.
    pub fn store_policy_ok(&self, ok: bool) {
        self.shared.store_policy_ok.set(i64::from(ok));
    }

    /// How long one operation of the store took.
    pub fn store_latency(&self, operation: &'static str, duration: Duration) {
        let histogram = self.shared.store_latency.with_label_values(&[operation]);
        histogram.observe(duration.as_secs_f64());
    }

    /// How much the spool holds.
    pub fn spool_bytes(&self, bytes: u64) {
        self.shared
            .spool_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// How long a certificate is still valid; negative when it no longer is. `party` is a party
    /// of the configuration.
    pub fn certificate_expiry(&self, purpose: CertificatePurpose, party: &str, seconds: i64) {
        self.shared
            .cert_expiry
            .with_label_values(&[purpose.label(), party])
            .set(seconds);
    }

    /// Whether the last reload of the configuration succeeded.
    pub fn config_reload(&self, success: bool) {
        self.shared.config_reload_success.set(i64::from(success));
    }

    /// Counts a connection of a listener as open until the guard is dropped.
    pub fn connection(&self, listener: ListenerName) -> OpenConnection {
        let gauge = self.shared.conn_open.with_label_values(&[listener.label()]);
        gauge.inc();
        OpenConnection { gauge }
    }

    /// A connection was turned away.
    pub fn rejected(&self, reason: Rejection) {
        self.shared
            .conn_rejected
            .with_label_values(&[reason.label()])
            .inc();
    }

    /// An audit event could not be written.
    pub fn audit_write_error(&self) {
        self.shared.audit_write_errors.inc();
    }
}

/// An open connection, counted until dropped.
#[derive(Debug)]
pub struct OpenConnection {
    gauge: IntGauge,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

fn set(gauge: &IntGaugeVec, labels: &[&str], value: usize) {
    gauge.with_label_values(labels).set(clamp(value));
}

fn clamp(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

struct Maker {
    registry: Registry,
}

impl Maker {
    fn instruments(self) -> prometheus::Result<Instruments> {
        let seconds = &[
            0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0,
        ];
        let latency = &[0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1.0];
        Ok(Instruments {
            exchanges: self.counters(names::EXCHANGES_TOTAL, &["route", "flow", "outcome"])?,
            exchange_duration: self.histogram(
                names::EXCHANGE_DURATION_SECONDS,
                &["route", "flow"],
                seconds,
            )?,
            exchanges_open: self.gauges(names::EXCHANGES_OPEN, &["state"])?,
            as4_messages: self.counters(
                names::AS4_MESSAGES_TOTAL,
                &["direction", "action", "result", "ebms_code"],
            )?,
            as4_retries: self.counter(names::AS4_RETRIES_TOTAL)?,
            as4_duplicates: self.counter(names::AS4_DUPLICATES_TOTAL)?,
            outbox_depth: self.gauges(names::OUTBOX_DEPTH, &["queue"])?,
            outbox_oldest: self.gauges(names::OUTBOX_OLDEST_SECONDS, &["queue"])?,
            dlq_depth: self.gauge(names::DLQ_DEPTH)?,
            store_up: self.gauge(names::STORE_UP)?,
            store_policy_ok: self.gauge(names::STORE_POLICY_OK)?,
            store_latency: self.histogram(names::STORE_LATENCY_SECONDS, &["operation"], latency)?,
            spool_bytes: self.gauge(names::SPOOL_BYTES)?,
            cert_expiry: self.gauges(names::CERT_EXPIRY_SECONDS, &["purpose", "party"])?,
            config_reload_success: self.gauge(names::CONFIG_RELOAD_SUCCESS)?,
            conn_open: self.gauges(names::CONN_OPEN, &["listener"])?,
            conn_rejected: self.counters(names::CONN_REJECTED_TOTAL, &["reason"])?,
            audit_write_errors: self.counter(names::AUDIT_WRITE_ERRORS_TOTAL)?,
            registry: self.registry,
        })
    }

    fn build_info(&self) -> prometheus::Result<()> {
        let info = self.gauges(names::BUILD_INFO, &["version"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(())
    }

    fn counter(&self, (name, help): names::Metric) -> prometheus::Result<IntCounter> {
        self.register(IntCounter::new(name, help)?)
    }

    fn counters(
        &self,
        (name, help): names::Metric,
        labels: &[&str],
    ) -> prometheus::Result<IntCounterVec> {
        self.register(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, (name, help): names::Metric) -> prometheus::Result<IntGauge> {
        self.register(IntGauge::new(name, help)?)
    }

    fn gauges(
        &self,
        (name, help): names::Metric,
        labels: &[&str],
    ) -> prometheus::Result<IntGaugeVec> {
        self.register(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn histogram(
        &self,
        (name, help): names::Metric,
        labels: &[&str],
        buckets: &[f64],
    ) -> prometheus::Result<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.register(HistogramVec::new(options, labels)?)
    }

    fn register<C: prometheus::core::Collector + Clone + 'static>(
        &self,
        collector: C,
    ) -> prometheus::Result<C> {
        self.registry.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
}

#[cfg(test)]
mod tests;
