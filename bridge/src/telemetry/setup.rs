//! Sets up logging and, where an endpoint is configured, the export of traces.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
    time::Duration,
};

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, SpanData},
};
use tokio::runtime::Handle;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt,
};
use url::Url;

use crate::{
    config::{LogFormat, Telemetry},
    http::client::install_provider,
};

/// Why telemetry cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The filter is malformed.
    #[error("log filter is malformed")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter cannot be made.
    #[error("trace exporter cannot be set up")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Something else in this process has installed a subscriber.
    #[error("logging is already set up")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Keeps the export running; `finish` sends what is left.
#[derive(Debug)]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
}

impl Guard {
    /// Sends the spans that wait, and stops exporting. Waits a few seconds at most.
    pub async fn finish(self) {
        let Some(provider) = self.provider else {
            return;
        };
        let shut = move || provider.shutdown_with_timeout(LAST_EXPORT);
        match tokio::task::spawn_blocking(shut).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "Last spans were not exported"),
            Err(error) => tracing::warn!(%error, "Last spans were not exported"),
        }
    }
}

/// Installs the subscriber of this process. Lines go to standard error; `RUST_LOG`, when set,
/// replaces the configured filter. Must be called within a runtime.
///
/// # Errors
/// See [`SetupError`].
pub fn install(telemetry: &Telemetry) -> Result<Guard, SetupError> {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = telemetry.otlp_endpoint().map(exporting).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
    });
    let subscriber = tracing_subscriber::registry()
        .with(lines(telemetry.log_format()).with_filter(filter(telemetry.log_filter())?))
        // Spans are exported whatever the lines show, but not those of libraries.
        .with(traces.with_filter(EnvFilter::try_new(TRACED)?));
    subscriber.try_init()?;
    Ok(Guard { provider })
}

fn filter(configured: &str) -> Result<EnvFilter, SetupError> {
    Ok(EnvFilter::try_from_default_env().or_else(|_| EnvFilter::try_new(configured))?)
}

fn lines(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let colors = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(colors);
    match format {
        LogFormat::Text => layer.with_target(false).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    }
}

fn exporting(endpoint: &Url) -> Result<SdkTracerProvider, SetupError> {
    install_provider();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(traces_path(endpoint))
        .with_timeout(EXPORT)
        .build()?;
    let exporter = OnRuntime {
        handle: Handle::current(),
        inner: Arc::new(exporter),
    };
    let resource = Resource::builder()
        .with_service_name(env!("CARGO_PKG_NAME"))
        .build();
    // The queue is bounded: a collector that is down costs spans, not memory.
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

/// The endpoint is the collector's base, as in `OTEL_EXPORTER_OTLP_ENDPOINT`.
fn traces_path(endpoint: &Url) -> String {
    let base = endpoint.as_str().trim_end_matches('/');
    if base.ends_with("/v1/traces") {
        base.to_owned()
    } else {
        format!("{base}/v1/traces")
    }
}

/// The SDK exports from a thread of its own, where the HTTP client finds no runtime: each export is
/// handed to ours.
#[derive(Debug)]
struct OnRuntime {
    handle: Handle,
    inner: Arc<SpanExporter>,
}

impl opentelemetry_sdk::trace::SpanExporter for OnRuntime {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let inner = Arc::clone(&self.inner);
        let export = self.handle.spawn(async move { inner.export(batch).await });
        export
            .await
            .map_err(|error| OTelSdkError::InternalFailure(error.to_string()))?
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }
}

const TRACED: &str = "off,bridge=debug";
const EXPORT: Duration = Duration::from_secs(5);
const LAST_EXPORT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_a_base_or_the_whole_path() {
        let path = |text: &str| traces_path(&Url::parse(text).unwrap());
        assert_eq!(
            path("http://localhost:4318"),
            "http://localhost:4318/v1/traces"
        );
        assert_eq!(
            path("http://localhost:4318/"),
            "http://localhost:4318/v1/traces"
        );
        assert_eq!(
            path("http://localhost/otlp"),
            "http://localhost/otlp/v1/traces"
        );
        assert_eq!(
            path("http://localhost/v1/traces"),
            "http://localhost/v1/traces"
        );
    }
}
