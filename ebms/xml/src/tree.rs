//! The immutable tree. Nodes live in one arena in document order; every element knows its byte
//! span in the source, so that what was digested can be named again. Nothing here can be changed
//! after reading.

use std::{borrow::Cow, collections::BTreeMap, fmt, ops::Range};

/// An expanded name: namespace URI (empty for none) and local part.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Name<'d> {
    /// Namespace URI; empty when the name is in no namespace.
    pub namespace: &'d str,
    /// Local part.
    pub local: &'d str,
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace {
            "" => f.write_str(self.local),
            namespace => write!(f, "{{{namespace}}}{}", self.local),
        }
    }
}

/// A document that was read within its [`crate::Limits`].
pub struct Document {
    pub(crate) source: Box<str>,
    pub(crate) decoded: String,
    pub(crate) nodes: Vec<NodeRecord>,
    pub(crate) elements: Vec<ElementRecord>,
    pub(crate) attributes: Vec<AttributeRecord>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) skipped_instructions: usize,
    pub(crate) root: u32,
}

/// A piece of text: in the source where it needed no decoding, else in the decoded buffer.
#[derive(Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) decoded: bool,
}

impl Slice {
    pub(crate) const EMPTY: Self = Self {
        start: 0,
        end: 0,
        decoded: false,
    };
}

pub(crate) struct NodeRecord {
    pub(crate) kind: Kind,
    pub(crate) parent: u32,
    pub(crate) next: u32,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Element(u32),
    Text(Slice),
    Comment(Slice),
    Instruction { target: Slice, data: Slice },
}

pub(crate) struct ElementRecord {
    pub(crate) prefix: Slice,
    pub(crate) local: Slice,
    pub(crate) namespace: Slice,
    pub(crate) attributes: Range<u32>,
    /// Innermost binding in scope; bindings form a linked list through `outer`.
    pub(crate) scope: u32,
    pub(crate) first_child: u32,
    pub(crate) span: Range<u32>,
}

pub(crate) struct AttributeRecord {
    pub(crate) prefix: Slice,
    pub(crate) local: Slice,
    pub(crate) namespace: Slice,
    pub(crate) value: Slice,
}

/// One namespace declaration, linked to the one in force before it.
pub(crate) struct Binding {
    pub(crate) prefix: Slice,
    pub(crate) namespace: Slice,
    pub(crate) outer: u32,
}

/// "No node", "no binding".
pub(crate) const NONE: u32 = u32::MAX;

impl Document {
    /// The document element.
    pub fn root(&self) -> Element<'_> {
        Element {
            document: self,
            node: self.root,
        }
    }

    /// The text the tree was read from, without a byte order mark.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Processing instructions left out under [`crate::Instructions::Skip`].
    pub fn skipped_instructions(&self) -> usize {
        self.skipped_instructions
    }

    /// Processing instructions in front of the document element and after it, if kept.
    pub(crate) fn outer_instructions(&self) -> [Vec<(&str, &str)>; 2] {
        let instruction = |node: &NodeRecord| match node.kind {
            Kind::Instruction { target, data } if node.parent == NONE => {
                Some((self.slice(target), self.slice(data)))
            }
            _ => None,
        };
        let split = self.nodes.split_at_checked(self.root as usize);
        let (before, after) = split.unwrap_or_default();
        [before, after].map(|nodes| nodes.iter().filter_map(instruction).collect())
    }

    /// Elements by the value of the given attributes (`wsu:Id`, `Id`, …), each an expanded name.
    /// All kinds share one value space: the same value twice, under whatever attribute, is refused,
    /// so that no reader can resolve a reference to another element than the verifier did.
    pub fn ids(&self, kinds: &[(&str, &str)]) -> Result<IdTable<'_>, DuplicateId> {
        let mut table = BTreeMap::new();
        for element in self.root().descendants() {
            let mut seen: Option<&str> = None;
            for attribute in element.attributes() {
                let name = attribute.name();
                if !kinds.contains(&(name.namespace, name.local)) {
                    continue;
                }
                // One element may repeat its own value under two attributes.
                if seen == Some(attribute.value()) {
                    continue;
                }
                seen = Some(attribute.value());
                if table.insert(attribute.value(), element).is_some() {
                    return Err(DuplicateId(attribute.value().to_owned()));
                }
            }
        }
        Ok(IdTable(table))
    }

    pub(crate) fn slice(&self, slice: Slice) -> &str {
        let text: &str = if slice.decoded {
            &self.decoded
        } else {
            &self.source
        };
        text.get(slice.start as usize..slice.end as usize)
            .unwrap_or_default()
    }

    fn element_record(&self, node: u32) -> Option<&ElementRecord> {
        match self.nodes.get(node as usize)?.kind {
            Kind::Element(index) => self.elements.get(index as usize),
            Kind::Text(_) | Kind::Comment(_) | Kind::Instruction { .. } => None,
        }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content may be personal data.
        write!(f, "Document({} bytes)", self.source.len())
    }
}

/// Elements of one document by id.
#[derive(Debug)]
pub struct IdTable<'d>(BTreeMap<&'d str, Element<'d>>);

impl<'d> IdTable<'d> {
    /// The element with this id.
    pub fn find(&self, id: &str) -> Option<Element<'d>> {
        self.0.get(id).copied()
    }
}

/// Two elements carry the same id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("two elements carry the id {0:?}")]
pub struct DuplicateId(pub String);

/// A child of an element.
#[derive(Clone, Copy, Debug)]
pub enum Node<'d> {
    /// An element.
    Element(Element<'d>),
    /// Character data, references resolved, line ends normalised.
    Text(&'d str),
    /// A comment.
    Comment(&'d str),
    /// A processing instruction, under [`crate::Instructions::Keep`].
    Instruction {
        /// Its target.
        target: &'d str,
        /// What follows the target.
        data: &'d str,
    },
}

/// An element of a [`Document`]; cheap to copy.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    document: &'d Document,
    node: u32,
}

impl<'d> Element<'d> {
    /// Expanded name.
    pub fn name(self) -> Name<'d> {
        self.record().map_or(
            Name {
                namespace: "",
                local: "",
            },
            |record| Name {
                namespace: self.document.slice(record.namespace),
                local: self.document.slice(record.local),
            },
        )
    }

    /// Whether this is the element with the given namespace and local name.
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.name() == Name { namespace, local }
    }

    /// Prefix as written; empty for the default namespace or none.
    pub fn prefix(self) -> &'d str {
        self.record()
            .map_or("", |record| self.document.slice(record.prefix))
    }

    /// Value of an attribute; use an empty namespace for an unqualified one.
    pub fn attribute(self, namespace: &str, local: &str) -> Option<&'d str> {
        self.attributes()
            .find(|a| a.name() == Name { namespace, local })
            .map(Attribute::value)
    }

    /// All attributes in the order written, namespace declarations left out.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'d>> + Clone {
        let range = self
            .record()
            .map_or(0..0, |record| record.attributes.clone());
        range.map(move |index| Attribute {
            document: self.document,
            index,
        })
    }

    /// Children of every kind in document order.
    pub fn nodes(self) -> impl Iterator<Item = Node<'d>> + Clone {
        let document = self.document;
        let mut next = self.record().map_or(NONE, |record| record.first_child);
        std::iter::from_fn(move || {
            let record = document.nodes.get(next as usize)?;
            let node = next;
            next = record.next;
            Some(match record.kind {
                Kind::Element(_) => Node::Element(Element { document, node }),
                Kind::Text(slice) => Node::Text(document.slice(slice)),
                Kind::Comment(slice) => Node::Comment(document.slice(slice)),
                Kind::Instruction { target, data } => Node::Instruction {
                    target: document.slice(target),
                    data: document.slice(data),
                },
            })
        })
    }

    /// Child elements in document order.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> + Clone {
        self.nodes().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::Comment(_) | Node::Instruction { .. } => None,
        })
    }

    /// Child elements of one name.
    pub fn children_named<'n>(
        self,
        namespace: &'n str,
        local: &'n str,
    ) -> impl Iterator<Item = Element<'d>> + Clone + use<'d, 'n> {
        self.children()
            .filter(move |child| child.is(namespace, local))
    }

    /// The first child element of this name.
    pub fn child(self, namespace: &str, local: &str) -> Option<Self> {
        self.children().find(|child| child.is(namespace, local))
    }

    /// The child element of this name if there is exactly one; two are as wrong as none.
    pub fn only_child(self, namespace: &str, local: &str) -> Option<Self> {
        let mut found = self.children().filter(|child| child.is(namespace, local));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// Direct character data, concatenated. Text of child elements is not included.
    pub fn text(self) -> Cow<'d, str> {
        let mut texts = self.nodes().filter_map(|node| match node {
            Node::Text(text) => Some(text),
            Node::Element(_) | Node::Comment(_) | Node::Instruction { .. } => None,
        });
        let first = texts.next().unwrap_or_default();
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }

    /// [`Self::text`] without surrounding XML white space.
    pub fn trimmed_text(self) -> Cow<'d, str> {
        match self.text() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(crate::chars::is_space)),
            Cow::Owned(text) => Cow::Owned(text.trim_matches(crate::chars::is_space).to_owned()),
        }
    }

    /// Whether a child element or any kind of comment stands inside. Signed identifiers must be
    /// plain text: canonical XML drops comments, so a comment may split what a reader sees.
    pub fn is_plain_text(self) -> bool {
        self.nodes().all(|node| matches!(node, Node::Text(_)))
    }

    /// This element and all below it in document order.
    pub fn descendants(self) -> impl Iterator<Item = Element<'d>> {
        // Nodes lie in document order and spans nest, so a subtree is a run of the arena.
        let document = self.document;
        let end = self.span().end;
        let records = document.nodes.get(self.node as usize..).unwrap_or_default();
        records
            .iter()
            .zip(self.node..)
            .filter_map(move |(record, node)| {
                matches!(record.kind, Kind::Element(_)).then_some(Element { document, node })
            })
            .take_while(move |element| element.span().start < end)
    }

    /// The parent element; `None` at the root.
    pub fn parent(self) -> Option<Self> {
        let parent = self.document.nodes.get(self.node as usize)?.parent;
        (parent != NONE).then_some(Element {
            document: self.document,
            node: parent,
        })
    }

    /// Octets of this element in [`Document::source`], from `<` to `>`.
    pub fn span(self) -> Range<usize> {
        self.record().map_or(0..0, |record| {
            record.span.start as usize..record.span.end as usize
        })
    }

    /// This element exactly as it was written.
    pub fn raw(self) -> &'d str {
        self.document.source.get(self.span()).unwrap_or_default()
    }

    /// Namespace bound to a prefix here; the empty prefix asks for the default namespace.
    pub fn resolve(self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(crate::XML_NAMESPACE);
        }
        self.bindings()
            .find(|(bound, _)| *bound == prefix)
            .map(|(_, namespace)| namespace)
    }

    /// Expanded name of a QName in content, such as `xsi:type`. `None` if its prefix is not bound.
    pub fn resolve_qname(self, qname: &'d str) -> Option<Name<'d>> {
        match qname.split_once(':') {
            Some((prefix, local)) => Some(Name {
                namespace: self.resolve(prefix)?,
                local,
            }),
            None => Some(Name {
                namespace: self.resolve("").unwrap_or_default(),
                local: qname,
            }),
        }
    }

    /// Location for messages: `/Envelope/Header/Messaging[2]`; local names, positions from two on.
    pub fn path(self) -> String {
        let step = {
            let name = self.name();
            let position = self.parent().map_or(1, |parent| {
                1 + parent
                    .children_named(name.namespace, name.local)
                    .take_while(|sibling| sibling.node != self.node)
                    .count()
            });
            match position {
                1 => name.local.to_owned(),
                position => format!("{}[{position}]", name.local),
            }
        };
        let above = self.parent().map(Self::path).unwrap_or_default();
        format!("{above}/{step}")
    }

    /// All bindings in scope, innermost first; a prefix may come up again further out.
    pub(crate) fn bindings(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let document = self.document;
        let mut next = self.record().map_or(NONE, |record| record.scope);
        std::iter::from_fn(move || {
            let binding = document.bindings.get(next as usize)?;
            next = binding.outer;
            Some((
                document.slice(binding.prefix),
                document.slice(binding.namespace),
            ))
        })
    }

    fn record(self) -> Option<&'d ElementRecord> {
        self.document.element_record(self.node)
    }
}

impl PartialEq for Element<'_> {
    /// Identity: the same node of the same document.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.node == other.node
    }
}

impl Eq for Element<'_> {}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// An attribute of an [`Element`].
#[derive(Clone, Copy)]
pub struct Attribute<'d> {
    document: &'d Document,
    index: u32,
}

impl<'d> Attribute<'d> {
    /// Expanded name; an unprefixed attribute is in no namespace.
    pub fn name(self) -> Name<'d> {
        self.record().map_or(
            Name {
                namespace: "",
                local: "",
            },
            |record| Name {
                namespace: self.document.slice(record.namespace),
                local: self.document.slice(record.local),
            },
        )
    }

    /// Prefix as written.
    pub fn prefix(self) -> &'d str {
        self.record()
            .map_or("", |record| self.document.slice(record.prefix))
    }

    /// Value with references resolved and white space normalised.
    pub fn value(self) -> &'d str {
        self.record()
            .map_or("", |record| self.document.slice(record.value))
    }

    fn record(self) -> Option<&'d AttributeRecord> {
        self.document.attributes.get(self.index as usize)
    }
}

impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may be personal data.
        write!(f, "@{}", self.name())
    }
}
