//! One nachrichtenUUID at the SAK: computed once, repeated as often as asked

use tokio::sync::OnceCell;

use crate::simulator::register::{Asked, Register, Reply, Unreachable};

/// A message taken, with its answer once there is one
#[derive(Debug)]
pub(super) struct Exchange {
    digest: String,
    reply: OnceCell<Reply>,
}

impl Exchange {
    pub(super) const fn new(digest: String) -> Self {
        Self {
            digest,
            reply: OnceCell::const_new(),
        }
    }

    /// SHA-256 of the body the message came with first
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn reply(&self) -> Option<&Reply> {
        self.reply.get()
    }

    /// Asks the register the first time; two callers at once share the one answer
    pub(super) async fn answer(
        &self,
        register: &Register,
        asked: Asked,
    ) -> Result<Reply, Unreachable> {
        self.reply
            .get_or_try_init(|| register.answer(asked))
            .await
            .cloned()
    }
}
