//! Who may work on this node at the same time: everybody, or one entry that must be alone because
//! it may be the one that kills processes. Knows nothing of entries.

use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// The working space of one node.
#[derive(Debug)]
pub struct Floor {
    places: Semaphore,
    size: u32,
    /// How many want to be alone, the one that is included.
    lonely: watch::Sender<usize>,
}

/// A place beside others, kept until it is dropped.
#[derive(Debug)]
pub(super) struct Beside<'f> {
    _place: SemaphorePermit<'f>,
}

/// The whole floor, kept until it is dropped.
#[derive(Debug)]
pub(super) struct Alone<'f> {
    _places: SemaphorePermit<'f>,
    _wish: Wish<'f>,
}

impl Floor {
    /// Room for so many workers.
    #[must_use]
    pub fn new(size: u32) -> Self {
        Self {
            places: Semaphore::new(usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS)),
            size,
            lonely: watch::Sender::new(0),
        }
    }

    /// Resolves when nobody is alone or wants to be.
    pub(super) async fn opened(&self) {
        // The sender lives as long as we do.
        drop(
            self.lonely
                .subscribe()
                .wait_for(|wishes| *wishes == 0)
                .await,
        );
    }

    /// Resolves when somebody wants to be alone.
    pub(super) async fn closed(&self) {
        drop(self.lonely.subscribe().wait_for(|wishes| *wishes > 0).await);
    }

    /// A place beside others; none while somebody is alone or waits for it.
    pub(super) fn enter(&self) -> Option<Beside<'_>> {
        if *self.lonely.borrow() > 0 {
            return None;
        }
        // Whoever waits for the whole floor gets every place that becomes free.
        let place = self.places.try_acquire().ok()?;
        Some(Beside { _place: place })
    }

    /// The whole floor, as soon as everybody has left it. Nobody enters from now on.
    pub(super) async fn alone(&self) -> Option<Alone<'_>> {
        let wish = Wish::new(&self.lonely);
        // Fails only when closed, which never happens.
        let places = self.places.acquire_many(self.size).await.ok()?;
        Some(Alone {
            _places: places,
            _wish: wish,
        })
    }
}

/// Counts while it lives.
#[derive(Debug)]
struct Wish<'f>(&'f watch::Sender<usize>);

impl<'f> Wish<'f> {
    fn new(lonely: &'f watch::Sender<usize>) -> Self {
        lonely.send_modify(|wishes| *wishes = wishes.saturating_add(1));
        Self(lonely)
    }
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.0
            .send_modify(|wishes| *wishes = wishes.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn the_lonely_one_waits_for_all_and_keeps_everybody_out() {
        let floor = Floor::new(3);
        let (one, two) = (floor.enter().unwrap(), floor.enter().unwrap());
        let mut alone = Box::pin(floor.alone());
        assert!(alone.as_mut().now_or_never().is_none());
        assert!(floor.enter().is_none());
        assert!(floor.closed().now_or_never().is_some());
        drop(one);
        assert!(alone.as_mut().now_or_never().is_none());
        assert!(floor.enter().is_none());
        drop(two);
        let alone = alone.as_mut().now_or_never().unwrap().unwrap();
        assert!(floor.enter().is_none());
        assert!(floor.opened().now_or_never().is_none());
        drop(alone);
        assert!(floor.opened().now_or_never().is_some());
        assert!(floor.enter().is_some());
    }

    #[test]
    fn two_lonely_ones_take_turns() {
        let floor = Floor::new(2);
        let first = floor.alone().now_or_never().unwrap().unwrap();
        let mut second = Box::pin(floor.alone());
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        // The floor stays closed from one to the other.
        assert!(floor.enter().is_none());
        assert!(second.as_mut().now_or_never().unwrap().is_some());
    }

    #[test]
    fn who_gives_up_waiting_opens_the_floor() {
        let floor = Floor::new(2);
        let place = floor.enter().unwrap();
        let mut alone = Box::pin(floor.alone());
        assert!(alone.as_mut().now_or_never().is_none());
        drop(alone);
        assert!(floor.enter().is_some());
        drop(place);
    }
}
