//! Bytes to tree. quick-xml finds the tokens; everything it leaves to its caller is done here:
//! namespaces, names, characters, attribute values, line ends, and all limits.

mod build;

mod value;

use crate::{Document, Limits, chars, limit::Instructions};
use build::Builder;
use quick_xml::{
    Reader,
    events::{BytesDecl, BytesRef, BytesStart, Event},
};

/// Why a document was refused, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{problem} at byte {offset}")]
pub struct Invalid {
    problem: Problem,
    offset: usize,
}

impl Invalid {
    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Octets from the start of the input.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

/// What a reader refuses. No variant carries text of the document beyond names.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// A limit of [`Limits`] is exceeded.
    #[error("too large: more than {limit} {what}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
        /// Its value.
        limit: usize,
    },
    /// Not UTF-8, or another encoding is declared.
    #[error("only UTF-8 is read")]
    Encoding,
    /// Another version than 1.0 is declared.
    #[error("only XML 1.0 is read")]
    Version,
    /// A document type declaration.
    #[error("a document type declaration is not allowed")]
    DocumentType,
    /// A processing instruction under [`Instructions::Refuse`].
    #[error("a processing instruction is not allowed")]
    Instruction,
    /// An entity other than the five, or a bad character reference.
    #[error("an undefined entity or character reference")]
    Reference,
    /// A character XML 1.0 does not allow.
    #[error("a character that XML does not allow")]
    Character,
    /// A name that is not a name.
    #[error("a malformed name")]
    Name,
    /// A prefix that is not bound, or a binding that is not allowed.
    #[error("a namespace prefix is unbound or wrongly bound")]
    Namespace,
    /// Two attributes with one expanded name.
    #[error("an attribute is given twice")]
    DuplicateAttribute,
    /// Anything else that is not well-formed.
    #[error("not well-formed")]
    Malformed,
}

impl Document {
    /// Reads a document. A byte order mark is skipped; nothing else may stand before the document.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Invalid> {
        let refuse = |problem, offset| Err(Invalid { problem, offset });
        if bytes.len() > limits.bytes {
            return refuse(
                Problem::TooLarge {
                    what: "bytes",
                    limit: limits.bytes,
                },
                limits.bytes,
            );
        }
        let source = match std::str::from_utf8(bytes) {
            Ok(source) => source.strip_prefix('\u{FEFF}').unwrap_or(source),
            Err(error) => return refuse(Problem::Encoding, error.valid_up_to()),
        };
        if let Some((offset, _)) = source.char_indices().find(|(_, c)| !chars::is_char(*c)) {
            return refuse(Problem::Character, offset);
        }
        let mut pass = Pass {
            reader: Reader::from_str(source),
            builder: Builder::new(source, limits),
        };
        pass.reader.config_mut().check_comments = true;
        match pass.run() {
            Ok(()) => pass.builder.finish().map_err(|problem| Invalid {
                problem,
                offset: source.len(),
            }),
            Err(problem) => Err(Invalid {
                problem,
                offset: pass.reader.buffer_position() as usize,
            }),
        }
    }
}

struct Pass<'s> {
    reader: Reader<&'s [u8]>,
    builder: Builder<'s>,
}

impl<'s> Pass<'s> {
    fn run(&mut self) -> Result<(), Problem> {
        loop {
            let start = self.reader.buffer_position() as usize;
            let event = self.reader.read_event().map_err(|_| Problem::Malformed)?;
            let end = self.reader.buffer_position() as usize;
            if !self.step(event, start, end)? {
                return Ok(());
            }
        }
    }

    /// One token; `false` at the end of the input.
    fn step(&mut self, event: Event<'s>, start: usize, end: usize) -> Result<bool, Problem> {
        match event {
            Event::Start(tag) => self.open(&tag, start, end)?,
            Event::Empty(tag) => {
                self.open(&tag, start, end)?;
                self.builder.close(end)?;
            }
            Event::End(_) => self.builder.close(end)?,
            Event::Text(text) => {
                if text.contains("]]>") {
                    return Err(Problem::Malformed);
                }
                self.builder.text(start, end)?;
            }
            // The reader counts `<![CDATA[` and `]]>` into the token.
            Event::CData(_) => self.builder.text(start + 9, end.saturating_sub(3))?,
            Event::GeneralRef(reference) => self.builder.character(resolve(&reference)?)?,
            Event::Comment(_) => self.builder.comment(start + 4, end.saturating_sub(3))?,
            Event::Decl(declaration) => check_declaration(&declaration, start)?,
            Event::PI(instruction) => {
                let target_end = start + 2 + instruction.target().len();
                self.builder
                    .instruction(start + 2, target_end, end.saturating_sub(2))?;
            }
            Event::DocType(_) => return Err(Problem::DocumentType),
            Event::Eof => return Ok(false),
        }
        Ok(true)
    }

    fn open(&mut self, tag: &BytesStart<'s>, start: usize, end: usize) -> Result<(), Problem> {
        let name_start = start + 1;
        self.builder
            .open(name_start, name_start + tag.name().as_ref().len(), end)?;
        // Raw attribute text starts right behind the name; offsets are counted from there.
        let base = name_start + tag.name().as_ref().len();
        let raw = tag.attributes_raw();
        for attribute in split_attributes(raw) {
            let (key, value) = attribute?;
            self.builder
                .attribute(base + key.0, base + key.1, base + value.0, base + value.1)?;
        }
        self.builder.opened()
    }
}

/// Offsets of name and value (without quotes) of each attribute in the text behind a tag name.
fn split_attributes(raw: &str) -> impl Iterator<Item = Result<(Range, Range), Problem>> {
    let bytes = raw.as_bytes();
    let mut at = 0;
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let next = next_attribute(bytes, &mut at);
        failed = matches!(next, Some(Err(_)));
        next
    })
}

type Range = (usize, usize);

fn next_attribute(bytes: &[u8], at: &mut usize) -> Option<Result<(Range, Range), Problem>> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let skip = |from: usize, test: &dyn Fn(&u8) -> bool| {
        from + bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| test(byte))
            .count()
    };
    let key_start = skip(*at, &is_space);
    if key_start >= bytes.len() {
        return None;
    }
    // White space is required between attributes, and between the name and the first one.
    if key_start == *at {
        return Some(Err(Problem::Malformed));
    }
    let key_end = skip(key_start, &|byte| *byte != b'=' && !is_space(byte));
    let equals = skip(key_end, &is_space);
    let quote_at = skip(equals + 1, &is_space);
    let quote = match (bytes.get(equals), bytes.get(quote_at)) {
        (Some(b'='), Some(quote @ (b'"' | b'\''))) => *quote,
        _ => return Some(Err(Problem::Malformed)),
    };
    let value_end = skip(quote_at + 1, &|byte| *byte != quote);
    if bytes.get(value_end) != Some(&quote) {
        return Some(Err(Problem::Malformed));
    }
    *at = value_end + 1;
    Some(Ok(((key_start, key_end), (quote_at + 1, value_end))))
}

fn check_declaration(declaration: &BytesDecl<'_>, start: usize) -> Result<(), Problem> {
    if start != 0 {
        return Err(Problem::Malformed);
    }
    if declaration.version().map_err(|_| Problem::Malformed)? != "1.0" {
        return Err(Problem::Version);
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err(Problem::Encoding),
    }
}

/// One of the five entities or a character reference.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Problem> {
    resolve_name(reference)
}

fn resolve_name(name: &str) -> Result<char, Problem> {
    let code = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        name => name.strip_prefix('#').ok_or(Problem::Reference)?,
    };
    let (digits, radix) = code.strip_prefix('x').map_or((code, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(Problem::Reference);
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|c| chars::is_char(*c))
        .ok_or(Problem::Reference)
}

/// Whether the instructions policy lets an instruction into the tree.
fn keeps(instructions: Instructions) -> Result<bool, Problem> {
    match instructions {
        Instructions::Refuse => Err(Problem::Instruction),
        Instructions::Skip => Ok(false),
        Instructions::Keep => Ok(true),
    }
}

#[cfg(test)]
mod tests;
