//! How much one peer may take: connections, bytes of a body, time for a body.

use std::{
    collections::BTreeMap,
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http_body_util::BodyDataStream;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than allowed; no more than the limit was kept.
    #[error("body exceeds {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It came more slowly than any honest sender sends.
    #[error("body came too slowly")]
    TooSlow,
    /// The connection broke, or the body was malformed.
    #[error("body ended early")]
    Broken(#[source] axum::Error),
}

/// Reads a body up to `limit` bytes. A much larger announced length is refused before reading.
///
/// # Errors
/// See [`BodyError`].
pub async fn read_body(body: Body, limit: u64) -> Result<Bytes, BodyError> {
    // What is announced is believed up to a point only: memory is given when bytes come.
    let announced = body.size_hint().lower().min(limit).min(1024 * 1024);
    let mut read = BytesMut::with_capacity(usize::try_from(announced).unwrap_or_default());
    let mut body = LimitedBody::new(body, limit).await?;
    while let Some(chunk) = body.next().await? {
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
}

/// A body of at most so many bytes, as it comes. What came before an error is not the body.
#[derive(Debug)]
pub struct LimitedBody {
    stream: BodyDataStream<Body>,
    limit: u64,
    total: u64,
}

impl LimitedBody {
    /// Refuses what announces that it is too large.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn new(body: Body, limit: u64) -> Result<Self, BodyError> {
        let announced = body.size_hint().lower();
        let mut stream = BodyDataStream::new(body);
        if announced > limit {
            if announced - limit <= LINGER_BYTES {
                discard(&mut stream, announced).await;
            }
            return Err(BodyError::TooLarge { limit });
        }
        Ok(Self {
            stream,
            limit,
            total: 0,
        })
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(chunk) = self.stream.next().await else {
            return Ok(None);
        };
        let chunk = chunk.map_err(BodyError::from_axum)?;
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.total = self.total.saturating_add(length);
        if self.total > self.limit {
            discard(&mut self.stream, LINGER_BYTES).await;
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        Ok(Some(chunk))
    }
}

/// Throws away what still comes, `bytes` of it at most: a connection that is closed on a caller
/// who is still writing is reset, and the answer with it.
async fn discard(stream: &mut BodyDataStream<Body>, mut bytes: u64) {
    while let Some(Ok(part)) = stream.next().await {
        let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
        bytes = bytes.saturating_sub(len);
        if bytes == 0 {
            return;
        }
    }
}

/// A body larger by no more than this is taken in, so that its caller hears the refusal. With what
/// the connection throws away at its end it stays below 1 MiB. [ROB-99]
const LINGER_BYTES: u64 = 512 * 1024;

impl BodyError {
    fn from_axum(error: axum::Error) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if error.is::<TooSlow>() {
                return Self::TooSlow;
            }
            cause = error.source();
        }
        Self::Broken(error)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("body came too slowly")]
struct TooSlow;

/// A request body that fails when it brings less than 1 KiB per second over the window.
///
/// Only time spent waiting for the peer counts: while the reader is busy, nobody waits.
#[derive(Debug)]
pub(super) struct PacedBody {
    inner: Incoming,
    window: Duration,
    waited: Duration,
    waiting: Option<Waiting>,
    bytes: u64,
    end: BodyEnd,
}

/// Whether a body has been read to its end: else the rest of it would be taken for a request.
#[derive(Clone, Debug, Default)]
pub(super) struct BodyEnd(Arc<AtomicBool>);

impl BodyEnd {
    pub(super) fn is_reached(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn reached(&self) {
        self.0.store(true, Ordering::Release);
    }
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl PacedBody {
    pub(super) fn new(inner: Incoming, window: Duration) -> Self {
        let end = BodyEnd::default();
        if inner.is_end_stream() {
            end.reached();
        }
        Self {
            inner,
            window,
            waited: Duration::ZERO,
            waiting: None,
            bytes: 0,
            end,
        }
    }

    pub(super) fn end(&self) -> BodyEnd {
        self.end.clone()
    }

    fn arrived(&mut self, bytes: usize) {
        if let Some(waiting) = self.waiting.take() {
            self.waited = self.waited.saturating_add(waiting.since.elapsed());
        }
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let due = self.window.as_millis() * BYTES_PER_SECOND / 1000;
        if u128::from(self.bytes) >= due {
            self.bytes = 0;
            self.waited = Duration::ZERO;
        }
    }

    fn waited_too_long(&mut self, cx: &mut Context<'_>) -> bool {
        let left = self.window.saturating_sub(self.waited);
        let waiting = self.waiting.get_or_insert_with(|| {
            let since = Instant::now();
            Waiting {
                since,
                alarm: Box::pin(sleep_until(since + left)),
            }
        });
        waiting.alarm.as_mut().poll(cx).is_ready()
    }
}

const BYTES_PER_SECOND: u128 = 1024;

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.arrived(frame.data_ref().map_or(0, Bytes::len));
                if self.inner.is_end_stream() {
                    self.end.reached();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                self.end.reached();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Pending if self.waited_too_long(cx) => Poll::Ready(Some(Err(TooSlow.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Places for connections or for requests, in all and by address.
#[derive(Clone, Debug)]
pub(super) struct Places {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    limit_per_address: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Full {
    /// All are taken.
    All,
    /// This address has taken its share.
    Address,
}

/// The right to one place; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    places: Places,
    address: IpAddr,
}

impl Places {
    pub(super) fn new(limit: usize, limit_per_address: usize) -> Self {
        let open = Mutex::new(Open::default());
        Self {
            shared: Arc::new(Shared {
                limit,
                limit_per_address,
                open,
            }),
        }
    }

    /// A permit, unless the limit of this address or of all is reached.
    pub(super) fn admit(&self, address: IpAddr) -> Result<Permit, Full> {
        // An IPv4 address must not count anew when it comes in over IPv6.
        let address = address.to_canonical();
        let mut open = self
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let here = open.by_address.get(&address).copied().unwrap_or_default();
        if here >= self.shared.limit_per_address {
            return Err(Full::Address);
        }
        if open.total >= self.shared.limit {
            return Err(Full::All);
        }
        open.total += 1;
        open.by_address.insert(address, here + 1);
        Ok(Permit {
            places: self.clone(),
            address,
        })
    }

    #[cfg(test)]
    fn total(&self) -> usize {
        self.shared.open.lock().unwrap().total
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self
            .places
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        match open.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn an_address_gets_no_more_than_its_share() {
        let places = Places::new(3, 2);
        let one = places.admit(address(1)).unwrap();
        let _two = places.admit(address(1)).unwrap();
        assert_eq!(places.admit(address(1)).err(), Some(Full::Address));
        drop(one);
        assert!(places.admit(address(1)).is_ok());
    }

    #[test]
    fn all_addresses_together_get_no_more_than_the_whole() {
        let places = Places::new(3, 2);
        let permits: Vec<_> = (1..=3).map(|last| places.admit(address(last))).collect();
        assert!(permits.iter().all(Result::is_ok));
        assert_eq!(places.admit(address(4)).err(), Some(Full::All));
        drop(permits);
        assert_eq!(places.total(), 0);
    }

    #[test]
    fn an_address_counts_once_however_it_is_written() {
        let places = Places::new(3, 1);
        let _permit = places.admit(address(1)).unwrap();
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        assert!(places.admit(mapped).is_err());
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused() {
        let body = || Body::from(vec![0; 11]);
        assert!(matches!(
            read_body(body(), 10).await,
            Err(BodyError::TooLarge { limit: 10 })
        ));
        assert_eq!(read_body(body(), 11).await.unwrap().len(), 11);
    }

    #[tokio::test]
    async fn a_body_little_beyond_the_limit_is_taken_in_and_a_much_larger_one_is_not() {
        for (bytes, taken) in [(11, true), (LINGER_BYTES + 11, false)] {
            let (sender, sent) = tokio::sync::oneshot::channel();
            let rest = futures_util::stream::once(async move {
                // Whoever drops the body drops this.
                let (Ok(()) | Err(())) = sender.send(());
                Ok::<_, std::io::Error>(Bytes::from_static(&[0; 5]))
            });
            let first = futures_util::stream::iter([Ok(Bytes::from_static(&[0; 6]))]);
            let body = Announced(Body::from_stream(first.chain(rest)), bytes);
            let refused = read_body(Body::new(body), 10).await;
            assert!(matches!(refused, Err(BodyError::TooLarge { limit: 10 })));
            assert_eq!(sent.await.is_ok(), taken);
        }
    }

    /// A body with a length that was announced.
    struct Announced(Body, u64);

    impl HttpBody for Announced {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Pin::new(&mut self.0).poll_frame(cx)
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.1)
        }
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_is_refused_when_it_grows_too_large() {
        let parts = (0..100).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[0; 10])));
        let body = Body::from_stream(futures_util::stream::iter(parts));
        assert!(matches!(
            read_body(body, 500).await,
            Err(BodyError::TooLarge { .. })
        ));
    }
}
