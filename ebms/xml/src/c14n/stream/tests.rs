use super::{StreamError, stream};
use crate::{Problem, StreamLimits};
use std::io::{self, BufRead, Read};

#[track_caller]
fn check(xml: &str, expected: &str) {
    let mut out = Vec::new();
    stream(xml.as_bytes(), &StreamLimits::ATTACHMENT, |chunk| {
        out.extend_from_slice(chunk);
    })
    .unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[track_caller]
fn refused(xml: impl AsRef<[u8]>, limits: &StreamLimits, expected: &Problem, offset: usize) {
    let xml = xml.as_ref();
    let text = String::from_utf8_lossy(xml);
    match stream(xml, limits, |_| ()) {
        Err(StreamError::Xml(invalid)) => {
            assert_eq!(
                (invalid.problem(), invalid.offset()),
                (expected, offset),
                "{text}"
            );
        }
        other => panic!("{other:?} for {text}"),
    }
}

/// Parts given out one after the other, each as often as it says; what was given is counted.
struct Generated {
    parts: Vec<(&'static str, usize)>,
    at: usize,
}

impl Generated {
    fn new(parts: &[(&'static str, usize)]) -> Self {
        let mut parts = parts.to_vec();
        parts.reverse();
        Self { parts, at: 0 }
    }
}

impl Read for Generated {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl BufRead for Generated {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.parts.last().is_some_and(|(_, times)| *times == 0) {
            self.parts.pop();
        }
        let part = self.parts.last().map_or("", |(text, _)| *text);
        Ok(&part.as_bytes()[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        if let Some((text, times)) = self.parts.last_mut()
            && self.at == text.len()
        {
            *times -= 1;
            self.at = 0;
        }
    }
}

/// Octets of the canonical form, and of its longest piece.
fn measure(parts: &[(&'static str, usize)]) -> Result<(usize, usize), StreamError> {
    let (mut total, mut longest) = (0, 0);
    stream(Generated::new(parts), &StreamLimits::ATTACHMENT, |chunk| {
        total += chunk.len();
        longest = longest.max(chunk.len());
    })?;
    Ok((total, longest))
}

#[test]
fn instructions_around_the_document_element_stand_on_lines_of_their_own() {
    check(
        "\u{FEFF}<?xml version='1.0'?>\r\n<?p?><!-- c --><a>b<?p  q?><!-- c --></a>\r\n<?p?>",
        "<?p?>\n<a>b<?p q?></a>\n<?p?>",
    );
}

#[test]
fn namespaces_are_declared_where_they_are_used() {
    check(
        "<a xmlns:p='1' xmlns:q='2'><p:b q:x='&lt;' y='\"'/><p:c xmlns:p='1'><p:d xmlns:p='3'/></p:c></a>",
        concat!(
            "<a><p:b xmlns:p=\"1\" xmlns:q=\"2\" y=\"&quot;\" q:x=\"&lt;\"></p:b>",
            "<p:c xmlns:p=\"1\"><p:d xmlns:p=\"3\"></p:d></p:c></a>"
        ),
    );
    check(
        "<a xmlns='d'><b xmlns=''/><c/></a>",
        "<a xmlns=\"d\"><b xmlns=\"\"></b><c></c></a>",
    );
}

#[test]
fn a_refusal_says_what_and_where() {
    let limits = &StreamLimits::ATTACHMENT;
    refused("<!DOCTYPE a><a/>", limits, &Problem::DocumentType, 0);
    refused("<a>&b;</a>", limits, &Problem::Reference, 3);
    refused("<a><p:b/></a>", limits, &Problem::Namespace, 3);
    refused(
        "<a><b x='' x=''/></a>",
        limits,
        &Problem::DuplicateAttribute,
        3,
    );
    refused(
        "<a xmlns:p='n' xmlns:q='n' p:x='1' q:x='2'/>",
        limits,
        &Problem::DuplicateAttribute,
        0,
    );
    refused("\u{FEFF}<a>]]></a>", limits, &Problem::Malformed, 6);
    refused("<a>\u{1}</a>", limits, &Problem::Character, 3);
    refused(b"<a>\xC3</a>", limits, &Problem::Encoding, 3);
    refused(b"<a>\xC3", limits, &Problem::Encoding, 3);
    refused("<a>", limits, &Problem::Malformed, 3);
    refused("<a/><b/>", limits, &Problem::Malformed, 4);
    refused("<?xml version='1.1'?><a/>", limits, &Problem::Version, 0);
}

#[test]
fn every_limit_holds_exactly() {
    let limits = StreamLimits {
        depth: 2,
        attributes: 2,
        name_bytes: 7,
        markup_bytes: 40,
        scope_bytes: 60,
        prefixes: 4,
    };
    let large = |what, limit| Problem::TooLarge { what, limit };
    let accepted = |xml: &str| stream(xml.as_bytes(), &limits, |_| ()).is_ok();
    assert!(accepted("<a><b/></a>"));
    refused("<a><b><c/></b></a>", &limits, &large("open elements", 2), 6);
    assert!(accepted("<a x='' xmlns:p='n'/>"));
    refused("<a x='' y='' z=''/>", &limits, &large("attributes", 2), 0);
    assert!(accepted("<abcdefg/>"));
    refused("<abcdefgh/>", &limits, &large("bytes in a name", 7), 0);
    let markup = large("bytes in a tag, instruction or reference", 40);
    let tag = |bytes: usize| format!("<a>1<b x='{}'/></a>", "v".repeat(bytes - 9));
    assert!(accepted(&tag(40)));
    refused(tag(41), &limits, &markup, 4);
    let instruction = |bytes: usize| format!("<a><?p {}?></a>", "d".repeat(bytes - 6));
    assert!(accepted(&instruction(40)));
    refused(instruction(41), &limits, &markup, 3);
    let reference = |bytes: usize| format!("<a>&#{}65;</a>", "0".repeat(bytes - 5));
    assert!(accepted(&reference(40)));
    refused(reference(41), &limits, &markup, 3);
    // The name `xml` and its namespace are always in scope.
    let scope = large("bytes of names and namespaces in scope", 60);
    assert!(accepted("<abcdefg><ab xmlns='n123456789'/></abcdefg>"));
    refused(
        "<abcdefg><ab xmlns='n1234567890123'/></abcdefg>",
        &limits,
        &scope,
        9,
    );
    assert!(accepted("<a xmlns:p='1' xmlns:q='2'><b/></a>"));
    let prefixes = large("prefixes in scope", 4);
    refused(
        "<a xmlns:p='1' xmlns:q='2'><b xmlns:r='3'/></a>",
        &limits,
        &prefixes,
        27,
    );
    let again = "<b xmlns:p='1'/>".repeat(100);
    assert!(accepted(&format!("<a>{again}</a>")));
}

#[test]
fn text_comment_and_section_of_any_length_go_through_in_pieces() {
    const MIB: usize = 1 << 20;
    // 64 octets.
    let line = "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWX\r\n";
    let many = MIB;
    let (total, longest) = measure(&[("<a>", 1), (line, many), ("</a>", 1)]).unwrap();
    assert_eq!(total, 7 + 63 * many);
    assert!(longest <= 64 << 10);
    let (total, longest) = measure(&[
        ("<a><![CDATA[", 1),
        ("0123456789abcde<", many),
        ("]]></a>", 1),
    ])
    .unwrap();
    assert_eq!(total, 7 + (15 + 4) * many);
    assert!(longest <= 64 << 10);
    let (total, _) =
        measure(&[("<a><!--", 1), ("- 0123456789abcd", many), ("--></a>", 1)]).unwrap();
    assert_eq!(total, 7);
}

#[test]
fn what_must_be_whole_is_not_read_past_its_limit() {
    let openings = ["<a><b x='", "<a><?p ", "<a>&#", "<a></a"];
    for opening in openings {
        let mut input = Generated::new(&[(opening, 1), ("                ", 8 << 20)]);
        let refused = stream(&mut input, &StreamLimits::ATTACHMENT, |_| ());
        assert!(refused.is_err(), "{opening}");
        let left = input.parts.last().unwrap().1;
        assert!(left * 16 >= (127 << 20) - 16, "{opening}: read too far");
    }
}

#[test]
fn an_error_of_the_stream_is_no_error_of_the_document() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let refused = stream(
        io::BufReader::new(Broken),
        &StreamLimits::ATTACHMENT,
        |_| (),
    );
    assert!(matches!(refused, Err(StreamError::Read(error))
        if error.kind() == io::ErrorKind::ConnectionReset));
}
