//! `/livez`, `/readyz`, `/startupz`: what a probe needs to know, and `?verbose` for a person.
//!
//! Live means that this process answers; a store that is down is no reason to restart it. Ready
//! means that a message would be taken now.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::time::timeout;

/// What a check found: nothing, or why we are not ready.
pub type Finding = Result<(), String>;

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Finding> + Send>> + Send + Sync>;

/// The health of one bridge. Cloning is cheap; clones share everything.
#[derive(Clone, Default)]
pub struct Health {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    started: AtomicBool,
    draining: AtomicBool,
    checks: Mutex<Vec<(&'static str, Check)>>,
}

impl Health {
    /// Adds a check that readiness depends on. Its text must not name internal hosts or persons.
    pub fn add<F, R>(&self, name: &'static str, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Finding> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.lock().push((name, check));
    }

    /// Start-up is over.
    pub fn started(&self) {
        self.shared.started.store(true, Ordering::Release);
    }

    /// This node is about to stop: no longer ready, whatever the checks say.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::Release);
    }

    /// Whether this node is about to stop.
    pub fn is_draining(&self) -> bool {
        self.shared.draining.load(Ordering::Acquire)
    }

    /// Runs every check. A check that takes longer than a second counts as failed.
    pub async fn check(&self) -> Vec<(&'static str, Finding)> {
        let checks = self.lock().clone();
        let run = checks.into_iter().map(|(name, check)| async move {
            let finding = timeout(PATIENCE, check()).await;
            (
                name,
                finding.unwrap_or_else(|_| Err("no answer within a second".to_owned())),
            )
        });
        let mut findings = futures_util::future::join_all(run).await;
        let started = self.shared.started.load(Ordering::Acquire);
        findings.push((
            "started",
            if started {
                Ok(())
            } else {
                Err("starting".to_owned())
            },
        ));
        if self.is_draining() {
            findings.push(("draining", Err("about to stop".to_owned())));
        }
        findings
    }

    /// The three paths.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/livez", get(livez))
            .route("/readyz", get(readyz))
            .route("/startupz", get(startupz))
            .with_state(self.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(&'static str, Check)>> {
        self.shared
            .checks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.lock().iter().map(|(name, _)| *name).collect();
        f.debug_struct("Health")
            .field("checks", &names)
            .finish_non_exhaustive()
    }
}

async fn livez() -> Response {
    answer(true, "ok\n".into_response())
}

async fn startupz(State(health): State<Health>) -> Response {
    let started = health.shared.started.load(Ordering::Acquire);
    answer(
        started,
        if started { "ok\n" } else { "starting\n" }.into_response(),
    )
}

async fn readyz(State(health): State<Health>, RawQuery(query): RawQuery) -> Response {
    let findings = health.check().await;
    let ready = findings.iter().all(|(_, finding)| finding.is_ok());
    let verbose = query.is_some_and(|query| query.split('&').any(|key| key.starts_with("verbose")));
    if !verbose {
        return answer(
            ready,
            if ready { "ok\n" } else { "not ready\n" }.into_response(),
        );
    }
    let checks: Vec<_> = findings
        .iter()
        .map(|(name, finding)| {
            json!({ "name": name, "ok": finding.is_ok(), "problem": finding.as_ref().err() })
        })
        .collect();
    answer(
        ready,
        Json(json!({ "ready": ready, "checks": checks })).into_response(),
    )
}

fn answer(good: bool, mut response: Response) -> Response {
    if !good {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[track_caller]
    fn check(
        health: &Health,
        path: &str,
        status: StatusCode,
    ) -> impl Future<Output = String> + use<> {
        let router = health.router();
        let request = Request::get(path).body(Body::empty()).unwrap();
        async move {
            let response = router.oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            let body = axum::body::to_bytes(response.into_body(), 4096)
                .await
                .unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        }
    }

    #[tokio::test]
    async fn a_fresh_node_is_live_but_neither_started_nor_ready() {
        let health = Health::default();
        check(&health, "/livez", StatusCode::OK).await;
        check(&health, "/startupz", StatusCode::SERVICE_UNAVAILABLE).await;
        check(&health, "/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
        health.started();
        check(&health, "/startupz", StatusCode::OK).await;
        check(&health, "/readyz", StatusCode::OK).await;
    }

    #[tokio::test]
    async fn one_failed_check_makes_a_node_unready_and_is_named() {
        let health = Health::default();
        health.started();
        health.add("store", || async { Err("does not answer".to_owned()) });
        health.add("spool", || async { Ok(()) });
        let text = check(&health, "/readyz?verbose", StatusCode::SERVICE_UNAVAILABLE).await;
        insta::assert_snapshot!(text, @r#"{"checks":[{"name":"store","ok":false,"problem":"does not answer"},{"name":"spool","ok":true,"problem":null},{"name":"started","ok":true,"problem":null}],"ready":false}"#);
        check(&health, "/livez", StatusCode::OK).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_counts_as_failed() {
        let health = Health::default();
        health.started();
        health.add("store", std::future::pending);
        let text = check(&health, "/readyz?verbose", StatusCode::SERVICE_UNAVAILABLE).await;
        assert!(text.contains("no answer within a second"), "{text}");
    }

    #[tokio::test]
    async fn a_draining_node_is_live_but_not_ready() {
        let health = Health::default();
        health.started();
        health.drain();
        check(&health, "/livez", StatusCode::OK).await;
        check(&health, "/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
    }
}
