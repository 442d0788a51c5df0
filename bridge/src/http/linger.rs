//! The end of a connection: what is still on its way is thrown away before it is closed.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::io::{AsyncRead, ReadBuf};

use super::guard::Alarm;

/// After the last answer, what the peer is still sending is read and thrown away for a moment:
/// closing on unread bytes would reset the connection, and the peer would never see the answer.
#[derive(Debug, Default)]
pub(super) struct Linger {
    alarm: Alarm,
    read: usize,
}

impl Linger {
    pub(super) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        inner: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut scratch = [0; 4096];
        while self.read < MAX_LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut *inner).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.read += buffer.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if self.alarm.rings(MAX_LINGER, cx) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}

const MAX_LINGER: Duration = Duration::from_secs(1);
const MAX_LINGER_BYTES: usize = 256 * 1024;
