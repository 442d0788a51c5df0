//! Writes a MIME package: parts in the order given, because phase4 pairs them by position.

use crate::id::ContentId;
use bytes::Bytes;

/// A piece of a body, to be sent one after the other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Segment<C = Bytes> {
    /// What stands around the parts, and the SOAP part.
    Frame(Bytes),
    /// A part as it was stored.
    Part(C),
}

/// A part to be written.
pub(crate) struct Written<C> {
    pub(crate) cid: ContentId,
    pub(crate) content_type: String,
    pub(crate) content: C,
}

/// Writes a package; `tag` makes boundary and root id unique (128 random bits, so that the
/// boundary occurs in no part). Returns the content type and the body.
pub(crate) fn write<C>(root: &str, parts: Vec<Written<C>>, tag: &str) -> (String, Vec<Segment<C>>) {
    if parts.is_empty() {
        let content_type = "application/soap+xml; charset=UTF-8".to_owned();
        let root = Bytes::copy_from_slice(root.as_bytes());
        return (content_type, vec![Segment::Frame(root)]);
    }
    let boundary = format!("b-{tag}");
    let root_cid = format!("root-{tag}@bridge");
    let mut frame = format!(
        "--{boundary}\r\nContent-Type: application/soap+xml; charset=UTF-8\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: <{root_cid}>\r\n\r\n{root}"
    );
    let mut body = Vec::with_capacity(parts.len() * 2 + 1);
    for part in parts {
        frame.push_str(&format!(
            "\r\n--{boundary}\r\nContent-Type: {}\r\n\
             Content-Transfer-Encoding: binary\r\nContent-ID: <{}>\r\n\r\n",
            part.content_type, part.cid
        ));
        body.push(Segment::Frame(std::mem::take(&mut frame).into()));
        body.push(Segment::Part(part.content));
    }
    body.push(Segment::Frame(format!("\r\n--{boundary}--\r\n").into()));
    let content_type = format!(
        "multipart/related; type=\"application/soap+xml\"; start=\"<{root_cid}>\"; \
         boundary=\"{boundary}\""
    );
    (content_type, body)
}

/// A body whose parts are in memory, in one piece.
pub(crate) fn join(segments: Vec<Segment>) -> Bytes {
    let octets = |segment: Segment| match segment {
        Segment::Frame(octets) | Segment::Part(octets) => octets,
    };
    let mut pieces: Vec<Bytes> = segments.into_iter().map(octets).collect();
    if pieces.len() == 1 {
        return pieces.pop().unwrap_or_default();
    }
    pieces.concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{octets::tests::kept, package::read, receive::Limits};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..5)
        ) {
            let parts: Vec<Written<Bytes>> = contents
                .iter()
                .enumerate()
                .map(|(at, content)| Written {
                    cid: format!("part-{at}@x").parse().unwrap(),
                    content_type: "application/gzip".to_owned(),
                    content: Bytes::from(content.clone()),
                })
                .collect();
            let (content_type, segments) = write("<x></x>", parts, "0123456789abcdef");
            let body = join(segments);
            for body in [kept(&body), body.into()] {
                let package = read(&content_type, &body, &Limits::default()).unwrap();
                prop_assert_eq!(package.root.as_ref(), b"<x></x>");
                prop_assert_eq!(package.parts.len(), contents.len());
                for (at, (read, written)) in package.parts.iter().zip(&contents).enumerate() {
                    prop_assert_eq!(read.cid.as_str(), format!("part-{at}@x"));
                    prop_assert_eq!(read.content.load().unwrap(), written);
                }
            }
        }
    }
}
