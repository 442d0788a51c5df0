//! Evidence and AS4 bytes on disk, encrypted in chunks under the key of their exchange.
