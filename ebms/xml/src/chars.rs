//! Character classes of XML 1.0 (fifth edition) that quick-xml leaves to its caller.

/// [2] Char
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Offset of the first character that [`is_char`] refuses.
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    // No early end: so the loop works on many octets at a time. U+FFFE and U+FFFF are the only
    // ones beyond the controls that a `str` can hold; their first octet is rare.
    let control = text.bytes().fold(false, |found, byte| {
        found | ((byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r'))
    });
    let noncharacter = || {
        memchr::memchr_iter(0xEF, text.as_bytes()).any(|at| {
            let rest = text.as_bytes().get(at + 1..).unwrap_or_default();
            matches!(rest, [0xBF, 0xBE | 0xBF, ..])
        })
    };
    if !control && !noncharacter() {
        return None;
    }
    text.char_indices()
        .find(|(_, c)| !is_char(*c))
        .map(|(at, _)| at)
}

/// White space as XML counts it: not Unicode's.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// An NCName: a name without a colon.
pub(crate) fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What an octet may be in a name.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum NameOctet {
    /// ASCII that may start a name.
    Start,
    /// Other ASCII that may stand in a name.
    Inner,
    Colon,
    /// Part of a character beyond ASCII.
    Wide,
    /// Ends a name.
    Other,
}

#[inline]
pub(crate) fn name_octet(byte: u8) -> NameOctet {
    NAME_OCTETS
        .get(usize::from(byte))
        .copied()
        .unwrap_or(NameOctet::Other)
}

static NAME_OCTETS: [NameOctet; 256] = {
    let mut table = [NameOctet::Wide; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let (octets, c) = (table.as_mut_slice(), byte as char);
        if let Some((octet, _)) = octets.split_at_mut(byte as usize).1.split_first_mut() {
            *octet = match c {
                ':' => NameOctet::Colon,
                c if is_name_start(c) => NameOctet::Start,
                c if is_name_char(c) => NameOctet::Inner,
                _ => NameOctet::Other,
            };
        }
        byte += 1;
    }
    table
};
