//! Live exchanges with phase4, an AS4 access point in Java: the keys both sides need, a phase4
//! process that receives by servlet and sends on command, and our own engine behind a small HTTP
//! listener. The tests let them talk; `compare` measures them side by side.
//!
//! Nothing here is part of the product.

mod keys;

mod chance;
mod inbox;
mod load;
mod peer;
mod post;
mod process;
mod serve;
mod site;

pub use chance::{draw, id, now, octets};
pub use inbox::{Delivered, Inbox, Verdict};
pub use keys::make;
pub use load::{pdf, xml};
pub use peer::{Line, Peer, harness};
pub use post::Client;
pub use process::{cpu, peak_rss, rss};
pub use serve::{Listener, Security};
pub use site::{PROFILES, Request, Site, sha256};

/// What this package fails with.
pub type Result<T, E = anyhow::Error> = std::result::Result<T, E>;
