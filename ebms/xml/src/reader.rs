//! Bytes to tree. quick-xml finds the tokens; everything it leaves to its caller is done here:
//! namespaces, names, characters, attribute values, line ends, and all limits.

mod build;

mod value;

use crate::{
    Document, Limits, chars,
    limit::Instructions,
    token::{check_declaration, resolve_reference, split_attributes},
};
use build::Builder;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Why a document was refused, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{problem} at byte {offset}")]
pub struct Invalid {
    problem: Problem,
    offset: usize,
}

impl Invalid {
    pub(crate) fn new(problem: Problem, offset: usize) -> Self {
        Self { problem, offset }
    }

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
        let refuse = |problem, offset| Err(Invalid::new(problem, offset));
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
        if let Some(offset) = chars::first_forbidden(source) {
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
            Event::CData(_) => self.builder.section(start + 9, end.saturating_sub(3))?,
            Event::GeneralRef(reference) => {
                self.builder.character(resolve_reference(&reference)?)?
            }
            Event::Comment(_) => self.builder.comment(start + 4, end.saturating_sub(3))?,
            Event::Decl(_) if start != 0 => return Err(Problem::Malformed),
            Event::Decl(declaration) => check_declaration(&declaration)?,
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
