//! The dialogue of route retrieve at `URLtoIP`: a person in Germany sees what would be fetched from
//! whom, and says yes or no. Without that yes nothing is asked abroad.
//!
//! Server-rendered, no script. Nothing personal stands in an address; the only secret there is the
//! unguessable token of the session.

mod offer;
mod page;
mod words;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Form, Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use subtle::ConstantTimeEq as _;
use tracing::Instrument as _;

use self::{
    offer::Question,
    page::{Frame, NoticePage, OfferPage},
    words::{Words, words},
};
use crate::{
    exchange::{LookupKey, LookupKind, Record, Route},
    platform::{Platform, Stopped},
    retrieve::{self, Content},
    telemetry::names,
};

/// How long a waiting page holds its answer back for something to happen.
const HOLD: Duration = Duration::from_secs(8);

/// When a waiting page asks again by itself, in seconds.
const REFRESH_SECS: u32 = 2;

/// The routes of the public listener.
pub fn router(platform: Arc<Platform>) -> Router {
    Router::new()
        .route("/abruf/{token}", get(show).post(decide))
        .route("/assets/pages.css", get(stylesheet))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(axum::middleware::map_response(protect))
        .with_state(platform)
}

async fn stylesheet() -> Response {
    let css = include_str!("../templates/pages.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}

/// Headers every page carries: no script, no frame, no cache, no referrer. operations.md section 13.
async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let opener = header::HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        );
    }
    response
}

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

async fn show(
    State(platform): State<Arc<Platform>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let span = tracing::info_span!(names::SPAN_PREVIEW_PAGE);
    async move {
        match session(&platform, &token).await {
            Ok(Some(session)) => session.show(&platform, &headers).await,
            Ok(None) => gone(&platform, words(language(None, &headers))),
            Err(stopped) => unavailable(&platform, &stopped, words(language(None, &headers))),
        }
    }
    .instrument(span)
    .await
}

async fn decide(
    State(platform): State<Arc<Platform>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let span = tracing::info_span!(names::SPAN_PREVIEW_PAGE);
    async move {
        match session(&platform, &token).await {
            Ok(Some(session)) => session.decide(&platform, &headers, &form).await,
            Ok(None) => gone(&platform, words(language(None, &headers))),
            Err(stopped) => unavailable(&platform, &stopped, words(language(None, &headers))),
        }
    }
    .instrument(span)
    .await
}

/// The session a token opens; unknown and expired ones look the same. [AT-33]
async fn session(platform: &Platform, token: &str) -> Result<Option<Session>, Stopped> {
    let key = LookupKey::new(LookupKind::SessionToken, token);
    for id in platform.store().find(&key).await? {
        let Some(record) = platform.store().load(id).await? else {
            continue;
        };
        if record.route() != Route::Retrieve {
            continue;
        }
        if let Ok(content) = Content::of(&record) {
            return Ok(Some(Session {
                token: token.to_owned(),
                record,
                content,
            }));
        }
    }
    Ok(None)
}

struct Session {
    token: String,
    record: Record,
    content: Content,
}

impl Session {
    async fn show(self, platform: &Arc<Platform>, headers: &HeaderMap) -> Response {
        if self.record.state().is_final() || self.content.is_confirmed() {
            return self.progress(platform, headers).await;
        }
        let words = self.words(headers);
        match Question::ask(platform, &self.content, words).await {
            Ok(question) => self.offer(platform, words, &question, None),
            Err(error) => {
                tracing::warn!(%error, "Common Services cannot be asked");
                let name = platform_name(platform, words);
                let page =
                    NoticePage::new(words, name, words.unavailable_title, words.unavailable_text);
                html(StatusCode::SERVICE_UNAVAILABLE, &page)
            }
        }
    }

    /// After the yes: wait for the answers, then lead back. The user sees something move without
    /// script: the answer is held back a little, and the page asks again by itself.
    async fn progress(self, platform: &Arc<Platform>, headers: &HeaderMap) -> Response {
        let words = self.words(headers);
        let mut changes = platform.changes();
        let mut current = self;
        let deadline = tokio::time::Instant::now() + HOLD;
        loop {
            if current.content.is_answered() || current.record.state().is_final() {
                return back(&current.content);
            }
            if tokio::time::timeout_at(deadline, changes.changed())
                .await
                .is_err()
            {
                break;
            }
            match session(platform, &current.token).await {
                Ok(Some(session)) => current = session,
                Ok(None) => return gone(platform, words),
                Err(stopped) => return unavailable(platform, &stopped, words),
            }
        }
        let name = platform_name(platform, words);
        let page = NoticePage::new(words, name, words.waiting_title, words.waiting_text);
        html(StatusCode::OK, &page.refreshing(REFRESH_SECS))
    }

    async fn decide(
        self,
        platform: &Arc<Platform>,
        headers: &HeaderMap,
        form: &BTreeMap<String, String>,
    ) -> Response {
        let words = self.words(headers);
        if !self.is_genuine(platform, headers, form) {
            let name = platform_name(platform, words);
            let page = NoticePage::new(words, name, words.forged_title, words.forged_text);
            return html(StatusCode::FORBIDDEN, &page);
        }
        // Twice is once: the second press of the button sees what the first one did. [ROB-120]
        if self.record.state().is_final() || self.content.is_confirmed() {
            return see(&format!("/abruf/{}", self.token));
        }
        if form.get("decision").map(String::as_str) == Some("cancel") {
            return match retrieve::cancel(platform, self.record).await {
                Ok(()) => back(&self.content),
                Err(stopped) => unavailable(platform, &stopped, words),
            };
        }
        let question = match Question::ask(platform, &self.content, words).await {
            Ok(question) => question,
            Err(error) => return unavailable(platform, &error, words),
        };
        let Some(chosen) = question.chosen(form) else {
            return self.offer(platform, words, &question, Some(words.choose_one));
        };
        match retrieve::confirm(platform, self.record, chosen).await {
            Ok(()) => see(&format!("/abruf/{}", self.token)),
            Err(stopped) => unavailable(platform, &stopped, words),
        }
    }

    /// Our own form, from our own page: the token in it, and no other origin. [ROB-116]
    fn is_genuine(
        &self,
        platform: &Platform,
        headers: &HeaderMap,
        form: &BTreeMap<String, String>,
    ) -> bool {
        let given = form.get("csrf").map(String::as_bytes).unwrap_or_default();
        let same: bool = given.ct_eq(self.content.csrf().as_bytes()).into();
        let origin = headers
            .get(header::ORIGIN)
            .map(|value| value.to_str().unwrap_or("null"));
        let ours = platform.public_url().origin().ascii_serialization();
        // `no-referrer` makes browsers send `null` for a form of their own site.
        let from_us = origin.is_none_or(|origin| origin == ours || origin == "null");
        let site = headers
            .get("sec-fetch-site")
            .map(|value| value.to_str().unwrap_or("cross-site"));
        same && from_us && site.is_none_or(|site| matches!(site, "same-origin" | "none"))
    }

    fn offer(
        &self,
        platform: &Platform,
        words: &'static Words,
        question: &Question,
        problem: Option<&str>,
    ) -> Response {
        let action = format!("/abruf/{}", self.token);
        let frame = Frame {
            sender: platform_name(platform, words),
            consumer: self.content.consumer_name(),
            action: &action,
            csrf: self.content.csrf(),
        };
        let items = question.items();
        let page = OfferPage::new(words, &frame, &items);
        match problem {
            Some(problem) => html(
                StatusCode::UNPROCESSABLE_ENTITY,
                &page.with_problem(problem),
            ),
            None => html(StatusCode::OK, &page),
        }
    }

    fn words(&self, headers: &HeaderMap) -> &'static Words {
        words(language(Some(self.content.language()), headers))
    }
}

/// The language of the order if it is one of ours, else the first the browser wants.
fn language<'h>(ordered: Option<&'h str>, headers: &'h HeaderMap) -> &'h str {
    let spoken = |language: &&str| matches!(*language, "de" | "en");
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    ordered
        .filter(spoken)
        .or_else(|| {
            let wanted = accepted.unwrap_or_default().split(',');
            wanted
                .filter_map(|entry| entry.trim().get(..2))
                .find(spoken)
        })
        .unwrap_or("en")
}

fn platform_name<'p>(platform: &'p Platform, words: &Words) -> &'p str {
    let names = platform.config().platform().agent().name();
    let own = names
        .iter()
        .find(|name| name.language().eq_ignore_ascii_case(words.lang));
    own.or_else(|| names.first()).map_or("", |name| name.text())
}

/// Back to the portal, by exactly the address it gave: nothing is appended. [AT-25]
fn back(content: &Content) -> Response {
    see(content.return_url())
}

fn see(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(address) => (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn gone(platform: &Platform, words: &'static Words) -> Response {
    let page = NoticePage::new(
        words,
        platform_name(platform, words),
        words.gone_title,
        words.gone_text,
    );
    html(StatusCode::NOT_FOUND, &page)
}

fn unavailable(
    platform: &Platform,
    error: &(dyn std::error::Error + 'static),
    words: &'static Words,
) -> Response {
    tracing::error!(error = %error, "Page cannot be shown");
    let name = platform_name(platform, words);
    let page = NoticePage::new(words, name, words.unavailable_title, words.unavailable_text);
    html(StatusCode::SERVICE_UNAVAILABLE, &page)
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (
            status,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
