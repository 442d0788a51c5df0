//! Writes a MIME package: parts in the order given, because phase4 pairs them by position.

use super::Part;
use bytes::{Bytes, BytesMut};

/// Writes a package; `tag` makes boundary and root id unique (128 random bits, so that the
/// boundary occurs in no part). Returns the content type and the body.
pub(crate) fn write(root: &str, parts: &[Part], tag: &str) -> (String, Bytes) {
    if parts.is_empty() {
        let content_type = "application/soap+xml; charset=UTF-8".to_owned();
        return (content_type, Bytes::copy_from_slice(root.as_bytes()));
    }
    let boundary = format!("b-{tag}");
    let root_cid = format!("root-{tag}@bridge");
    let content: usize = parts.iter().map(|part| part.content.len() + 512).sum();
    let mut body = BytesMut::with_capacity(root.len() + content + 512);
    let mut put = |text: &str| body.extend_from_slice(text.as_bytes());
    put(&format!(
        "--{boundary}\r\nContent-Type: application/soap+xml; charset=UTF-8\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: <{root_cid}>\r\n\r\n"
    ));
    put(root);
    for part in parts {
        body.extend_from_slice(
            format!(
                "\r\n--{boundary}\r\nContent-Type: {}\r\n\
                 Content-Transfer-Encoding: binary\r\nContent-ID: <{}>\r\n\r\n",
                part.content_type, part.cid
            )
            .as_bytes(),
        );
        body.extend_from_slice(&part.content);
    }
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let content_type = format!(
        "multipart/related; type=\"application/soap+xml\"; start=\"<{root_cid}>\"; \
         boundary=\"{boundary}\""
    );
    (content_type, body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{package::read, receive::Limits};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..5)
        ) {
            let parts: Vec<Part> = contents
                .iter()
                .enumerate()
                .map(|(at, content)| Part {
                    cid: format!("part-{at}@x").parse().unwrap(),
                    content_type: "application/gzip".to_owned(),
                    content: Bytes::from(content.clone()),
                })
                .collect();
            let (content_type, body) = write("<x></x>", &parts, "0123456789abcdef");
            let package = read(&content_type, &body, &Limits::default()).unwrap();
            prop_assert_eq!(package.root.as_ref(), b"<x></x>");
            prop_assert_eq!(package.parts.len(), parts.len());
            for (read, written) in package.parts.iter().zip(&parts) {
                prop_assert_eq!(&read.cid, &written.cid);
                prop_assert_eq!(&read.content, &written.content);
            }
        }
    }
}
