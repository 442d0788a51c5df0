//! Who tells waiting workers that there is work, without each of them reading the file every time.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{Notify, futures::Notified};

use crate::outbox::WorkKind;

/// What was put since somebody last looked.
#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<State>,
    work: Notify,
}

#[derive(Default)]
struct State {
    /// How many entries can be taken at once, by kind.
    expected: BTreeMap<WorkKind, usize>,
    /// Grows whenever everybody has to look again.
    alarm: u64,
}

impl Bell {
    /// Resolves at the next ring.
    pub(super) fn rung(&self) -> Notified<'_> {
        self.work.notified()
    }

    /// One more entry can be taken.
    pub(super) fn expect(&self, kind: WorkKind) {
        let mut state = self.lock();
        let expected = state.expected.entry(kind).or_default();
        *expected = expected.saturating_add(1);
        drop(state);
        self.work.notify_waiters();
    }

    /// Everybody looks again: time moved, or an entry will be due at another time.
    pub(super) fn alarm(&self) {
        let mut state = self.lock();
        state.alarm = state.alarm.wrapping_add(1);
        drop(state);
        self.work.notify_waiters();
    }

    /// True when a look is worth it: for an entry that nobody else will look for, or because the
    /// alarm was rung since `seen`.
    pub(super) fn is_worth_a_look(&self, kinds: &[WorkKind], seen: &mut Option<u64>) -> bool {
        let mut state = self.lock();
        let fresh = *seen != Some(state.alarm);
        *seen = Some(state.alarm);
        let mut waiting = state.expected.iter_mut();
        let Some((kind, left)) = waiting.find(|(kind, _)| kinds.contains(kind)) else {
            return fresh;
        };
        let kind = *kind;
        *left = left.saturating_sub(1);
        if *left == 0 {
            state.expected.remove(&kind);
        }
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
