//! Collects the arena of a [`Document`] while the reader walks the tokens.

use super::{Problem, keeps};
use crate::{
    Document, Limits, XML_NAMESPACE, chars,
    token::{check_binding, check_target, normalize_lines},
    tree::{AttributeRecord, Binding, ElementRecord, Kind, NONE, NodeRecord, Slice},
};

pub(super) struct Builder<'s> {
    pub(super) source: &'s str,
    pub(super) limits: &'s Limits,
    pub(super) document: Document,
    open: Vec<Open>,
    /// Attributes of the start tag being read, prefixes not yet resolved.
    pending: Vec<AttributeRecord>,
    /// Attributes and declarations of that tag so far.
    attributes: usize,
    root_seen: bool,
}

struct Open {
    node: u32,
    last_child: u32,
    /// Text directly before, still growing: references and CDATA join one node.
    text: Option<u32>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str, limits: &'s Limits) -> Self {
        let document = Document {
            source: source.into(),
            // The one binding no document declares stands at the start of the decoded text.
            decoded: XML_NAMESPACE.to_owned(),
            nodes: Vec::new(),
            elements: Vec::new(),
            attributes: Vec::new(),
            bindings: Vec::new(),
            skipped_instructions: 0,
            root: NONE,
        };
        Self {
            source,
            limits,
            document,
            open: Vec::new(),
            pending: Vec::new(),
            attributes: 0,
            root_seen: false,
        }
    }

    pub(super) fn finish(self) -> Result<Document, Problem> {
        if !self.open.is_empty() || !self.root_seen {
            return Err(Problem::Malformed);
        }
        Ok(self.document)
    }

    /// A start tag whose name stands at the given offsets.
    pub(super) fn open(&mut self, start: usize, end: usize, tag_end: usize) -> Result<(), Problem> {
        if self.open.is_empty() && self.root_seen {
            return Err(Problem::Malformed);
        }
        if self.open.len() >= self.limits.depth {
            return Err(Problem::TooLarge {
                what: "open elements",
                limit: self.limits.depth,
            });
        }
        let scope = self
            .open
            .last()
            .and_then(|open| self.element_of(open.node))
            .map_or(NONE, |parent| parent.scope);
        let (prefix, local) = self.name(start, end)?;
        let index = count(self.document.elements.len());
        self.document.elements.push(ElementRecord {
            prefix,
            local,
            namespace: Slice::EMPTY,
            attributes: 0..0,
            scope,
            first_child: NONE,
            span: count(start - 1)..count(tag_end),
        });
        let node = self.push(Kind::Element(index))?;
        if self.open.is_empty() {
            self.root_seen = true;
            self.document.root = node;
        }
        self.open.push(Open {
            node,
            last_child: NONE,
            text: None,
        });
        self.pending.clear();
        self.attributes = 0;
        Ok(())
    }

    /// An attribute or namespace declaration of the start tag being read.
    pub(super) fn attribute(
        &mut self,
        key_start: usize,
        key_end: usize,
        value_start: usize,
        value_end: usize,
    ) -> Result<(), Problem> {
        let (prefix, local) = self.name(key_start, key_end)?;
        let value = self.value(value_start, value_end)?;
        // Before anything is compared with what came before: the comparisons are quadratic.
        self.attributes += 1;
        if self.attributes > self.limits.attributes {
            return Err(Problem::TooLarge {
                what: "attributes",
                limit: self.limits.attributes,
            });
        }
        let is_default =
            self.document.slice(prefix).is_empty() && self.document.slice(local) == "xmlns";
        if is_default {
            return self.declare(Slice::EMPTY, value);
        }
        if self.document.slice(prefix) == "xmlns" {
            return self.declare(local, value);
        }
        self.pending.push(AttributeRecord {
            prefix,
            local,
            namespace: Slice::EMPTY,
            value,
        });
        Ok(())
    }

    /// The start tag is complete: resolve its prefixes and look for attributes given twice.
    pub(super) fn opened(&mut self) -> Result<(), Problem> {
        let Some(node) = self.open.last().map(|open| open.node) else {
            return Err(Problem::Malformed);
        };
        let Some(element) = self.element_of(node) else {
            return Err(Problem::Malformed);
        };
        let (scope, prefix) = (element.scope, element.prefix);
        let namespace = self.resolve(scope, prefix, true)?;
        let first = count(self.document.attributes.len());
        for mut attribute in std::mem::take(&mut self.pending) {
            attribute.namespace = self.resolve(scope, attribute.prefix, false)?;
            let from = self
                .document
                .attributes
                .get(first as usize..)
                .unwrap_or_default();
            if from.iter().any(|other| self.same_name(other, &attribute)) {
                return Err(Problem::DuplicateAttribute);
            }
            self.document.attributes.push(attribute);
        }
        let last = count(self.document.attributes.len());
        if let Some(element) = self.element_of_mut(node) {
            element.namespace = namespace;
            element.attributes = first..last;
        }
        Ok(())
    }

    pub(super) fn close(&mut self, end: usize) -> Result<(), Problem> {
        let open = self.open.pop().ok_or(Problem::Malformed)?;
        if let Some(element) = self.element_of_mut(open.node) {
            element.span.end = count(end);
        }
        Ok(())
    }

    /// Character data from the source, line ends to be normalised.
    pub(super) fn text(&mut self, start: usize, end: usize) -> Result<(), Problem> {
        let raw = self.source.get(start..end).ok_or(Problem::Malformed)?;
        if self.open.is_empty() {
            let blank = raw.chars().all(chars::is_space);
            return if blank {
                Ok(())
            } else {
                Err(Problem::Malformed)
            };
        }
        if raw.is_empty() {
            return Ok(());
        }
        if self.open.last().is_some_and(|open| open.text.is_some()) || raw.contains('\r') {
            return self.append(&normalize_lines(raw));
        }
        self.check_text(end - start)?;
        let slice = Slice {
            start: count(start),
            end: count(end),
            decoded: false,
        };
        let node = self.push(Kind::Text(slice))?;
        if let Some(open) = self.open.last_mut() {
            open.text = Some(node);
        }
        Ok(())
    }

    /// A CDATA section: even a blank one stands inside an element only.
    pub(super) fn section(&mut self, start: usize, end: usize) -> Result<(), Problem> {
        if self.open.is_empty() {
            return Err(Problem::Malformed);
        }
        self.text(start, end)
    }

    /// A resolved reference.
    pub(super) fn character(&mut self, c: char) -> Result<(), Problem> {
        if self.open.is_empty() {
            return Err(Problem::Malformed);
        }
        self.append(c.encode_utf8(&mut [0; 4]))
    }

    pub(super) fn comment(&mut self, start: usize, end: usize) -> Result<(), Problem> {
        if self.open.is_empty() {
            return Ok(());
        }
        let slice = Slice {
            start: count(start),
            end: count(end),
            decoded: false,
        };
        self.push(Kind::Comment(slice)).map(|_| ())
    }

    pub(super) fn instruction(
        &mut self,
        start: usize,
        target_end: usize,
        end: usize,
    ) -> Result<(), Problem> {
        let target = self
            .source
            .get(start..target_end)
            .ok_or(Problem::Malformed)?;
        check_target(target)?;
        if !keeps(self.limits.instructions)? {
            self.document.skipped_instructions += 1;
            return Ok(());
        }
        let data = self.source.get(target_end..end).unwrap_or_default();
        let blank = data.len() - data.trim_start_matches(chars::is_space).len();
        let target = Slice {
            start: count(start),
            end: count(target_end),
            decoded: false,
        };
        let data = self.normalized(target_end + blank, end);
        self.push(Kind::Instruction { target, data }).map(|_| ())
    }

    fn push(&mut self, kind: Kind) -> Result<u32, Problem> {
        if self.document.nodes.len() >= self.limits.nodes {
            return Err(Problem::TooLarge {
                what: "nodes",
                limit: self.limits.nodes,
            });
        }
        let node = count(self.document.nodes.len());
        let (parent, previous) = match self.open.last_mut() {
            Some(open) => {
                open.text = None;
                (open.node, std::mem::replace(&mut open.last_child, node))
            }
            None => (NONE, NONE),
        };
        self.document.nodes.push(NodeRecord {
            kind,
            parent,
            next: NONE,
        });
        if previous == NONE {
            if let Some(parent) = self.element_of_mut(parent) {
                parent.first_child = node;
            }
        } else if let Some(previous) = self.document.nodes.get_mut(previous as usize) {
            previous.next = node;
        }
        Ok(node)
    }

    /// Adds to the text node being read, moving it into the decoded buffer.
    fn append(&mut self, text: &str) -> Result<(), Problem> {
        let node = match self.open.last().and_then(|open| open.text) {
            Some(node) => node,
            None => self.push(Kind::Text(Slice::EMPTY))?,
        };
        if let Some(open) = self.open.last_mut() {
            open.text = Some(node);
        }
        let Some(record) = self.document.nodes.get(node as usize) else {
            return Err(Problem::Malformed);
        };
        let Kind::Text(mut slice) = record.kind else {
            return Err(Problem::Malformed);
        };
        let at_end = slice.decoded && slice.end as usize == self.document.decoded.len();
        if !at_end {
            let so_far = self.document.slice(slice).to_owned();
            slice.start = count(self.document.decoded.len());
            slice.decoded = true;
            self.document.decoded.push_str(&so_far);
        }
        self.document.decoded.push_str(text);
        slice.end = count(self.document.decoded.len());
        self.check_text((slice.end - slice.start) as usize)?;
        if let Some(record) = self.document.nodes.get_mut(node as usize) {
            record.kind = Kind::Text(slice);
        }
        Ok(())
    }

    fn declare(&mut self, prefix: Slice, namespace: Slice) -> Result<(), Problem> {
        let (name, uri) = (self.document.slice(prefix), self.document.slice(namespace));
        check_binding(name, uri)?;
        let node = self.open.last().map_or(NONE, |open| open.node);
        let declared = self.declared_here(node);
        let scope = self.element_of(node).map_or(NONE, |element| element.scope);
        if self
            .innermost(scope, declared)
            .any(|binding| self.document.slice(binding.prefix) == name)
        {
            return Err(Problem::DuplicateAttribute);
        }
        let index = count(self.document.bindings.len());
        self.document.bindings.push(Binding {
            prefix,
            namespace,
            outer: scope,
        });
        if let Some(element) = self.element_of_mut(node) {
            element.scope = index;
        }
        Ok(())
    }

    /// Bindings declared on this element: those linked before the parent's scope.
    fn declared_here(&self, node: u32) -> usize {
        let scope = self.element_of(node).map_or(NONE, |element| element.scope);
        let parent = self
            .document
            .nodes
            .get(node as usize)
            .map_or(NONE, |record| record.parent);
        let outer = self
            .element_of(parent)
            .map_or(NONE, |element| element.scope);
        let mut count = 0;
        let mut next = scope;
        while next != outer {
            count += 1;
            next = self
                .document
                .bindings
                .get(next as usize)
                .map_or(outer, |binding| binding.outer);
        }
        count
    }

    fn innermost(&self, scope: u32, count: usize) -> impl Iterator<Item = &Binding> {
        let mut next = scope;
        std::iter::from_fn(move || {
            let binding = self.document.bindings.get(next as usize)?;
            next = binding.outer;
            Some(binding)
        })
        .take(count)
    }

    fn resolve(&self, scope: u32, prefix: Slice, is_element: bool) -> Result<Slice, Problem> {
        let name = self.document.slice(prefix);
        if name.is_empty() && !is_element {
            return Ok(Slice::EMPTY);
        }
        if name == "xml" {
            return Ok(Slice {
                start: 0,
                end: count(XML_NAMESPACE.len()),
                decoded: true,
            });
        }
        let bound = self
            .innermost(scope, usize::MAX)
            .find(|binding| self.document.slice(binding.prefix) == name)
            .map(|binding| binding.namespace);
        match bound {
            Some(namespace) => Ok(namespace),
            None if name.is_empty() => Ok(Slice::EMPTY),
            None => Err(Problem::Namespace),
        }
    }

    fn same_name(&self, a: &AttributeRecord, b: &AttributeRecord) -> bool {
        self.document.slice(a.local) == self.document.slice(b.local)
            && self.document.slice(a.namespace) == self.document.slice(b.namespace)
    }

    pub(super) fn check_text(&self, bytes: usize) -> Result<(), Problem> {
        if bytes > self.limits.text_bytes {
            return Err(Problem::TooLarge {
                what: "bytes in a text",
                limit: self.limits.text_bytes,
            });
        }
        Ok(())
    }

    fn element_of(&self, node: u32) -> Option<&ElementRecord> {
        match self.document.nodes.get(node as usize)?.kind {
            Kind::Element(index) => self.document.elements.get(index as usize),
            Kind::Text(_) | Kind::Comment(_) | Kind::Instruction { .. } => None,
        }
    }

    fn element_of_mut(&mut self, node: u32) -> Option<&mut ElementRecord> {
        match self.document.nodes.get(node as usize)?.kind {
            Kind::Element(index) => self.document.elements.get_mut(index as usize),
            Kind::Text(_) | Kind::Comment(_) | Kind::Instruction { .. } => None,
        }
    }
}

/// Offsets are kept in 32 bits; [`Limits::bytes`] stays far below.
pub(super) fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
