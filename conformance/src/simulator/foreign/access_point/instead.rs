//! Answers a test puts in place of the genuine ones: what partners do and this one would not

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// An answer as it goes over the wire
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WireAnswer {
    /// Status
    pub status: u16,
    /// Content-Type, if there is one
    pub content_type: Option<String>,
    /// Body
    pub body: Bytes,
}

impl WireAnswer {
    /// An answer without a body
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            body: Bytes::new(),
        }
    }
}

/// One answer to be changed
pub(super) struct Instead {
    pub(super) taken: bool,
    pub(super) change: Box<dyn FnOnce(WireAnswer) -> WireAnswer + Send>,
}

/// Those that are still to come, in order
#[derive(Default)]
pub(super) struct Queue(Mutex<VecDeque<Instead>>);

impl Queue {
    pub(super) fn push(
        &self,
        taken: bool,
        change: impl FnOnce(WireAnswer) -> WireAnswer + Send + 'static,
    ) {
        let change = Box::new(change);
        self.all().push_back(Instead { taken, change });
    }

    pub(super) fn next(&self) -> Option<Instead> {
        self.all().pop_front()
    }

    pub(super) fn clear(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Instead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.all().len()).finish()
    }
}
