//! What both stores promise, checked against both: the embedded file and a real Redis.

#[path = "contract/exchanges.rs"]
mod exchanges;
#[path = "contract/messages.rs"]
mod messages;
#[path = "contract/upkeep.rs"]
mod upkeep;
#[path = "contract/work.rs"]
mod work;

use std::time::Duration;

use bridge::exchange::{Claim, Digest, MessageAnswer, MessageKey, message::Ticket};
use bytes::Bytes;

use crate::harness::{Harness, LEASE};

/// Two tests of each name: one per store.
macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Harness::embedded().await).await;
            })*
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Harness::redis().await).await;
            })*
        }
    };
}
use contract;

fn message(id: &str) -> MessageKey {
    MessageKey::as4("AP_FR_01", id)
}

async fn claim(h: &Harness, id: &str) -> Ticket {
    match h
        .store
        .claim(&message(id), Digest::of(b"one"), LEASE)
        .await
        .unwrap()
    {
        Claim::New(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn answer(h: &Harness, ticket: Ticket, bytes: &'static [u8]) -> MessageAnswer {
    let week = Duration::from_secs(7 * 86_400);
    MessageAnswer::new(
        ticket,
        Bytes::from_static(bytes),
        h.world.now().saturating_add(week).unwrap(),
    )
}
