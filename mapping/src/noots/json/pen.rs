//! Writing JSON in the order of the standard. Knows commas and escapes, and nothing of messages.

use base64::Engine as _;

use crate::noots::code::CodeList;

/// Appends values to one growing text.
pub(super) struct Pen {
    out: Vec<u8>,
}

/// The members of the object being written.
pub(super) struct Object<'p> {
    pen: &'p mut Pen,
    empty: bool,
}

impl Pen {
    /// An empty sheet with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
        }
    }

    /// What was written.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// One object.
    pub(super) fn object(&mut self, write: impl FnOnce(&mut Object<'_>)) {
        self.out.push(b'{');
        write(&mut Object {
            pen: self,
            empty: true,
        });
        self.out.push(b'}');
    }

    /// One text.
    pub(super) fn text(&mut self, text: &str) {
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend([b'\\', byte]),
                b'\n' => self.out.extend(b"\\n"),
                b'\r' => self.out.extend(b"\\r"),
                b'\t' => self.out.extend(b"\\t"),
                ..0x20 => self.out.extend(format!("\\u{byte:04x}").bytes()),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        // In pieces of a multiple of three bytes, so that no second copy of a document is made.
        for piece in bytes.chunks(3 << 10) {
            let text = base64::engine::general_purpose::STANDARD.encode(piece);
            self.out.extend_from_slice(text.as_bytes());
        }
        self.out.push(b'"');
    }
}

impl Object<'_> {
    /// A member of any kind.
    pub(super) fn member(&mut self, name: &str, write: impl FnOnce(&mut Pen)) {
        if !self.empty {
            self.pen.out.push(b',');
        }
        self.empty = false;
        self.pen.text(name);
        self.pen.out.push(b':');
        write(self.pen);
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_>)) {
        self.member(name, |pen| pen.object(write));
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.member(name, |pen| pen.text(text));
    }

    /// A text, left out when absent.
    pub(super) fn text_if(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// Anything written as its `Display` form.
    pub(super) fn shown(&mut self, name: &str, value: impl std::fmt::Display) {
        self.text(name, &value.to_string());
    }

    /// An integer. [XN-B10]
    pub(super) fn integer(&mut self, name: &str, value: u32) {
        self.member(name, |pen| pen.out.extend(value.to_string().bytes()));
    }

    /// Bytes as base64. [XN-B8]
    pub(super) fn base64(&mut self, name: &str, bytes: &[u8]) {
        self.member(name, |pen| pen.base64(bytes));
    }

    /// A code with its list. [XN-B5]
    pub(super) fn code(&mut self, name: &str, list: CodeList, code: &str) {
        self.member(name, |pen| write_code(pen, list, code));
    }

    /// A code, left out when absent.
    pub(super) fn code_if(&mut self, name: &str, list: CodeList, code: Option<&str>) {
        if let Some(code) = code {
            self.code(name, list, code);
        }
    }

    /// An array, left out when empty. [XN-B3]
    pub(super) fn array<T>(&mut self, name: &str, values: &[T], write: impl Fn(&mut Pen, &T)) {
        if values.is_empty() {
            return;
        }
        self.member(name, |pen| {
            pen.out.push(b'[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    pen.out.push(b',');
                }
                write(pen, value);
            }
            pen.out.push(b']');
        });
    }
}

/// A code object.
pub(super) fn write_code(pen: &mut Pen, list: CodeList, code: &str) {
    pen.object(|object| {
        object.text("code", code);
        object.text("listURI", list.uri());
        object.text("listVersionID", list.version());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_json_asks() {
        let mut pen = Pen::with_capacity(0);
        let text = "a\"b\\c\n\t\u{1}ü😀";
        pen.text(text);
        assert_eq!(
            serde_json::from_slice::<String>(&pen.finish()).unwrap(),
            text
        );
    }

    #[test]
    fn base64_written_in_pieces_is_one_text() {
        let bytes: Vec<u8> = (0..20_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut pen = Pen::with_capacity(0);
        pen.base64(&bytes);
        let whole = base64::engine::general_purpose::STANDARD.encode(&bytes);
        assert_eq!(pen.finish(), format!("\"{whole}\"").into_bytes());
    }
}
