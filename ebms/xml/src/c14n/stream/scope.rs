//! Open elements and the namespaces in scope. Everything an element adds goes when it closes, so
//! nothing here grows with the document.

use crate::{Problem, StreamLimits, XML_NAMESPACE, token};

/// A piece of [`Scope::text`].
#[derive(Clone, Copy, Eq, PartialEq)]
struct Span {
    start: usize,
    end: usize,
}

const EMPTY: Span = Span { start: 0, end: 0 };

/// A prefix in scope, by position. One position never names two prefixes at a time.
pub(super) type Prefix = usize;

/// The default namespace; always there.
pub(super) const DEFAULT: Prefix = 0;

struct Entry {
    name: Span,
    /// The namespace in force.
    bound: Span,
    /// The namespace the output has declared last.
    rendered: Span,
    /// Depth of the element that bound it last.
    depth: usize,
}

/// An entry before an open element changed it.
struct Before {
    prefix: Prefix,
    bound: Span,
    rendered: Span,
    depth: usize,
}

struct Open {
    name: Span,
    prefix: Prefix,
    /// What to go back to when it closes.
    text: usize,
    entries: usize,
    changes: usize,
}

pub(super) struct Scope<'l> {
    limits: &'l StreamLimits,
    text: String,
    entries: Vec<Entry>,
    /// Positions in `entries`, ordered by name.
    by_name: Vec<Prefix>,
    changes: Vec<Before>,
    open: Vec<Open>,
    /// Prefix of the element opened last: a sibling often has the same.
    recent: Prefix,
}

impl<'l> Scope<'l> {
    pub(super) fn new(limits: &'l StreamLimits) -> Self {
        let text = format!("xml{XML_NAMESPACE}");
        let xml = Span {
            start: 3,
            end: text.len(),
        };
        let entry = |name, namespace| Entry {
            name,
            bound: namespace,
            // Neither is ever declared as long as nothing else is bound.
            rendered: namespace,
            depth: 0,
        };
        Self {
            limits,
            text,
            entries: vec![entry(EMPTY, EMPTY), entry(Span { start: 0, end: 3 }, xml)],
            by_name: vec![0, 1],
            changes: Vec::new(),
            open: Vec::new(),
            recent: DEFAULT,
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Name of the innermost open element.
    #[inline]
    pub(super) fn name(&self) -> Option<&str> {
        self.open.last().map(|open| self.get(open.name))
    }

    /// Opens an element; its declarations come next.
    pub(super) fn open(&mut self, name: &str) -> Result<(), Problem> {
        if self.open.len() >= self.limits.depth {
            return Err(Problem::TooLarge {
                what: "open elements",
                limit: self.limits.depth,
            });
        }
        let text = self.text.len();
        let name = self.add(name)?;
        self.open.push(Open {
            name,
            prefix: DEFAULT,
            text,
            entries: self.entries.len(),
            changes: self.changes.len(),
        });
        Ok(())
    }

    /// A namespace declaration of the innermost element.
    pub(super) fn declare(&mut self, name: &str, namespace: &str) -> Result<(), Problem> {
        token::check_binding(name, namespace)?;
        let prefix = match self.search(name) {
            Ok(prefix) => prefix,
            Err(place) => self.introduce(name, place)?,
        };
        let depth = self.open.len();
        let Some(entry) = self.entries.get(prefix) else {
            return Err(Problem::Namespace);
        };
        if entry.depth == depth {
            return Err(Problem::DuplicateAttribute);
        }
        let before = self.remember(prefix);
        let bound = match before {
            Some(bound) if self.get(bound) == namespace => bound,
            _ => self.add(namespace)?,
        };
        if let Some(entry) = self.entries.get_mut(prefix) {
            entry.bound = bound;
            entry.depth = depth;
        }
        Ok(())
    }

    /// The prefix of the innermost element, to be found again quickly by its children.
    pub(super) fn element_prefix(&mut self, name: &str) -> Result<Prefix, Problem> {
        let parent = match self.open.as_slice() {
            [.., parent, _] => parent.prefix,
            _ => DEFAULT,
        };
        let prefix = if self.is(parent, name) {
            parent
        } else if self.is(self.recent, name) {
            self.recent
        } else {
            self.find(name)?
        };
        self.recent = prefix;
        if let Some(open) = self.open.last_mut() {
            open.prefix = prefix;
        }
        Ok(prefix)
    }

    fn is(&self, prefix: Prefix, name: &str) -> bool {
        self.entries
            .get(prefix)
            .is_some_and(|entry| self.get(entry.name) == name)
    }

    /// A prefix in scope.
    pub(super) fn find(&self, name: &str) -> Result<Prefix, Problem> {
        if name.is_empty() {
            return Ok(DEFAULT);
        }
        self.search(name).map_err(|_| Problem::Namespace)
    }

    pub(super) fn prefix(&self, prefix: Prefix) -> &str {
        self.entries
            .get(prefix)
            .map_or("", |entry| self.get(entry.name))
    }

    pub(super) fn namespace(&self, prefix: Prefix) -> &str {
        self.entries
            .get(prefix)
            .map_or("", |entry| self.get(entry.bound))
    }

    /// Whether the output has to declare the prefix here; if so, it has from now on.
    pub(super) fn render(&mut self, prefix: Prefix) -> bool {
        let Some(entry) = self.entries.get(prefix) else {
            return false;
        };
        let (bound, rendered) = (entry.bound, entry.rendered);
        if bound == rendered || self.get(bound) == self.get(rendered) {
            return false;
        }
        self.remember(prefix);
        if let Some(entry) = self.entries.get_mut(prefix) {
            entry.rendered = bound;
        }
        true
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        while self.changes.len() > open.changes {
            let Some(before) = self.changes.pop() else {
                break;
            };
            if let Some(entry) = self.entries.get_mut(before.prefix) {
                entry.bound = before.bound;
                entry.rendered = before.rendered;
                entry.depth = before.depth;
            }
        }
        if self.entries.len() > open.entries {
            self.entries.truncate(open.entries);
            self.by_name.retain(|prefix| *prefix < open.entries);
        }
        self.text.truncate(open.text);
    }

    /// Keeps an entry as it is for when the innermost element closes; gives its namespace.
    fn remember(&mut self, prefix: Prefix) -> Option<Span> {
        let entry = self.entries.get(prefix)?;
        self.changes.push(Before {
            prefix,
            bound: entry.bound,
            rendered: entry.rendered,
            depth: entry.depth,
        });
        Some(entry.bound)
    }

    fn introduce(&mut self, name: &str, place: usize) -> Result<Prefix, Problem> {
        if self.entries.len() >= self.limits.prefixes {
            return Err(Problem::TooLarge {
                what: "prefixes in scope",
                limit: self.limits.prefixes,
            });
        }
        let prefix = self.entries.len();
        let name = self.add(name)?;
        self.entries.push(Entry {
            name,
            bound: EMPTY,
            rendered: EMPTY,
            depth: 0,
        });
        self.by_name.insert(place, prefix);
        Ok(prefix)
    }

    /// The prefix of this name, or the place in `by_name` where it belongs.
    fn search(&self, name: &str) -> Result<Prefix, usize> {
        let place = self
            .by_name
            .binary_search_by(|prefix| self.prefix(*prefix).cmp(name))?;
        self.by_name.get(place).copied().ok_or(place)
    }

    fn add(&mut self, text: &str) -> Result<Span, Problem> {
        if self.text.len() + text.len() > self.limits.scope_bytes {
            return Err(Problem::TooLarge {
                what: "bytes of names and namespaces in scope",
                limit: self.limits.scope_bytes,
            });
        }
        let start = self.text.len();
        self.text.push_str(text);
        Ok(Span {
            start,
            end: self.text.len(),
        })
    }

    #[inline]
    fn get(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}
