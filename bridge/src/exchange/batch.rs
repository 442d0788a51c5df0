//! Group commit: callers hand in jobs, one of them at a time carries all waiting jobs to the disk.
//!
//! The work runs on tokio's blocking threads and not on a thread of its own, so that paused time in
//! tests waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task;

/// A queue of jobs and what to do with everything that is in it.
pub(crate) struct Batcher<J> {
    queue: Mutex<Queue<J>>,
    run: Box<dyn Fn(Vec<J>) + Send + Sync>,
}

struct Queue<J> {
    jobs: Vec<J>,
    running: bool,
}

impl<J: Send + 'static> Batcher<J> {
    /// `run` gets all jobs that gathered while it ran before, in the order they came.
    pub(crate) fn new(run: impl Fn(Vec<J>) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(Queue {
                jobs: Vec::new(),
                running: false,
            }),
            run: Box::new(run),
        })
    }

    /// Puts a job into the queue and sees to it that somebody carries it.
    pub(crate) fn submit(self: &Arc<Self>, job: J) {
        {
            let mut queue = self.lock();
            queue.jobs.push(job);
            if queue.running {
                return;
            }
            queue.running = true;
        }
        let batcher = Arc::clone(self);
        task::spawn_blocking(move || batcher.carry());
    }

    fn carry(&self) {
        loop {
            let jobs = {
                let mut queue = self.lock();
                if queue.jobs.is_empty() {
                    queue.running = false;
                    return;
                }
                std::mem::take(&mut queue.jobs)
            };
            let _relay = Relay(self);
            (self.run)(jobs);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue<J>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A panic in a batch must not leave the queue without a carrier for ever.
struct Relay<'a, J>(&'a Batcher<J>);

impl<J> Drop for Relay<'_, J> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.running = false;
            queue.jobs.clear();
        }
    }
}
