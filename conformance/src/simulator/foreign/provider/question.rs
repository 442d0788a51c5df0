//! The requests as they arrived, and letters that answer them by hand

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use ebms::Payload;

use super::{Delivered, Letter, Provider, Shared, Task, bare};

/// A request as it arrived
#[derive(Clone, Debug)]
pub struct Question {
    /// The EDM message
    pub edm: Bytes,
    /// MessageId
    pub message_id: String,
    task: Task,
}

impl Question {
    pub(super) fn new(delivered: &Delivered, task: Task) -> Self {
        let message = delivered.message.get();
        let leading = message.payloads().first();
        Self {
            edm: leading
                .map(|leading| leading.content().clone())
                .unwrap_or_default(),
            message_id: message.header().message_id().to_string(),
            task,
        }
    }

    /// Identifier of the request, prefix included
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.task.request_id().unwrap_or_default()
    }

    /// Conversation
    #[must_use]
    pub fn conversation_id(&self) -> &str {
        &self.task.conversation_id
    }

    /// Exchange; on the wire in 2.0 only
    #[must_use]
    pub fn exchange_id(&self) -> Option<&str> {
        self.task.exchange_id.as_deref()
    }
}

impl Provider {
    /// The requests so far, in the order of their arrival
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        self.shared.questions().clone()
    }

    /// Waits until there are as many requests and gives the last of them; `None` when the time is
    /// over
    pub async fn wait_for_question(&self, count: usize, limit: Duration) -> Option<Question> {
        let watch = async {
            loop {
                // Registered before looking, so that a request in between is not missed.
                let mut asked = std::pin::pin!(self.shared.asked.notified());
                asked.as_mut().enable();
                if let Some(question) = self.shared.questions().get(count.saturating_sub(1)) {
                    return question.clone();
                }
                asked.await;
            }
        };
        tokio::time::timeout(limit, watch).await.ok()
    }

    /// A letter that answers a request with anything, every value open to tests
    #[must_use]
    pub fn reply(&self, to: &Question, action: &str, payloads: Vec<Payload>) -> Letter {
        let request_id = to.task.request_id().map(|id| bare(id).to_owned());
        self.shared.letter(&to.task, action, payloads, request_id)
    }
}

impl Shared {
    pub(super) fn note(&self, question: Question) {
        self.questions().push(question);
        self.asked.notify_waiters();
    }

    /// A letter with the header of an answer: same conversation and exchange, corners swapped
    pub(super) fn letter(
        &self,
        task: &Task,
        action: &str,
        payloads: Vec<Payload>,
        request_id: Option<String>,
    ) -> Letter {
        Letter {
            message_id: self.access_point.message_id(),
            conversation_id: task.conversation_id.clone(),
            action: action.to_owned(),
            service: None,
            from: None,
            to: None,
            timestamp: None,
            properties: task.properties(),
            payloads,
            signing: None,
            request_id,
        }
    }

    fn questions(&self) -> MutexGuard<'_, Vec<Question>> {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
