//! Group commit: callers hand in jobs, one of them at a time carries all waiting jobs to the disk.
//!
//! The work runs on tokio's blocking threads and not on a thread of its own, so that paused time in
//! tests waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task;

/// A queue of jobs and what to do with everything that is in it. When it is dropped, what it works
/// on is free at once: whoever opens the same file next finds it unlocked.
pub(crate) struct Batcher<J> {
    shared: Arc<Shared<J>>,
}

struct Shared<J> {
    queue: Mutex<Queue<J>>,
    run: Mutex<Option<Run<J>>>,
}

type Run<J> = Box<dyn Fn(Vec<J>) + Send>;

struct Queue<J> {
    jobs: Vec<J>,
    running: bool,
}

impl<J: Send + 'static> Batcher<J> {
    /// `run` gets all jobs that gathered while it ran before, in the order they came.
    pub(crate) fn new(run: impl Fn(Vec<J>) + Send + 'static) -> Self {
        let queue = Queue {
            jobs: Vec::new(),
            running: false,
        };
        Self {
            shared: Arc::new(Shared {
                queue: Mutex::new(queue),
                run: Mutex::new(Some(Box::new(run))),
            }),
        }
    }

    /// Puts a job into the queue and sees to it that somebody carries it.
    pub(crate) fn submit(&self, job: J) {
        {
            let mut queue = lock(&self.shared.queue);
            queue.jobs.push(job);
            if queue.running {
                return;
            }
            queue.running = true;
        }
        let shared = Arc::clone(&self.shared);
        task::spawn_blocking(move || shared.carry());
    }
}

impl<J> Drop for Batcher<J> {
    fn drop(&mut self) {
        // Waits for the batch that is on its way.
        drop(lock(&self.shared.run).take());
    }
}

impl<J> Shared<J> {
    fn carry(&self) {
        loop {
            let jobs = {
                let mut queue = lock(&self.queue);
                if queue.jobs.is_empty() {
                    queue.running = false;
                    return;
                }
                std::mem::take(&mut queue.jobs)
            };
            let _relay = Relay(self);
            if let Some(run) = &*lock(&self.run) {
                run(jobs);
            }
        }
    }
}

/// A panic in a batch must not leave the queue without a carrier for ever.
struct Relay<'a, J>(&'a Shared<J>);

impl<J> Drop for Relay<'_, J> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = lock(&self.0.queue);
            queue.running = false;
            queue.jobs.clear();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
