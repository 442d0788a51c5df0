//! One pass over the tokens of a window. Octets that are their own canonical form are only counted
//! (`kept`) and written in one piece.

use super::{
    super::{Buffered, escape_text},
    scope::Scope,
    tag::Tag,
};
use crate::{Problem, StreamLimits, chars, token};
use quick_xml::{Reader, events::Event};

pub(super) struct Scan<'l, S> {
    pub(super) limits: &'l StreamLimits,
    pub(super) scope: Scope<'l>,
    pub(super) tag: Tag,
    pub(super) out: Buffered<S>,
    /// Start of what is to be written as it stands in the window.
    kept: usize,
    /// Start of the token being read.
    at: usize,
    inside: Inside,
    /// A text or CDATA section that began in the window before ended with a carriage return.
    after_return: bool,
    /// With how many closing brackets it ended; two are as bad as more.
    brackets: usize,
    /// Nothing was read yet: only here a declaration may stand.
    first: bool,
    root_seen: bool,
}

/// What the end of a window may cut through; every other token waits until it is whole.
#[derive(Clone, Copy)]
enum Inside {
    Content,
    Comment,
    Section,
}

/// Where the next token starts; `None` where this one is not whole in the window.
pub(super) type Next = Result<Option<usize>, Problem>;

impl<'l, S: FnMut(&[u8])> Scan<'l, S> {
    pub(super) fn new(limits: &'l StreamLimits, sink: S) -> Self {
        Self {
            limits,
            scope: Scope::new(limits),
            tag: Tag::default(),
            out: Buffered {
                pending: Vec::new(),
                sink,
            },
            kept: 0,
            at: 0,
            inside: Inside::Content,
            after_return: false,
            brackets: 0,
            first: true,
            root_seen: false,
        }
    }

    /// Reads what is whole in the window, and says how much that was. At the end of the stream all
    /// must be whole.
    pub(super) fn run(&mut self, text: &str, ended: bool) -> Result<usize, Problem> {
        self.kept = 0;
        self.at = 0;
        while self.at < text.len() {
            let next = match self.inside {
                Inside::Content => self.content(text)?,
                Inside::Comment => self.comment(text)?,
                Inside::Section => self.section(text)?,
            };
            self.first = false;
            match next {
                Some(next) => self.at = next,
                None if ended => return Err(Problem::Malformed),
                None => break,
            }
        }
        self.skip(text, self.at, self.at);
        Ok(self.at)
    }

    /// Where in the window it stopped.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let whole = matches!(self.inside, Inside::Content);
        if !whole || self.scope.depth() > 0 || !self.root_seen {
            return Err(Problem::Malformed);
        }
        self.out.flush();
        Ok(())
    }

    /// Writes what was kept before `from`; what stands up to `to` has been dealt with.
    pub(super) fn skip(&mut self, text: &str, from: usize, to: usize) {
        if from > self.kept {
            self.out.put(text.get(self.kept..from).unwrap_or_default());
        }
        self.kept = to;
    }

    /// An element is about to open.
    pub(super) fn enter(&mut self, text: &str) -> Result<(), Problem> {
        if self.scope.depth() == 0 {
            if self.root_seen {
                return Err(Problem::Malformed);
            }
            self.root_seen = true;
            self.skip(text, self.kept, self.at);
        }
        Ok(())
    }

    /// The innermost element ends before `to`.
    pub(super) fn leave(&mut self, text: &str, to: usize) {
        self.scope.close();
        if self.scope.depth() == 0 {
            self.skip(text, to, to);
        }
    }

    fn content(&mut self, text: &str) -> Next {
        let bytes = text.as_bytes();
        match bytes.get(self.at) {
            Some(b'<') => {
                self.end_text();
                match bytes.get(self.at + 1) {
                    Some(b'/') => self.end_tag(text),
                    Some(b'!') => self.bang(text),
                    Some(b'?') => self.instruction(text),
                    Some(_) => self.start_tag(text),
                    None => Ok(None),
                }
            }
            Some(b'&') => {
                self.end_text();
                self.reference(text)
            }
            _ => self.text(text),
        }
    }

    fn end_tag(&mut self, text: &str) -> Next {
        let bytes = text.as_bytes();
        let name = self.scope.name().ok_or(Problem::Malformed)?;
        let name_end = self.at + 2 + name.len();
        let named = bytes.get(self.at + 2..name_end) == Some(name.as_bytes());
        let end = if named && bytes.get(name_end) == Some(&b'>') {
            name_end
        } else {
            let rest = bytes.get(self.at + 2..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'>', rest) else {
                return Ok(None);
            };
            let end = self.at + 2 + length;
            let space = text.get(name_end..end).unwrap_or_default();
            if !named || !space.chars().all(chars::is_space) {
                return Err(Problem::Malformed);
            }
            self.skip(text, name_end, end);
            end
        };
        self.leave(text, end + 1);
        Ok(Some(end + 1))
    }

    fn bang(&mut self, text: &str) -> Next {
        let rest = text.get(self.at..).unwrap_or_default();
        if rest.starts_with("<!--") {
            self.inside = Inside::Comment;
            self.skip(text, self.at, self.at + 4);
            return Ok(Some(self.at + 4));
        }
        if rest.starts_with("<![CDATA[") && self.scope.depth() > 0 {
            self.inside = Inside::Section;
            self.skip(text, self.at, self.at + 9);
            return Ok(Some(self.at + 9));
        }
        if "<!--".starts_with(rest) || "<![CDATA[".starts_with(rest) {
            return Ok(None);
        }
        match rest.as_bytes().get(2) {
            Some(b'D' | b'd') => Err(Problem::DocumentType),
            _ => Err(Problem::Malformed),
        }
    }

    fn comment(&mut self, text: &str) -> Next {
        let bytes = text.as_bytes();
        let rest = bytes.get(self.at..).unwrap_or_default();
        for dash in memchr::memchr_iter(b'-', rest) {
            let here = self.at + dash;
            match (bytes.get(here + 1), bytes.get(here + 2)) {
                (Some(b'-'), Some(b'>')) => {
                    self.inside = Inside::Content;
                    self.skip(text, self.kept, here + 3);
                    return Ok(Some(here + 3));
                }
                (Some(b'-'), Some(_)) => return Err(Problem::Malformed),
                (Some(b'-') | None, None) => {
                    self.at = here;
                    self.skip(text, self.kept, here);
                    return Ok(None);
                }
                _ => {}
            }
        }
        self.skip(text, self.kept, text.len());
        Ok(Some(text.len()))
    }

    fn section(&mut self, text: &str) -> Next {
        let rest = text.as_bytes().get(self.at..).unwrap_or_default();
        if let Some(length) = memchr::memmem::find(rest, b"]]>") {
            let end = self.at + length;
            self.characters(text, end, section_special);
            self.end_text();
            self.inside = Inside::Content;
            self.skip(text, end, end + 3);
            return Ok(Some(end + 3));
        }
        let end = text.len() - closing_brackets(rest);
        self.characters(text, end, section_special);
        self.at = end;
        // The brackets wait for what follows.
        Ok((end == text.len()).then_some(end))
    }

    fn instruction(&mut self, text: &str) -> Next {
        let rest = text.get(self.at + 2..).unwrap_or_default();
        let Some(length) = memchr::memmem::find(rest.as_bytes(), b"?>") else {
            return Ok(None);
        };
        let content = rest.get(..length).unwrap_or_default();
        let end = self.at + 2 + length + 2;
        let (target, data) = match content.find(chars::is_space) {
            Some(at) => content.split_at(at),
            None => (content, ""),
        };
        if target == "xml" && self.first {
            self.skip(text, self.at, end);
            check_declaration(text.get(self.at..end).unwrap_or_default())?;
            return Ok(Some(end));
        }
        token::check_target(target)?;
        self.skip(text, self.at, end);
        // Around the document element, instructions stand on lines of their own.
        let outside = self.scope.depth() == 0;
        if outside && self.root_seen {
            self.out.put("\n");
        }
        self.out.put("<?");
        self.out.put(target);
        let data = data.trim_start_matches(chars::is_space);
        if !data.is_empty() {
            self.out.put(" ");
            self.out.put(&token::normalize_lines(data));
        }
        self.out.put("?>");
        if outside && !self.root_seen {
            self.out.put("\n");
        }
        Ok(Some(end))
    }

    fn reference(&mut self, text: &str) -> Next {
        if self.scope.depth() == 0 {
            return Err(Problem::Malformed);
        }
        let rest = text.get(self.at + 1..).unwrap_or_default();
        let Some(length) = memchr::memchr3(b';', b'&', b'<', rest.as_bytes()) else {
            return Ok(None);
        };
        if rest.as_bytes().get(length) != Some(&b';') {
            return Err(Problem::Malformed);
        }
        let end = self.at + 1 + length + 1;
        let name = rest.get(..length).unwrap_or_default();
        if !matches!(name, "amp" | "lt" | "gt") {
            let c = token::resolve_reference(name)?;
            self.skip(text, self.at, end);
            escape_text(c.encode_utf8(&mut [0; 4]), |piece| self.out.put(piece));
        }
        Ok(Some(end))
    }

    /// Character data up to the next markup or reference, or as far as the window goes.
    fn text(&mut self, text: &str) -> Next {
        let bytes = text.as_bytes();
        let (end, plain) = end_of_text(bytes, self.at);
        let run = bytes.get(self.at..end).unwrap_or_default();
        if self.scope.depth() == 0 {
            let blank = run.iter().all(|byte| chars::is_space(char::from(*byte)));
            self.skip(text, self.kept, end);
            return blank.then_some(Some(end)).ok_or(Problem::Malformed);
        }
        if !plain || self.after_return {
            self.check_brackets(run)?;
            self.characters(text, end, text_special);
        }
        if end == text.len() {
            // What this window has of the text began in it, or is longer than two octets.
            self.brackets = closing_brackets(run);
        }
        Ok(Some(end))
    }

    /// `]]>` may not stand in character data, not even across two windows.
    fn check_brackets(&self, run: &[u8]) -> Result<(), Problem> {
        let refused = memchr::memchr_iter(b'>', run).any(|at| {
            let before = run.get(..at).unwrap_or_default();
            let closing = closing_brackets(before);
            closing == 2 || (closing == before.len() && closing + self.brackets >= 2)
        });
        match refused {
            true => Err(Problem::Malformed),
            false => Ok(()),
        }
    }

    /// From here to `end`: line ends normalized, characters escaped.
    fn characters(&mut self, text: &str, end: usize, special: fn(&[u8]) -> Option<usize>) {
        let bytes = text.as_bytes().get(..end).unwrap_or_default();
        let mut at = self.at;
        if self.after_return && bytes.get(at) == Some(&b'\n') {
            self.skip(text, at, at + 1);
            at += 1;
        }
        if at < end {
            self.after_return = false;
        }
        while let Some(found) = special(bytes.get(at..).unwrap_or_default()) {
            let here = at + found;
            let replacement = match bytes.get(here) {
                Some(b'\r') => "\n",
                Some(b'>') => "&gt;",
                Some(b'<') => "&lt;",
                _ => "&amp;",
            };
            at = here + 1;
            if replacement == "\n" {
                self.after_return = at == end;
                at += usize::from(bytes.get(at) == Some(&b'\n'));
            }
            self.skip(text, here, at);
            self.out.put(replacement);
        }
    }

    fn end_text(&mut self) {
        self.after_return = false;
        self.brackets = 0;
    }
}

fn check_declaration(markup: &str) -> Result<(), Problem> {
    match Reader::from_str(markup).read_event() {
        Ok(Event::Decl(declaration)) => token::check_declaration(&declaration),
        _ => Err(Problem::Malformed),
    }
}

/// End of a text, and whether all of it is its own canonical form.
fn end_of_text(bytes: &[u8], from: usize) -> (usize, bool) {
    // Most texts are short: to look at each octet is quicker than to start a wide search.
    let rest = bytes.get(from..).unwrap_or_default();
    let near = rest.get(..NEAR).unwrap_or(rest);
    let far = match near.iter().position(|byte| is_special(*byte)) {
        Some(at) if matches!(near.get(at), Some(b'<' | b'&')) => return (from + at, true),
        Some(at) => at,
        None => near.len(),
    };
    let rest = rest.get(far..).unwrap_or_default();
    let length = memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
    let text = rest.get(..length).unwrap_or_default();
    (from + far + length, text_special(text).is_none())
}

fn is_special(byte: u8) -> bool {
    // One test for the most octets, which are larger than all of these.
    byte <= b'>' && matches!(byte, b'&' | b'<' | b'>' | b'\r')
}

const NEAR: usize = 24;

fn text_special(text: &[u8]) -> Option<usize> {
    memchr::memchr2(b'>', b'\r', text)
}

fn section_special(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| is_special(*byte))
}

/// How many of the last two octets are closing brackets.
fn closing_brackets(text: &[u8]) -> usize {
    match text {
        [.., b']', b']'] => 2,
        [.., b']'] => 1,
        _ => 0,
    }
}
