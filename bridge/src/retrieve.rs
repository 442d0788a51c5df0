//! Route retrieve: a German Data Consumer asks, a foreign Evidence Provider answers.
//!
//! ```text
//! 0401 -> noots::EvidenceOrder -> [order] -> Record, 0402
//! the user's yes -> edm::Request -> [confirm] -> SendAs4
//! AS4 message -> edm::Response -> [accept] -> spool, receipt
//! 0411 -> [collect] -> 0412, the same again for the same 0411
//! DELETE, or the end of the wait -> everything erased
//! ```

mod answer;
mod collect;
mod confirm;
mod content;
mod end;
mod order;

pub use self::{
    answer::{Received, accept, sent},
    collect::{Collection, collect},
    confirm::{confirm, partner_of},
    content::Content,
    end::{cancel, poisoned, time_over},
    order::order,
};

pub(crate) use self::collect::{conversation, delete, state};
