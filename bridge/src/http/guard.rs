//! A connection that loses patience: with a head that does not end, with silence between requests,
//! with a peer that does not read. It hands `hyper` only requests that `head` has passed.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::io::poll_read_buf;

use super::{
    head::{self, Chunks, Framing, Violation},
    linger::Linger,
};
use crate::telemetry::metrics::Rejection;

/// How long a connection may take for what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// From accepting to the first byte, and again to the first byte of the first request.
    pub first_byte: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a head to its end.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// A body must bring 1 KiB per second, measured over this time.
    pub body_window: Duration,
    /// Without the peer taking a byte of our answer.
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(5),
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            body_window: Duration::from_secs(10),
            write: Duration::from_secs(10),
        }
    }
}

/// Requests of one connection that are being answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    in_flight: AtomicUsize,
    begun: AtomicUsize,
    /// Set when a head did not come in time; `hyper` takes that for an ordinary end.
    slow_head: OnceLock<Rejection>,
    /// Who waits for the next request: its patience begins when the last answer has gone.
    reader: AtomicWaker,
}

/// One request of a connection; ends when dropped.
#[derive(Debug)]
pub(super) struct InFlight {
    activity: Activity,
}

impl Activity {
    pub(super) fn begin(&self) -> InFlight {
        self.counts.in_flight.fetch_add(1, Ordering::AcqRel);
        self.counts.begun.fetch_add(1, Ordering::AcqRel);
        InFlight {
            activity: self.clone(),
        }
    }

    /// How many requests have begun so far.
    pub(super) fn begun(&self) -> usize {
        self.counts.begun.load(Ordering::Acquire)
    }

    fn give_up(&self, reason: Option<Rejection>) {
        if let Some(reason) = reason {
            self.counts.slow_head.get_or_init(|| reason);
        }
    }

    /// Why the connection was given up while nobody answered anything.
    pub(super) fn given_up(&self) -> Option<Rejection> {
        self.counts.slow_head.get().copied()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.counts.in_flight.load(Ordering::Acquire) == 0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.activity
            .counts
            .in_flight
            .fetch_sub(1, Ordering::AcqRel);
        self.activity.counts.reader.wake();
    }
}

/// A stream under guard.
#[derive(Debug)]
pub(super) struct Guarded<S> {
    inner: S,
    reader: Option<Reader>,
    patience: Patience,
    activity: Activity,
    write_alarm: Alarm,
    linger: Option<Linger>,
}

impl<S> Guarded<S> {
    /// HTTP/1.1: requests are checked before they are passed on.
    pub(super) fn http1(inner: S, patience: Patience, activity: Activity) -> Self {
        Self {
            reader: Some(Reader::default()),
            ..Self::http2(inner, patience, activity)
        }
    }

    /// HTTP/2, whose framing has one reading only: only slow readers are noticed.
    pub(super) fn http2(inner: S, patience: Patience, activity: Activity) -> Self {
        Self {
            inner,
            reader: None,
            patience,
            activity,
            write_alarm: Alarm::default(),
            linger: None,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    fn clear(&mut self) {
        self.sleep = None;
    }

    /// Runs from the first call after `clear`; ready when `patience` is over.
    pub(super) fn rings(&mut self, patience: Duration, cx: &mut Context<'_>) -> bool {
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        sleep.as_mut().poll(cx).is_ready()
    }
}

/// Reads requests one after the other.
#[derive(Debug)]
struct Reader {
    state: State,
    buffer: BytesMut,
    /// So many bytes at the front of the buffer have been checked.
    passable: usize,
    /// Whether nothing of the present head has been handed over.
    head_waits: bool,
    /// So many bytes of the head have been searched for its end.
    searched: usize,
    alarm: Alarm,
    /// Whether bytes of the next head have come.
    began: bool,
    /// Whether no request has come yet.
    fresh: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head,
    /// A head beyond our limit: `hyper` has a smaller one and answers 431.
    Overlong,
    Length(u64),
    Chunked(Chunks),
    /// A head was refused: nothing more is read.
    Refused,
    /// A body was refused: nothing more is read, and the answer is still to be written.
    Spoiled,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            state: State::Head,
            buffer: BytesMut::new(),
            passable: 0,
            head_waits: false,
            searched: 0,
            alarm: Alarm::default(),
            began: false,
            fresh: true,
        }
    }
}

impl Reader {
    /// Checks what the buffer holds beyond the passable bytes.
    fn advance(&mut self) -> Result<(), Violation> {
        loop {
            if matches!(self.state, State::Length(0) | State::Chunked(Chunks::Over)) {
                self.next_request();
            }
            let unchecked = self.buffer.get(self.passable..).unwrap_or_default();
            if unchecked.is_empty() {
                return Ok(());
            }
            let taken = match &mut self.state {
                State::Overlong => unchecked.len(),
                State::Refused | State::Spoiled => return Ok(()),
                State::Length(left) => {
                    let step = usize::try_from(*left)
                        .unwrap_or(usize::MAX)
                        .min(unchecked.len());
                    *left = left.saturating_sub(u64::try_from(step).unwrap_or(u64::MAX));
                    step
                }
                State::Chunked(chunks) => chunks.follow(unchecked)?,
                // The next request waits in the buffer until this one has been handed over.
                State::Head if self.passable > 0 => return Ok(()),
                State::Head => match self.find_head()? {
                    Some(length) => length,
                    None => return Ok(()),
                },
            };
            self.passable += taken;
        }
    }

    fn next_request(&mut self) {
        self.state = State::Head;
        self.searched = 0;
        self.began = false;
        self.alarm.clear();
    }

    /// The length of the head when it is complete and good.
    fn find_head(&mut self) -> Result<Option<usize>, Violation> {
        if self.searched == 0 && self.buffer.starts_with(b"\r\n") {
            // RFC 9112, 2.2: some clients send an empty line after a body.
            self.buffer.advance(2);
        }
        let mut previous = self
            .searched
            .checked_sub(1)
            .and_then(|at| self.buffer.get(at));
        for (at, byte) in self.buffer.iter().enumerate().skip(self.searched) {
            if *byte == b'\n' && previous != Some(&b'\r') {
                return Err(Violation::LineEnd);
            }
            previous = Some(byte);
            let head = self.buffer.get(..=at).unwrap_or_default();
            if head.ends_with(b"\r\n\r\n") {
                self.state = match head::check(head)? {
                    Framing::Length(length) => State::Length(length),
                    Framing::Chunked => State::Chunked(Chunks::START),
                };
                self.fresh = false;
                self.head_waits = true;
                return Ok(Some(at + 1));
            }
        }
        self.searched = self.buffer.len();
        if self.searched > MAX_HEAD {
            self.state = State::Overlong;
            return Ok(Some(self.searched));
        }
        Ok(None)
    }

    /// In place of the refused bytes `hyper` reads one that it answers with 400, and closes.
    fn refuse(&mut self, violation: Violation) -> io::Result<()> {
        tracing::debug!(%violation, "Request refused before it was read");
        let in_body = matches!(self.state, State::Chunked(_)) && !self.head_waits;
        self.buffer.clear();
        self.passable = 0;
        if in_body {
            self.state = State::Spoiled;
            return Err(io::Error::new(io::ErrorKind::InvalidData, violation));
        }
        self.state = State::Refused;
        self.buffer.extend_from_slice(UNREADABLE);
        self.passable = UNREADABLE.len();
        Ok(())
    }

    fn hand_over(&mut self, out: &mut ReadBuf<'_>) {
        let step = self.passable.min(out.remaining());
        let ready = self.buffer.split_to(step);
        out.put_slice(&ready);
        self.passable -= step;
        self.head_waits = false;
    }

    /// Waiting for bytes: fails when it has taken too long.
    fn wait(&mut self, patience: &Patience, idle: bool, cx: &mut Context<'_>) -> io::Result<()> {
        if !idle || !matches!(self.state, State::Head) {
            self.alarm.clear();
            return Ok(());
        }
        let limit = match (self.began || !self.buffer.is_empty(), self.fresh) {
            (true, _) => patience.head,
            (false, true) => patience.first_byte,
            (false, false) => patience.idle,
        };
        if self.alarm.rings(limit, cx) {
            tracing::debug!("Connection closed: no complete request in time");
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    /// What the peer was too slow with; being done with a connection is its right.
    fn late(&self) -> Option<Rejection> {
        match (self.began, self.fresh) {
            (true, _) => Some(Rejection::Head),
            (false, true) => Some(Rejection::FirstByte),
            (false, false) => None,
        }
    }

    fn arrived(&mut self) {
        if matches!(self.state, State::Head) && !self.began {
            self.began = true;
            self.alarm.clear();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(reader) = &mut this.reader else {
            return Pin::new(&mut this.inner).poll_read(cx, out);
        };
        loop {
            if let Err(violation) = reader.advance() {
                reader.refuse(violation)?;
            }
            if reader.passable > 0 {
                reader.hand_over(out);
                return Poll::Ready(Ok(()));
            }
            match reader.state {
                State::Refused => return Poll::Ready(Ok(())),
                // An end here would cut off whoever is about to answer with 400.
                State::Spoiled => return Poll::Pending,
                _ => {}
            }
            if let State::Length(left) = &mut reader.state {
                return read_body(&mut this.inner, cx, out, left);
            }
            reader.buffer.reserve(READ);
            match poll_read_buf(Pin::new(&mut this.inner), cx, &mut reader.buffer)? {
                Poll::Ready(0) => return Poll::Ready(Ok(())),
                Poll::Ready(_) => reader.arrived(),
                Poll::Pending => {
                    this.activity.counts.reader.register(cx.waker());
                    let idle = this.activity.is_idle();
                    let waited = reader.wait(&this.patience, idle, cx);
                    return match waited {
                        Ok(()) => Poll::Pending,
                        Err(error) => {
                            this.activity.give_up(reader.late());
                            Poll::Ready(Err(error))
                        }
                    };
                }
            }
        }
    }
}

/// A body of known length needs no copy: it is read straight into the buffer of `hyper`.
fn read_body<S: AsyncRead + Unpin>(
    inner: &mut S,
    cx: &mut Context<'_>,
    out: &mut ReadBuf<'_>,
    left: &mut u64,
) -> Poll<io::Result<()>> {
    let room = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(out.remaining());
    let mut part = ReadBuf::new(out.initialize_unfilled_to(room));
    ready!(Pin::new(inner).poll_read(cx, &mut part))?;
    let read = part.filled().len();
    out.advance(read);
    *left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
    Poll::Ready(Ok(()))
}

impl<S> Guarded<S> {
    /// Passes on a result of writing; a peer that takes nothing for too long is given up.
    fn watch_write<T>(
        &mut self,
        result: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_alarm.clear();
        } else if self.write_alarm.rings(self.patience.write, cx) {
            tracing::debug!("Connection closed: the peer does not read");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        result
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch_write(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch_write(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
            ready!(this.watch_write(shut, cx))?;
        }
        let linger = this.linger.get_or_insert_with(Linger::default);
        linger.poll(&mut this.inner, cx).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.watch_write(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// The largest head that is passed on.
pub(super) const MAX_HEAD: usize = 32 * 1024;
const READ: usize = 16 * 1024;
/// No HTTP message begins like this.
const UNREADABLE: &[u8] = b"\0\r\n\r\n";
