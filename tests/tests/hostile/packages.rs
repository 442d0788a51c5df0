//! Octets that are no AS4 message.

use bridge::audit::Event;
use bytes::Bytes;
use tests::Scene;

use super::{MESSAGE_BYTES, SCENE, code_of, packed, post, times_asked};

/// The octets are refused with this status and code, and the log says that something came.
fn check(
    make: impl Fn(&Scene) -> (String, Bytes),
    (status, code): (u16, Option<&str>),
    event: Event,
) {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let (content_type, body) = make(scene);
        let answer = post(scene, &content_type, body).await;
        assert_eq!(answer.status, status);
        let given = code_of_any(&answer);
        assert_eq!(given.as_deref(), code);
        let entry = scene.logged(event);
        if code.is_some() {
            assert_eq!(entry.error_code.as_deref(), code);
        }
        assert_eq!(scene.events().len(), 1);
        assert_eq!(times_asked(scene), before);
    });
}

fn code_of_any(answer: &conformance::simulator::http::Answer) -> Option<String> {
    if answer.body.is_empty() {
        return None;
    }
    code_of(answer)
}

fn soap(text: &str) -> (String, Bytes) {
    let content_type = "application/soap+xml; charset=UTF-8".to_owned();
    (content_type, Bytes::copy_from_slice(text.as_bytes()))
}

/// [EBMS:0007] [AS4 1.1]
#[test]
fn a_package_without_a_boundary_is_unreadable() {
    let content_type = "multipart/related; type=\"application/soap+xml\"; boundary=\"b\"";
    check(
        |_| {
            (
                content_type.to_owned(),
                Bytes::from_static(b"no parts here"),
            )
        },
        (400, Some("EBMS:0007")),
        Event::MessageUnreadable,
    );
}

#[test]
fn a_package_that_breaks_off_is_unreadable() {
    check(
        |scene| {
            let package = packed(scene).package().clone();
            let body = package.body();
            let half = body.slice(..body.len() - 40);
            (package.content_type().to_owned(), half)
        },
        (400, Some("EBMS:0007")),
        Event::MessageUnreadable,
    );
}

/// [EBMS:0009]
#[test]
fn an_envelope_that_is_not_xml_is_unreadable() {
    check(
        |_| soap("<S12:Envelope"),
        (200, Some("EBMS:0009")),
        Event::MessageUnreadable,
    );
}

#[test]
fn an_envelope_with_a_document_type_is_unreadable() {
    let text = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    check(
        |_| soap(text),
        (200, Some("EBMS:0009")),
        Event::MessageUnreadable,
    );
}

#[test]
fn an_envelope_of_something_else_is_unreadable() {
    let text =
        "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body/></e:Envelope>";
    check(
        |_| soap(text),
        (200, Some("EBMS:0009")),
        Event::MessageUnreadable,
    );
}

/// [AS4 1.1]
#[test]
fn another_content_type_is_not_taken() {
    for content_type in ["text/html", "application/json", "text/xml", ""] {
        check(
            |_| (content_type.to_owned(), Bytes::from_static(b"{}")),
            (415, None),
            Event::MessageUnreadable,
        );
    }
}

#[test]
fn a_message_larger_than_is_read_is_not_taken() {
    check(
        |_| soap(&" ".repeat(MESSAGE_BYTES + 1)),
        (413, None),
        Event::MessageUnreadable,
    );
}

/// [AS4 2.2] a signal is never answered with a signal.
#[test]
fn a_signal_on_the_port_for_messages_is_recorded_and_left_alone() {
    check(
        |scene| {
            let refusal = ebms::Refusal::undeliverable(None);
            let id = scene.access_point().message_id();
            let id = id.parse().expect("a message id");
            let signal = ebms::signal::error(&refusal, id, scene.clock().now(), None);
            (signal.content_type().to_owned(), signal.body().clone())
        },
        (202, None),
        Event::MessageUnreadable,
    );
}
