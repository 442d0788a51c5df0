//! The citizen's browser: follows redirects, waits as pages tell, fills in the forms it finds
//!
//! Runs no script and complains about pages that have some.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use url::Url;

use super::html::{Form, Page, read};
use crate::simulator::http::{Answer, patiently};
use crate::simulator::journal::{Journal, Keys, Step, Verdict, Wire};
use crate::simulator::national::Findings;
use crate::simulator::source::Source;

/// What the user does with a form
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Decision {
    /// Takes the first of every choice and presses the first button
    #[default]
    Confirm,
    /// Presses the last button
    Decline,
    /// Looks at the page and leaves
    Leave,
}

/// How a trip ended
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arrival {
    /// Back at the portal, at exactly the address it gave
    Home,
    /// The user left on a page with a form
    Left,
    /// Sent to another site, such as a foreign preview
    Away(String),
    /// Nowhere to go on; complained about
    Stranded,
}

/// Where a trip begins and should end
#[derive(Clone, Debug)]
pub struct Trip {
    /// First address
    pub start: String,
    /// Address of the return
    pub back: String,
    /// What the user does
    pub decision: Decision,
    /// Name of the site in the journal
    pub site: String,
    /// Identifiers for the journal
    pub keys: Keys,
}

/// A browser with the cookies of one site
#[derive(Debug)]
pub struct Browser {
    client: reqwest::Client,
    source: Source,
    journal: Journal,
    cookies: BTreeMap<String, String>,
    patience: Duration,
}

/// What the browser does next
enum Next {
    Get(Url),
    Wait(Duration, Url),
    Submit(Form, Url),
    End(Arrival),
}

impl Browser {
    /// A browser without cookies
    #[must_use]
    pub fn new(client: reqwest::Client, source: Source, journal: Journal) -> Self {
        Self {
            client,
            source,
            journal,
            cookies: BTreeMap::new(),
            patience: Duration::ZERO,
        }
    }

    /// A user who tries again for as long when a page cannot be reached
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Follows a trip to its end
    ///
    /// # Errors
    /// When the site cannot be reached.
    pub async fn follow(&mut self, trip: &Trip) -> Result<Arrival> {
        let mut next = Next::Get(Url::parse(&trip.start).context("the first address")?);
        for _ in 0..MAX_HOPS {
            next = match next {
                Next::End(arrival) => return Ok(arrival),
                Next::Wait(pause, url) => {
                    tokio::time::sleep(pause).await;
                    Next::Get(url)
                }
                Next::Get(url) => {
                    let client = self.client.clone();
                    let answer = self.send(|| client.get(url.clone())).await?;
                    self.judge(trip, ("GET", &url), &answer)
                }
                Next::Submit(form, url) => {
                    let answer = self.submit(&form, &url, trip.decision).await?;
                    self.judge(trip, ("POST", &url), &answer)
                }
            };
        }
        self.record(
            trip,
            "too many pages",
            0,
            &["the pages have no end".to_owned()],
        );
        Ok(Arrival::Stranded)
    }

    async fn submit(&mut self, form: &Form, url: &Url, decision: Decision) -> Result<Answer> {
        let button = match decision {
            Decision::Decline => form.buttons().next_back(),
            Decision::Confirm | Decision::Leave => form.buttons().next(),
        };
        let fields = form.filled(button);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let client = self.client.clone();
        self.send(|| {
            client
                .post(url.clone())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Origin", url.origin().ascii_serialization())
                .body(body.clone())
        })
        .await
    }

    async fn send(&mut self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<Answer> {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = || {
            let request = request()
                .header("Accept", "text/html")
                .header("Accept-Language", "de, en");
            if cookies.is_empty() {
                request
            } else {
                request.header("Cookie", cookies.join("; "))
            }
        };
        let called = patiently(self.patience, request).await;
        let (answer, _) = called.context("the page cannot be reached")?;
        for cookie in answer.headers.get_all("Set-Cookie") {
            let pair = cookie
                .to_str()
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies
                    .insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Ok(answer)
    }

    /// Looks at an answer, records it, and decides what to do next
    fn judge(&self, trip: &Trip, (method, url): (&str, &Url), answer: &Answer) -> Next {
        let mut findings = Findings::new();
        let next = match answer.status {
            301 | 302 | 303 | 307 | 308 => redirect(trip, url, answer, &mut findings),
            200 | 422 => self.read_page(trip, url, answer, &mut findings),
            status => {
                findings.add(format!("a page with status {status}"));
                Next::End(Arrival::Stranded)
            }
        };
        let what = format!("{method} {} → {}", shape(url), answer.status);
        self.record(trip, &what, answer.body.len(), findings.as_slice());
        next
    }

    fn read_page(&self, trip: &Trip, url: &Url, answer: &Answer, findings: &mut Findings) -> Next {
        let media_type = answer.header("Content-Type").unwrap_or_default();
        findings.expect(media_type.starts_with("text/html"), || {
            format!("a page of type {media_type:?}")
        });
        let policy = answer.header("Content-Security-Policy").unwrap_or_default();
        findings.expect(!policy.is_empty(), || {
            "a page without Content-Security-Policy".to_owned()
        });
        findings.expect(!policy.contains("unsafe-inline"), || {
            "the policy allows inline code".to_owned()
        });
        let caching = answer.header("Cache-Control").unwrap_or_default();
        findings.expect(caching.contains("no-store"), || {
            "a page that may be kept".to_owned()
        });
        let page = read(&String::from_utf8_lossy(&answer.body));
        findings.expect(!page.has_script, || "a page with script".to_owned());
        choose(trip, url, page, findings)
    }

    fn record(&self, trip: &Trip, what: &str, bytes: usize, findings: &[String]) {
        self.journal.record(Step {
            at: self.source.now(),
            from: BROWSER.to_owned(),
            to: trip.site.clone(),
            wire: Wire::Browser,
            what: what.to_owned(),
            id: trip.keys.conversation.clone().unwrap_or_default(),
            bytes: bytes as u64,
            verdict: Verdict::of(findings),
            keys: trip.keys.clone(),
        });
    }
}

fn redirect(trip: &Trip, url: &Url, answer: &Answer, findings: &mut Findings) -> Next {
    let location = answer.header("Location").unwrap_or_default();
    // The portal's address comes back unchanged, nothing appended.
    if location == trip.back {
        return Next::End(Arrival::Home);
    }
    let Ok(target) = url.join(location) else {
        findings.add(format!("a redirect to {location:?}"));
        return Next::End(Arrival::Stranded);
    };
    if target.origin() == url.origin() {
        return Next::Get(target);
    }
    let home = Url::parse(&trip.back).is_ok_and(|back| back.origin() == target.origin());
    findings.expect(!home, || "the return address was changed".to_owned());
    findings.expect(target.scheme() == "https", || {
        "a redirect that is not https".to_owned()
    });
    Next::End(Arrival::Away(target.to_string()))
}

fn choose(trip: &Trip, url: &Url, page: Page, findings: &mut Findings) -> Next {
    let resolve = |address: &str| url.join(address).unwrap_or_else(|_| url.clone());
    if let Some(form) = page.forms.into_iter().next() {
        if trip.decision == Decision::Leave {
            return Next::End(Arrival::Left);
        }
        findings.expect(form.method == "post", || {
            "a form that is not posted".to_owned()
        });
        let guarded = form
            .fields
            .iter()
            .any(|field| field.kind == "hidden" && field.value.len() >= 16);
        findings.expect(guarded, || {
            "a form without a token against forgery".to_owned()
        });
        let target = resolve(&form.action);
        findings.expect(target.origin() == url.origin(), || {
            "a form to another site".to_owned()
        });
        return Next::Submit(form, target);
    }
    if let Some((seconds, address)) = page.refresh {
        return Next::Wait(
            Duration::from_secs(seconds),
            resolve(address.as_deref().unwrap_or_default()),
        );
    }
    match page.buttons.first() {
        Some(button) if *button == trip.back => Next::End(Arrival::Home),
        Some(button) => Next::Get(resolve(button)),
        None => {
            findings.add("a page that leads nowhere");
            Next::End(Arrival::Stranded)
        }
    }
}

/// The path without its secrets: every long segment is cut
fn shape(url: &Url) -> String {
    let segments = url
        .path_segments()
        .map(Iterator::collect::<Vec<_>>)
        .unwrap_or_default();
    let short = |segment: &str| match segment.char_indices().nth(12) {
        None => segment.to_owned(),
        Some((end, _)) => format!("{}…", segment.get(..end.min(6)).unwrap_or_default()),
    };
    segments
        .into_iter()
        .map(|segment| format!("/{}", short(segment)))
        .collect()
}

const MAX_HOPS: usize = 60;
/// Name of this simulator in the journal
pub const BROWSER: &str = "browser";
