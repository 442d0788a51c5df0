//! The SOAP envelope: every block found by its exact position, never searched for. [AS4 1.3]

use crate::{profile::ns, refusal::Reason};
use std::iter::Peekable;
use xml::{Document, Element};

/// The blocks of an envelope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope<'d> {
    pub(crate) document: &'d Document,
    pub(crate) messaging: Element<'d>,
    pub(crate) security: Option<Element<'d>>,
    pub(crate) body: Element<'d>,
}

/// Namespace of message fragments, refused by name. [AS4 3.4]
const FRAGMENTS: &str = "http://docs.oasis-open.org/ebxml-msg/ns/v3.0/mf/2010/04/";
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";

impl<'d> Envelope<'d> {
    /// Finds the blocks. The same document gives the same nodes every time.
    pub(crate) fn locate(document: &'d Document) -> Result<Self, Reason> {
        let root = document.root();
        if root.is(SOAP11, "Envelope") {
            return Err(Reason::Envelope("SOAP 1.1"));
        }
        if !root.is(ns::SOAP12, "Envelope") {
            return Err(Reason::Envelope("not a SOAP 1.2 envelope"));
        }
        check_copies(root)?;
        let mut children = Cursor::new(root);
        let header = children.take(ns::SOAP12, "Header");
        let body = children.take(ns::SOAP12, "Body");
        let (Some(header), Some(body), true) = (header, body, children.is_done()) else {
            return Err(Reason::Envelope("not exactly one Header and one Body"));
        };
        let messaging = header
            .only_child(ns::EBMS, "Messaging")
            .ok_or(Reason::Envelope("not exactly one eb:Messaging"))?;
        Ok(Self {
            document,
            messaging,
            security: security(header)?,
            body,
        })
    }

    /// The Body must be empty: payloads travel in MIME parts. [AS4 1.2]
    pub(crate) fn check_body(&self) -> Result<(), Reason> {
        if self.body.children().next().is_some() || !self.body.trimmed_text().is_empty() {
            return Err(Reason::Envelope("the Body is not empty"));
        }
        Ok(())
    }
}

/// A second header or Body outside the place of the first is what a signature would be moved
/// onto. It is refused before anything is looked for, whatever its id. Two headers side by side
/// are not hidden from any reader: they are malformed, and refused as that. [AS4 6.A]
// [ROB-76]
fn check_copies(root: Element<'_>) -> Result<(), Reason> {
    let is_block = |it: &Element<'_>| it.is(ns::EBMS, "Messaging") || it.is(ns::SOAP12, "Body");
    let in_place = |block: Element<'_>| {
        let above = block.parent();
        if block.is(ns::SOAP12, "Body") {
            return above == Some(root);
        }
        above.is_some_and(|it| it.is(ns::SOAP12, "Header") && it.parent() == Some(root))
    };
    let mut bodies = 0;
    for block in root.descendants().filter(is_block) {
        if !in_place(block) {
            return Err(Reason::Authentication("a signed block is not in its place"));
        }
        bodies += usize::from(block.is(ns::SOAP12, "Body"));
    }
    if bodies > 1 {
        return Err(Reason::Authentication("a second Body"));
    }
    Ok(())
}

/// The one security header, and no block that must be understood and is not.
fn security(header: Element<'_>) -> Result<Option<Element<'_>>, Reason> {
    let mut security = None;
    for block in header.children() {
        if block.is(ns::EBMS, "Messaging") {
            continue;
        }
        if block.is(ns::WSSE, "Security") {
            // [AS4 6.A] one reader would check one, another reader the other.
            if security.replace(block).is_some() {
                return Err(Reason::Policy("a second Security header"));
            }
            if block.attribute(ns::SOAP12, "role").is_some() {
                return Err(Reason::Policy("a Security header for another role"));
            }
            continue;
        }
        if block.name().namespace == FRAGMENTS {
            return Err(Reason::NotSupported("message fragments"));
        }
        if is_true(block.attribute(ns::SOAP12, "mustUnderstand")) {
            return Err(Reason::NotUnderstood);
        }
    }
    Ok(security)
}

fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|value| matches!(value.trim(), "true" | "1"))
}

/// Walks child elements in the order a schema demands.
pub(crate) struct Cursor<'d> {
    parent: Element<'d>,
    children: Peekable<Box<dyn Iterator<Item = Element<'d>> + 'd>>,
}

impl<'d> Cursor<'d> {
    pub(crate) fn new(parent: Element<'d>) -> Self {
        let children: Box<dyn Iterator<Item = Element<'d>> + 'd> = Box::new(parent.children());
        Self {
            parent,
            children: children.peekable(),
        }
    }

    pub(crate) fn parent(&self) -> Element<'d> {
        self.parent
    }

    /// The next child, if it has this name.
    pub(crate) fn take(&mut self, namespace: &str, local: &str) -> Option<Element<'d>> {
        self.children.next_if(|child| child.is(namespace, local))
    }

    /// The next child, whatever it is.
    pub(crate) fn next(&mut self) -> Option<Element<'d>> {
        self.children.next()
    }

    /// The next child, if it is in another namespace than the given.
    pub(crate) fn take_foreign(&mut self, namespace: &str) -> Option<Element<'d>> {
        self.children
            .next_if(|child| child.name().namespace != namespace)
    }

    /// Whether no child is left and no text stands between the children.
    pub(crate) fn is_done(&mut self) -> bool {
        self.children.peek().is_none() && self.parent.trimmed_text().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::EbmsCode;
    use xml::Limits;

    const SIGNED: &str = "<w:Security xmlns:w=\"http://docs.oasis-open.org/wss/2004/01/\
        oasis-200401-wss-wssecurity-secext-1.0.xsd\"/>";
    const MESSAGING: &str = "<e:Messaging xmlns:e=\"http://docs.oasis-open.org/ebxml-msg/ebms/\
        v3.0/ns/core/200704/\"/>";

    fn envelope(header: &str, body: &str) -> String {
        format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">\
             <s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
    }

    #[track_caller]
    fn check(text: &str, expected: Option<EbmsCode>) {
        let document = Document::parse(text.as_bytes(), &Limits::SOAP).unwrap();
        let found = Envelope::locate(&document).and_then(|envelope| envelope.check_body());
        assert_eq!(found.err().map(|reason| reason.code()), expected);
    }

    #[test]
    fn blocks_are_found_by_position() {
        check(&envelope(&format!("{SIGNED}{MESSAGING}"), " "), None);
        check(&envelope(&format!("{MESSAGING}<x/>{SIGNED}"), ""), None);
        check(&envelope("", ""), Some(EbmsCode::InvalidHeader));
        check(&envelope(MESSAGING, "<x/>"), Some(EbmsCode::InvalidHeader));
        check(&envelope(MESSAGING, "text"), Some(EbmsCode::InvalidHeader));
    }

    #[test]
    fn a_copy_of_a_block_is_refused_wherever_it_stands() {
        // [ROB-76] side by side is malformed, anywhere else an attack.
        let wrapped = format!("<x>{MESSAGING}</x>");
        let refused = Some(EbmsCode::FailedAuthentication);
        check(&envelope(&wrapped, ""), refused);
        check(&envelope(&format!("{MESSAGING}{wrapped}"), ""), refused);
        check(&envelope(MESSAGING, MESSAGING), refused);
        check(&envelope(&format!("{MESSAGING}<s:Body/>"), ""), refused);
        let two = envelope(MESSAGING, "").replace("<s:Body>", "<s:Body/><s:Body>");
        check(&two, refused);
        check(
            &envelope(&MESSAGING.repeat(2), ""),
            Some(EbmsCode::InvalidHeader),
        );
    }

    #[test]
    fn one_security_header_without_role() {
        let two = format!("{MESSAGING}{SIGNED}{SIGNED}");
        check(&envelope(&two, ""), Some(EbmsCode::PolicyNoncompliance));
        let role = SIGNED.replace("/>", " s:role=\"urn:x\"/>");
        check(
            &envelope(&format!("{MESSAGING}{role}"), ""),
            Some(EbmsCode::PolicyNoncompliance),
        );
    }

    #[test]
    fn what_must_be_understood_is_not_skipped() {
        let block = |value| format!("{MESSAGING}<x s:mustUnderstand=\"{value}\"/>");
        check(&envelope(&block("true"), ""), Some(EbmsCode::InvalidHeader));
        check(&envelope(&block("1"), ""), Some(EbmsCode::InvalidHeader));
        check(&envelope(&block("false"), ""), None);
    }

    #[test]
    fn soap_1_1_and_message_fragments_are_refused() {
        let soap11 =
            envelope(MESSAGING, "").replace("http://www.w3.org/2003/05/soap-envelope", SOAP11);
        check(&soap11, Some(EbmsCode::InvalidHeader));
        let fragment = format!("{MESSAGING}<m:MessageFragment xmlns:m=\"{FRAGMENTS}\"/>");
        check(
            &envelope(&fragment, ""),
            Some(EbmsCode::FeatureNotSupportedFailure),
        );
    }
}
