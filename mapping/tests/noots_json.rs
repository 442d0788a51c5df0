//! The JSON form of the national messages: examples of every message, and what is refused.

#[cfg(test)]
#[path = "noots_json/example.rs"]
mod example;
#[cfg(test)]
#[path = "noots_json/messages.rs"]
mod messages;
