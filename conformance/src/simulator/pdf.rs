//! A small, complete PDF with one page of text, the same bytes for the same text
//!
//! Enough for a certificate a viewer opens; not a document library.

/// Writes one A4 page: a title and lines below it
#[must_use]
pub fn page(title: &str, lines: &[String]) -> Vec<u8> {
    let mut glyphs = Glyphs::default();
    let content = content(title, lines, &mut glyphs);
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        stream(&content),
        font(&glyphs),
    ];
    assemble(&objects)
}

fn content(title: &str, lines: &[String], glyphs: &mut Glyphs) -> Vec<u8> {
    let mut content = b"BT /F1 20 Tf 72 760 Td ".to_vec();
    content.extend(glyphs.show(title));
    content.extend_from_slice(b" Tj /F1 12 Tf 0 -20 Td ");
    for line in lines {
        content.extend_from_slice(b"0 -18 Td ");
        content.extend(glyphs.show(line));
        content.extend_from_slice(b" Tj ");
    }
    content.extend_from_slice(b"ET");
    content
}

fn stream(content: &[u8]) -> Vec<u8> {
    let mut object = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
    object.extend_from_slice(content);
    object.extend_from_slice(b"\nendstream");
    object
}

fn font(glyphs: &Glyphs) -> Vec<u8> {
    let differences: Vec<_> = glyphs
        .extra
        .iter()
        .map(|(_, name)| format!("/{name}"))
        .collect();
    let encoding = if differences.is_empty() {
        "/WinAnsiEncoding".to_owned()
    } else {
        let names = differences.join(" ");
        format!(
            "<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [{FIRST_EXTRA} {names}] >>"
        )
    };
    format!("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding {encoding} >>")
        .into_bytes()
}

/// Numbers the objects from 1 and adds the table of their offsets
fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{} 0 obj\n", number + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let size = objects.len() + 1;
    let start = file.len();
    file.extend_from_slice(format!("xref\n0 {size}\n{table}").as_bytes());
    file.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    file
}

/// Letters outside Latin-1 get codes of their own, in order of appearance
#[derive(Default)]
struct Glyphs {
    extra: Vec<(char, &'static str)>,
}

impl Glyphs {
    fn show(&mut self, text: &str) -> Vec<u8> {
        let mut literal = vec![b'('];
        for character in text.chars() {
            let byte = self.byte(character);
            if matches!(byte, b'(' | b')' | b'\\') {
                literal.push(b'\\');
            }
            literal.push(byte);
        }
        literal.push(b')');
        literal
    }

    fn byte(&mut self, character: char) -> u8 {
        match u8::try_from(character) {
            Ok(byte) if matches!(byte, 0x20..=0x7e | 0xa1..=0xff) => byte,
            _ => self.extra_byte(character).unwrap_or(b'?'),
        }
    }

    fn extra_byte(&mut self, character: char) -> Option<u8> {
        let known = self
            .extra
            .iter()
            .position(|(letter, _)| *letter == character);
        let index = match known {
            Some(index) => index,
            None => {
                let name = LETTERS.iter().find(|(letter, _)| *letter == character)?;
                self.extra.push(*name);
                self.extra.len() - 1
            }
        };
        u8::try_from(usize::from(FIRST_EXTRA) + index)
            .ok()
            .filter(|byte| *byte <= LAST_EXTRA)
    }
}

/// Codes of WinAnsi that hold no letter of ours
const FIRST_EXTRA: u8 = 0x80;
const LAST_EXTRA: u8 = 0x9f;

/// Letters of Central European names that every standard font has
const LETTERS: [(char, &str); 26] = [
    ('Ą', "Aogonek"),
    ('ą', "aogonek"),
    ('Ć', "Cacute"),
    ('ć', "cacute"),
    ('Č', "Ccaron"),
    ('č', "ccaron"),
    ('Ę', "Eogonek"),
    ('ę', "eogonek"),
    ('ě', "ecaron"),
    ('Ł', "Lslash"),
    ('ł', "lslash"),
    ('Ń', "Nacute"),
    ('ń', "nacute"),
    ('ő', "ohungarumlaut"),
    ('ř', "rcaron"),
    ('Ś', "Sacute"),
    ('ś', "sacute"),
    ('Š', "Scaron"),
    ('š', "scaron"),
    ('ű', "uhungarumlaut"),
    ('Ź', "Zacute"),
    ('ź', "zacute"),
    ('Ż', "Zdotaccent"),
    ('ż', "zdotaccent"),
    ('Ž', "Zcaron"),
    ('ž', "zcaron"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_where_the_table_says() {
        let file = page("Title", &["A (line)".to_owned(), "Żółć".to_owned()]);
        let text = String::from_utf8_lossy(&file);
        let start: usize = text
            .lines()
            .skip_while(|line| *line != "startxref")
            .nth(1)
            .and_then(|line| line.parse().ok())
            .unwrap();
        assert!(file[start..].starts_with(b"xref\n0 6\n"));
        let table = String::from_utf8(file[start..].to_vec()).unwrap();
        let offsets = table.lines().skip(3).take(5);
        for (number, line) in offsets.enumerate() {
            let offset: usize = line.get(..10).unwrap().parse().unwrap();
            let expected = format!("{} 0 obj", number + 1);
            assert!(
                file[offset..].starts_with(expected.as_bytes()),
                "object {}",
                number + 1
            );
        }
    }

    #[test]
    fn letters_beyond_latin_1_are_named_in_the_font() {
        let file = page("ł", &[]);
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains("/Differences [128 /lslash]"));
    }

    #[test]
    fn parentheses_are_escaped() {
        let file = page("a(b)\\", &[]);
        assert!(String::from_utf8_lossy(&file).contains(r"(a\(b\)\\)"));
    }
}
