//! Bends a message and checks what becomes of it.

use crate::handmade::{self, request, response};
use mapping::edm::{self, ErrorResponse, Liberty, Message, Request, Version};

/// What becomes of a message after the edits.
pub(crate) enum Outcome {
    /// Read, with this liberty and perhaps a rule.
    Noted(Liberty, Option<&'static str>),
    /// Read as if nothing were.
    Read,
    /// Refused.
    Refused(&'static str),
}
pub(crate) use Outcome::{Noted, Read, Refused};

#[track_caller]
fn bend(bytes: Vec<u8>, edits: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8(bytes).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replace(from, to);
    }
    text.into_bytes()
}

#[track_caller]
pub(crate) fn check(bytes: Vec<u8>, edits: &[(&str, &str)], expected: Outcome) -> Option<Message> {
    match (edm::decode(&bend(bytes, edits)), expected) {
        (Ok(message), Noted(liberty, rule)) => {
            let cautions = message.cautions();
            assert!(
                cautions
                    .iter()
                    .any(|c| (c.liberty(), c.rule()) == (liberty, rule)),
                "{cautions:?}"
            );
            Some(message)
        }
        (Ok(message), Read) => {
            assert_eq!(message.cautions(), []);
            Some(message)
        }
        (Err(invalid), Refused(rule)) => {
            assert_eq!(invalid.rule(), rule, "{invalid}");
            None
        }
        (Ok(message), Refused(rule)) => panic!("read in spite of {rule}: {:?}", message.cautions()),
        (Err(invalid), _) => panic!("refused: {invalid}"),
    }
}

#[track_caller]
pub(crate) fn check_request(edits: &[(&str, &str)], expected: Outcome) -> Option<Request> {
    match check(request(Version::V2_0).encode(), edits, expected)? {
        Message::Request(request) => Some(*request),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn check_error(
    version: Version,
    edits: &[(&str, &str)],
    expected: Outcome,
) -> Option<ErrorResponse> {
    match check(handmade::error(version).encode(), edits, expected)? {
        Message::Error(error) => Some(*error),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn check_response(version: Version, edits: &[(&str, &str)], expected: Outcome) {
    check(response(version).encode(), edits, expected);
}
