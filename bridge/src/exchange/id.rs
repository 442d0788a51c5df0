//! The identifiers of our own making. Identifiers of the wire are `LookupKey`s of a record.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many shard tags there are. Fixed for the life of a store: it decides where a key is.
pub const SHARDS: u8 = 16;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier made of `uuid`, drawn by the caller from its `World`.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The value as a UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id! {
    /// One round trip of evidence, its second preview request included.
    ExchangeId
}

uuid_id! {
    /// One attempt to change something. Drawn before the first try and kept for every repetition,
    /// so that a change whose outcome got lost is not made twice.
    OpId
}

uuid_id! {
    /// One piece of work in the outbox.
    EntryId
}

impl ExchangeId {
    /// The shard all keys of this exchange live in.
    #[must_use]
    pub fn shard(self) -> Shard {
        let [first, ..] = self.0.into_bytes();
        Shard(first % SHARDS)
    }
}

/// One of the fixed number of slots the keys of a store are spread over.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Shard(u8);

impl Shard {
    /// Every shard, in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..SHARDS).map(Self)
    }

    /// The shard a hash value falls into.
    #[must_use]
    pub fn of_hash(hash: &[u8]) -> Self {
        Self(hash.first().copied().unwrap_or_default() % SHARDS)
    }

    /// The number of the shard, below `SHARDS`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{s{:02}}}", self.0)
    }
}

/// Counts the changes of an exchange. A change names the number it was made against, so that a
/// worker that slept through another's change cannot undo it.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct EpochNumber(u64);

impl EpochNumber {
    /// The epoch of an exchange that was just opened.
    pub const FIRST: Self = Self(1);

    /// The epoch with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The epoch after the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for EpochNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_written_as_a_cluster_hash_tag() {
        let id: ExchangeId = "0a000000-0000-4000-8000-000000000000".parse().unwrap();
        assert_eq!(id.shard().to_string(), "{s10}");
    }

    #[test]
    fn every_id_falls_into_a_known_shard() {
        for byte in 0..=255_u8 {
            let mut bytes = [0; 16];
            bytes[0] = byte;
            let shard = ExchangeId::new(Uuid::from_bytes(bytes)).shard();
            assert!(Shard::all().any(|known| known == shard));
        }
    }

    #[test]
    fn ids_are_read_back_from_their_text() {
        let id = ExchangeId::new(Uuid::from_u128(0x1234_5678));
        assert_eq!(id.to_string().parse::<ExchangeId>().unwrap(), id);
        assert!("not-an-id".parse::<EntryId>().is_err());
    }
}
