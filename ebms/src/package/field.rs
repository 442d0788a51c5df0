//! MIME header fields: `Content-Type` with its parameters, and the headers of one part.

use super::Problem;
use crate::receive::Limits;

/// A media type with parameters.
#[derive(Debug)]
pub(super) struct MediaType {
    /// `type/subtype` in lower case.
    pub(super) essence: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads a content type: folded or not, values quoted or not. A parameter given twice is
    /// refused, because readers differ in which one they take.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.replace(['\r', '\n', '\t'], " ");
        let mut pieces = split_quoted(&text).into_iter();
        let essence = pieces
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let mut parameters: Vec<(String, String)> = Vec::new();
        for piece in pieces {
            if piece.trim().is_empty() {
                continue;
            }
            let (name, value) = piece.split_once('=').ok_or(Problem::Parameter)?;
            let name = name.trim().to_ascii_lowercase();
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(Problem::Parameter);
            }
            parameters.push((name, unquote(value.trim())?));
        }
        Ok(Self {
            essence,
            parameters,
        })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

fn split_quoted(text: &str) -> Vec<&str> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                pieces.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

fn unquote(value: &str) -> Result<String, Problem> {
    let Some(inner) = value.strip_prefix('"') else {
        let plain = !value.is_empty() && !value.contains('"');
        return if plain {
            Ok(value.to_owned())
        } else {
            Err(Problem::Parameter)
        };
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    loop {
        match chars.next() {
            Some('"') => break,
            Some('\\') => out.push(chars.next().ok_or(Problem::Parameter)?),
            Some(c) => out.push(c),
            None => return Err(Problem::Parameter),
        }
    }
    if chars.next().is_none() {
        Ok(out)
    } else {
        Err(Problem::Parameter)
    }
}

/// The headers of one part that are read.
#[derive(Debug, Default)]
pub(super) struct PartHeaders {
    pub(super) content_type: Option<String>,
    pub(super) content_id: Option<String>,
    pub(super) transfer_encoding: Option<String>,
}

impl PartHeaders {
    /// How much of a part is searched for the end of its headers.
    pub(super) fn window(limits: &Limits) -> u64 {
        limits.part_header_bytes as u64 + 4
    }

    /// Splits the start of a part into its headers and where its content begins, which is behind
    /// the empty line. `is_whole` says that there is no more of the part than this.
    pub(super) fn split(
        window: &[u8],
        is_whole: bool,
        limits: &Limits,
    ) -> Result<(Self, usize), Problem> {
        if window.starts_with(b"\r\n") {
            return Ok((Self::default(), 2));
        }
        let end = match memchr::memmem::find(window, b"\r\n\r\n") {
            Some(end) => end,
            None if !is_whole => return Err(Problem::HeaderSize),
            None => return Err(Problem::Header),
        };
        let text = window.get(..end).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| Problem::Header)?;
        Ok((Self::parse(text, limits)?, end + 4))
    }

    fn parse(text: &str, limits: &Limits) -> Result<Self, Problem> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.split("\r\n") {
            if line.contains(['\r', '\n', '\0']) {
                return Err(Problem::Header);
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = fields.last_mut().ok_or(Problem::Header)?;
                let gap = if value.is_empty() { "" } else { " " };
                value.push_str(gap);
                value.push_str(line.trim());
                continue;
            }
            if fields.len() == limits.part_headers {
                return Err(Problem::HeaderSize);
            }
            let (name, value) = line.split_once(':').ok_or(Problem::Header)?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Problem::Header);
            }
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut headers = Self::default();
        for (name, value) in fields {
            let slot = match name.as_str() {
                "content-type" => &mut headers.content_type,
                "content-id" => &mut headers.content_id,
                "content-transfer-encoding" => &mut headers.transfer_encoding,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(Problem::HeaderTwice);
            }
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, parameter: &str, expected: Option<&str>) {
        let media = MediaType::parse(text).unwrap();
        assert_eq!(media.essence, "multipart/related");
        assert_eq!(media.parameter(parameter), expected);
    }

    #[test]
    fn parameters_are_read_quoted_or_not() {
        check(
            "multipart/related; boundary=----=_Part_1",
            "boundary",
            Some("----=_Part_1"),
        );
        check(
            r#"Multipart/Related;BOUNDARY="a;b\"c" ;x=y"#,
            "boundary",
            Some("a;b\"c"),
        );
        check(
            "multipart/related;\r\n\tstart=\"<a@b>\";",
            "start",
            Some("<a@b>"),
        );
        check("multipart/related", "boundary", None);
    }

    #[test]
    fn an_ambiguous_parameter_is_refused() {
        for text in [
            "a/b; boundary=x; Boundary=y",
            "a/b; x",
            "a/b; x=\"y",
            "a/b; x=\"y\"z",
        ] {
            assert_eq!(
                MediaType::parse(text).unwrap_err(),
                Problem::Parameter,
                "{text}"
            );
        }
    }

    #[track_caller]
    fn check_headers(part: &str, expected: Result<&str, Problem>) {
        let limits = Limits::default();
        let window = usize::try_from(PartHeaders::window(&limits)).unwrap();
        let is_whole = part.len() <= window;
        let part = &part.as_bytes()[..part.len().min(window)];
        let found = PartHeaders::split(part, is_whole, &limits);
        let id = found.map(|(headers, _)| headers.content_id.unwrap_or_default());
        assert_eq!(id, expected.map(ToOwned::to_owned));
    }

    #[test]
    fn part_headers_are_folded_and_in_any_case() {
        // [P02]
        check_headers("content-id: <a>\r\n\r\nx", Ok("<a>"));
        check_headers("X: y\r\nContent-ID:\r\n <a>\r\n\r\nx", Ok("<a>"));
        check_headers("\r\nx", Ok(""));
    }

    #[test]
    fn broken_part_headers_are_refused() {
        check_headers(
            "Content-ID: <a>\r\ncontent-id: <b>\r\n\r\n",
            Err(Problem::HeaderTwice),
        );
        check_headers("Content-ID <a>\r\n\r\n", Err(Problem::Header));
        check_headers(" folded: x\r\n\r\n", Err(Problem::Header));
        check_headers("X: a\nContent-ID: <b>\r\n\r\n", Err(Problem::Header));
        check_headers("X: no end", Err(Problem::Header));
        check_headers(
            &format!("X: {}\r\n\r\n", "a".repeat(9000)),
            Err(Problem::HeaderSize),
        );
        check_headers(
            &format!("{}\r\n", "X: a\r\n".repeat(40)),
            Err(Problem::HeaderSize),
        );
    }
}
