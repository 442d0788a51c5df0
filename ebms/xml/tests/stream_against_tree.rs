//! The canonical form taken from a stream against the one taken from a tree: the same documents are
//! accepted, and the same octets come out, wherever the stream is cut.

#![expect(
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::print_stdout,
    clippy::panic,
    reason = "test code"
)]

#[path = "generated/document.rs"]
mod document;

use document::{element, write};
use proptest::prelude::*;
use std::{
    env, fs,
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
};
use xml::{
    Document, Limits, Problem, StreamLimits,
    c14n::{self, StreamError},
};

/// Hands out the input in pieces of the given sizes, over and over.
struct Pieces<'i> {
    rest: &'i [u8],
    sizes: &'i [usize],
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let chunk = self.fill_buf()?;
        let taken = chunk.len().min(out.len());
        out[..taken].copy_from_slice(&chunk[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let size = self.sizes[self.turn % self.sizes.len()];
        Ok(&self.rest[..size.min(self.rest.len())])
    }

    fn consume(&mut self, amount: usize) {
        self.rest = &self.rest[amount..];
        self.turn += 1;
    }
}

/// A window of this many octets, so that short documents have many borders.
fn window(bytes: usize) -> StreamLimits {
    StreamLimits {
        markup_bytes: bytes,
        ..StreamLimits::ATTACHMENT
    }
}

fn streamed(xml: &[u8], limits: &StreamLimits, sizes: &[usize]) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    let input = Pieces {
        rest: xml,
        sizes,
        turn: 0,
    };
    match c14n::stream(input, limits, |chunk| out.extend_from_slice(chunk)) {
        Ok(()) => Ok(out),
        Err(StreamError::Xml(invalid)) => Err(invalid.problem().clone()),
        Err(StreamError::Read(error)) => panic!("nothing fails here: {error}"),
    }
}

fn from_tree(xml: &[u8]) -> Option<Vec<u8>> {
    let document = Document::parse(xml, &Limits::ATTACHMENT).ok()?;
    let mut out = Vec::new();
    c14n::document(&document, |chunk| out.extend_from_slice(chunk));
    Some(out)
}

/// With a window for all of it the two decide alike; with a small one a tag may not fit, but
/// nothing else may differ.
#[track_caller]
fn agree(xml: &[u8], small: usize, sizes: &[usize]) {
    let expected = from_tree(xml);
    let text = String::from_utf8_lossy(xml);
    let wide = streamed(xml, &StreamLimits::ATTACHMENT, sizes);
    assert_eq!(wide.clone().ok(), expected, "{wide:?} {text:?}");
    let narrow = streamed(xml, &window(small), sizes);
    if !matches!(narrow, Err(Problem::TooLarge { .. })) {
        assert_eq!(narrow.ok(), expected, "in windows of {small}: {text:?}");
    }
}

/// Around the element: what may stand before and behind it.
fn document() -> impl Strategy<Value = String> {
    let before = prop_oneof![
        Just(""),
        Just("\u{FEFF}"),
        Just("<?xml version=\"1.0\" encoding='UTF-8'?>\r\n"),
        Just("\u{FEFF}<?xml version='1.0'?><!-- a-b --><?p d?>\n"),
    ];
    let behind = prop_oneof![Just(""), Just("\r\n<!----> <?p?>"), Just("\n")];
    (before, element(), behind)
        .prop_map(|(before, element, behind)| format!("{before}{}{behind}", write(&element)))
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1..8_usize, 1..5)
}

/// What damage is made of: octets and pieces that mean something.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 33] = [
        "",
        "<",
        ">",
        "&",
        ";",
        "'",
        "\"",
        "=",
        "/",
        "?",
        "!",
        ":",
        " ",
        "\r",
        "\n",
        "\r\n",
        "]]>",
        "]",
        "<![CDATA[",
        "<![CDATA[ ]]&<>\r]]>",
        "<!--",
        "-->",
        "--",
        "<!-- - -->",
        "<?p",
        "?>",
        "&amp;",
        "&#13;",
        "&#x41;",
        " xmlns:p=''",
        " xmlns='n'",
        "\u{FFFE}",
        "é",
    ];
    prop_oneof![
        3 => (0..PIECES.len()).prop_map(|at| PIECES[at].as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_document_has_one_canonical_form(
        xml in document(), sizes in sizes(), small in 16..200_usize,
    ) {
        prop_assert!(from_tree(xml.as_bytes()).is_some(), "not a document: {xml:?}");
        agree(xml.as_bytes(), small, &sizes);
    }

    #[test]
    fn a_damaged_document_is_judged_alike(
        xml in document(),
        wounds in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_usize, damage()), 1..4),
        sizes in sizes(),
        small in 16..200_usize,
    ) {
        let mut bytes = xml.into_bytes();
        for (at, removed, added) in wounds {
            let at = at.index(bytes.len() + 1);
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, added);
        }
        agree(&bytes, small, &sizes);
    }

    #[test]
    fn markup_soup_is_judged_alike(
        soup in "(<a|</a|<b|/>|>|<!--|-->|<!\\[CDATA\\[|\\]|\\]>|<\\?|\\?>|&#|;|&|=|'|x|:| |\r|\n|-){0,24}",
        sizes in sizes(), small in 16..40_usize,
    ) {
        agree(soup.as_bytes(), small, &sizes);
        agree(format!("<a>{soup}</a>").as_bytes(), small, &sizes);
        agree(format!("<a {soup}/>").as_bytes(), small, &sizes);
    }
}

#[test]
fn every_cut_of_every_kind_of_token_gives_the_same() {
    let xml = concat!(
        "\u{FEFF}<?xml version='1.0' encoding=\"utf-8\"?>\r\n<!-- - --><?p  q\r\n?>",
        "<a xmlns='d' xmlns:p=\"p\" b='1&#10;\t\"'\r\nxml:lang='de'>x\r\ny\r<b/>]]&gt;&amp;&#xD;]<c ",
        "/>]><![CDATA[<&>]\r\n]]]><![CDATA[]]]]><![CDATA[>]]><p:é ü='𝄞'>𝄞>é\r</p:é \n><!-- é - -->",
        "</a>\r\n",
    );
    assert!(from_tree(xml.as_bytes()).is_some());
    for small in 16..xml.len() {
        agree(xml.as_bytes(), small, &[1, 2, 3]);
    }
    for end in 0..xml.len() {
        agree(&xml.as_bytes()[..end], 16 + end % 50, &[5]);
    }
}

#[test]
fn what_is_forbidden_is_found_across_every_border() {
    for forbidden in [
        "]]>",
        "\u{1}",
        "\u{FFFE}",
        "\u{FFFF}",
        "<![CDATA[\u{1}]]>",
        "<!-- -- -->",
    ] {
        for before in 0..64 {
            let xml = format!("<a>{}{forbidden}{}</a>", "x".repeat(before), "y".repeat(40));
            assert!(from_tree(xml.as_bytes()).is_none());
            for small in 16..20 {
                let judged = streamed(xml.as_bytes(), &window(small), &[3]);
                let known = matches!(judged, Err(Problem::Malformed | Problem::Character));
                assert!(known, "{judged:?} in windows of {small}: {xml:?}");
            }
        }
    }
}

#[test]
fn every_published_sample_agrees() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/oots");
    let mut samples = Vec::new();
    collect(&folder, &mut samples);
    if samples.is_empty() {
        let required = env::vars().any(|(name, value)| name == "CI" && value == "true");
        assert!(!required, "no samples under {}", folder.display());
        println!("not run: no samples under {}", folder.display());
        return;
    }
    for sample in samples {
        let xml = fs::read(&sample).expect("a readable sample");
        let expected = from_tree(&xml);
        let found = streamed(&xml, &StreamLimits::ATTACHMENT, &[4096]);
        assert_eq!(found.ok(), expected, "{}", sample.display());
        let narrow = streamed(&xml, &window(4096), &[7]);
        assert_eq!(narrow.ok(), expected, "{}", sample.display());
    }
}

fn collect(folder: &Path, samples: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, samples);
        } else if path.extension().is_some_and(|it| {
            ["xml", "xsd", "sch", "xsl"]
                .iter()
                .any(|known| it == *known)
        }) {
            samples.push(path);
        }
    }
}
