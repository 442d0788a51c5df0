//! The names of all fields, spans and metrics. Nowhere else is one spelled.
//!
//! Fields in `tracing` macros cannot be constants; those used there are spelled as here.

/// Span around each step of an exchange; its fields are [`EXCHANGE`], [`ROUTE`] and [`COUNTRY`].
pub const SPAN_EXCHANGE: &str = "exchange";
/// An AS4 message comes in.
pub const SPAN_AS4_RECEIVE: &str = "as4.receive";
/// Its signature is checked.
pub const SPAN_AS4_VERIFY: &str = "as4.verify";
/// It is decrypted.
pub const SPAN_AS4_DECRYPT: &str = "as4.decrypt";
/// The EDM message in it is read.
pub const SPAN_EDM_PARSE: &str = "edm.parse";
/// Codes are translated.
pub const SPAN_MAPPING_LOOKUP: &str = "mapping.lookup";
/// A register is asked.
pub const SPAN_NOOTS_REQUEST: &str = "noots.request";
/// A page is shown.
pub const SPAN_PREVIEW_PAGE: &str = "preview.page";
/// An AS4 message goes out.
pub const SPAN_AS4_SEND: &str = "as4.send";

/// A worker does one piece of work.
pub const SPAN_STEP: &str = "step";

/// Our identifier of the exchange.
pub const EXCHANGE: &str = "exchange";
/// `provide` or `retrieve`.
pub const ROUTE: &str = "route";
/// The country of the partner.
pub const COUNTRY: &str = "country";
/// Name of a partner in the configuration.
pub const PARTNER: &str = "partner";
/// An AS4 MessageId.
pub const MESSAGE_ID: &str = "message_id";
/// An ebMS ConversationId.
pub const CONVERSATION_ID: &str = "conversation_id";
/// An EDM request id.
pub const REQUEST_ID: &str = "request_id";
/// An error of ours or of a peer, without personal data.
pub const ERROR: &str = "error";
/// A code on the wire: EBMS, EDM, NOOTS.
pub const CODE: &str = "code";
/// A rule that was violated.
pub const RULE: &str = "rule";
/// `receiving`, `processing` or `sending`.
pub const STAGE: &str = "stage";
/// What kind of work a worker does.
pub const WORK: &str = "work";
/// Which attempt at a piece of work it is.
pub const ATTEMPT: &str = "attempt";
/// A listener of ours.
pub const LISTENER: &str = "listener";

/// Attribute of an exported span: always `as4`.
pub const ATTRIBUTE_SYSTEM: &str = "messaging.system";
/// Attribute of an exported span: `receive`, `send`.
pub const ATTRIBUTE_OPERATION: &str = "messaging.operation.type";
/// Attribute of an exported span: the MessageId.
pub const ATTRIBUTE_MESSAGE_ID: &str = "messaging.message.id";
/// Attribute of an exported span: the ConversationId.
pub const ATTRIBUTE_CONVERSATION_ID: &str = "messaging.message.conversation_id";
/// Attribute of an exported span: the partner's party id.
pub const ATTRIBUTE_DESTINATION: &str = "messaging.destination.name";
/// Attribute of an exported span: our identifier of the exchange.
pub const ATTRIBUTE_EXCHANGE: &str = "oots.exchange_id";
/// Attribute of an exported span: the country of the partner.
pub const ATTRIBUTE_COUNTRY: &str = "oots.country";
/// Attribute of an exported span: the procedure's code.
pub const ATTRIBUTE_PROCEDURE: &str = "oots.procedure";

/// Name and meaning of a metric.
pub(super) type Metric = (&'static str, &'static str);

pub(super) const EXCHANGES_TOTAL: Metric = (
    "bridge_exchanges_total",
    "Exchanges that ended, by route, flow and outcome",
);
pub(super) const EXCHANGE_DURATION_SECONDS: Metric = (
    "bridge_exchange_duration_seconds",
    "From the first message of an exchange to its end",
);
pub(super) const EXCHANGES_OPEN: Metric = ("bridge_exchanges_open", "Exchanges under way");
pub(super) const AS4_MESSAGES_TOTAL: Metric = (
    "bridge_as4_messages_total",
    "AS4 messages received and sent, with what became of them",
);
pub(super) const AS4_RETRIES_TOTAL: Metric =
    ("bridge_as4_retries_total", "AS4 messages sent once more");
pub(super) const AS4_DUPLICATES_TOTAL: Metric = (
    "bridge_as4_duplicates_total",
    "AS4 messages received once more",
);
pub(super) const OUTBOX_DEPTH: Metric = ("bridge_outbox_depth", "Entries waiting to be sent");
pub(super) const OUTBOX_OLDEST_SECONDS: Metric = (
    "bridge_outbox_oldest_seconds",
    "Age of the oldest entry waiting to be sent",
);
pub(super) const DLQ_DEPTH: Metric = ("bridge_dlq_depth", "Entries that were given up");
pub(super) const STORE_UP: Metric = ("bridge_store_up", "1 while the store answers");
pub(super) const STORE_POLICY_OK: Metric = (
    "bridge_store_policy_ok",
    "1 while the store can neither lose nor evict",
);
pub(super) const STORE_LATENCY_SECONDS: Metric = (
    "bridge_store_latency_seconds",
    "Time of one operation of the store",
);
pub(super) const SPOOL_BYTES: Metric = ("bridge_spool_bytes", "What the spool holds");
pub(super) const CERT_EXPIRY_SECONDS: Metric = (
    "bridge_cert_expiry_seconds",
    "How long a certificate is still valid",
);
pub(super) const CONFIG_RELOAD_SUCCESS: Metric = (
    "bridge_config_reload_success",
    "1 if the configuration was last loaded without a problem",
);
pub(super) const CONN_OPEN: Metric = ("bridge_conn_open", "Open connections");
pub(super) const CONN_REJECTED_TOTAL: Metric = (
    "bridge_conn_rejected_total",
    "Connections turned away or broken off",
);
pub(super) const AUDIT_WRITE_ERRORS_TOTAL: Metric = (
    "bridge_audit_write_errors_total",
    "Audit events that could not be written",
);
pub(super) const BUILD_INFO: Metric = ("bridge_build_info", "Always 1; the version is the label");
