//! The JSON form of the national messages: examples of every message, and what is refused.

#[path = "messages/form.rs"]
mod form;
#[path = "messages/refusals.rs"]
mod refusals;
#[path = "messages/round_trip.rs"]
mod round_trip;
#[path = "messages/rules.rs"]
mod rules;

use mapping::noots::{Invalid, Message, Rule, decode_json, encode_json};
use serde_json::Value;

#[track_caller]
fn read(message: &Value) -> Message {
    decode_json(message.to_string().as_bytes()).unwrap()
}

/// Reads the message and writes it again: the same members with the same values.
#[track_caller]
fn check_unchanged(message: &Value) -> Message {
    let decoded = read(message);
    let written: Value = serde_json::from_slice(&encode_json(&decoded)).unwrap();
    assert_eq!(written, *message);
    decoded
}

/// Puts a value at a place; `null` takes the member away.
fn changed(message: &Value, place: &str, value: Value) -> Value {
    let mut message = message.clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    match message.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => {
            members.remove(&name).unwrap();
        }
        Value::Object(members) => {
            members.insert(name, value);
        }
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    message
}

#[track_caller]
fn refusal(message: &Value) -> Invalid {
    decode_json(message.to_string().as_bytes()).unwrap_err()
}

#[track_caller]
fn check(message: &Value, place: &str, value: Value, rule: Rule, pointer: &str) {
    let root = message.as_object().unwrap().keys().next().unwrap();
    let invalid = refusal(&changed(message, &format!("/{root}{place}"), value));
    assert_eq!(
        (invalid.rule(), invalid.pointer()),
        (rule, format!("/{root}{pointer}").as_str()),
        "{invalid}"
    );
}
