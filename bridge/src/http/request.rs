//! One request of a connection: admitted or told to come again, handed to the router, answered, and
//! after its answer the connection closed where what follows could be taken for another request.

use std::{
    convert::Infallible,
    fmt,
    net::IpAddr,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    http::{HeaderValue, Request, Response, StatusCode, Version, header},
    response::IntoResponse,
};
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::body::{Frame, Incoming, SizeHint};
use tower::ServiceExt;

use super::{
    guard::{Activity, InFlight},
    limit::{Full, PacedBody, Permit, Places},
    respond::{Kind, Problem},
    server::Peer,
};
use crate::telemetry::metrics::{Metrics, Rejection};

/// What a listener says to a request it has no place for.
#[derive(Clone)]
pub struct Busy(Arc<dyn Fn(Full) -> Response<Body> + Send + Sync>);

impl Busy {
    /// `answer` makes the whole answer, except that Retry-After is added where it is missing.
    pub fn new(answer: impl Fn(Full) -> Response<Body> + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// The status for a reason.
    #[must_use]
    pub const fn status(full: Full) -> StatusCode {
        match full {
            Full::All => StatusCode::SERVICE_UNAVAILABLE,
            Full::Address => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Default for Busy {
    fn default() -> Self {
        Self::new(|full| match full {
            Full::All => Self::status(full).into_response(),
            Full::Address => Problem::new(Kind::RateLimited).into_response(),
        })
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Busy").finish_non_exhaustive()
    }
}

/// What every request of one connection shares.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) router: Router,
    pub(super) peer: Peer,
    pub(super) window: Duration,
    pub(super) places: Places,
    /// Set when not even the connection had a place.
    pub(super) turned_away: Option<Full>,
    pub(super) busy: Busy,
    pub(super) metrics: Metrics,
}

impl Requests {
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
        activity: Activity,
    ) -> Result<Response<Tracked>, Infallible> {
        let in_flight = activity.begin();
        let version = request.version();
        let mut body_end = None;
        let mut request = request.map(|body| {
            let paced = PacedBody::new(body, self.window);
            body_end = Some(paced.end());
            Body::new(paced)
        });
        request.extensions_mut().insert(self.peer.clone());
        let (mut response, permit) = match self.admit() {
            Ok(permit) => (routed(self.router, request).await?, Some(permit)),
            Err(full) => {
                self.metrics.rejected(Rejection::Capacity);
                (come_again(&self.busy, full), None)
            }
        };
        let unread = body_end.is_some_and(|end| !end.is_reached());
        // [ROB-98] What follows a request that was not understood, or not read to its end, is
        // never taken for the next one.
        let closes = unread || permit.is_none() || is_doubtful(response.status());
        if version != Version::HTTP_2 && closes {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        Ok(response.map(|inner| Tracked {
            inner,
            _in_flight: in_flight,
            _permit: permit,
        }))
    }

    /// [ROB-103] [ROB-104] what has no place is told so at once, unread.
    fn admit(&self) -> Result<Permit, Full> {
        match self.turned_away {
            Some(full) => Err(full),
            None => self.places.admit(self.address()),
        }
    }

    fn address(&self) -> IpAddr {
        self.peer.address().ip()
    }
}

async fn routed(router: Router, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let answer = AssertUnwindSafe(router.oneshot(request))
        .catch_unwind()
        .await;
    answer.unwrap_or_else(|_| {
        tracing::error!("Request ended in a panic");
        Ok(Problem::new(Kind::Internal).into_response())
    })
}

fn come_again(busy: &Busy, full: Full) -> Response<Body> {
    let mut response = (busy.0)(full);
    let headers = response.headers_mut();
    if !headers.contains_key(header::RETRY_AFTER) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECS));
    }
    response
}

fn is_doubtful(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE
    )
}

/// A response body; its request is in flight, and keeps its place, until it has been sent.
pub(super) struct Tracked {
    inner: Body,
    _in_flight: InFlight,
    _permit: Option<Permit>,
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

const RETRY_AFTER_SECS: u64 = 5;
