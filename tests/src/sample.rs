//! The published messages, read where they lie, and the few places in them that a test adapts.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;

/// The folder of the reference data. Without it a test has nothing to run on: that is a failure
/// where everything has to be checked, and a line of output elsewhere.
///
/// # Panics
/// It is absent although `CI` is `true`.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    reason = "what decides whether a test can run at all"
)]
pub fn reference() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference");
    if folder.is_dir() {
        return Some(folder);
    }
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        panic!("shared/reference is absent");
    }
    eprintln!("not run: shared/reference is absent");
    None
}

/// A published message with its adaptations.
#[derive(Clone, Debug)]
pub struct Sample(String);

impl Sample {
    /// The message at this path below `oots`; none without the reference data.
    ///
    /// # Panics
    /// The data is there and the file is not.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot read its input")]
    pub fn published(path: &str) -> Option<Self> {
        let text = std::fs::read_to_string(reference()?.join("oots").join(path));
        Some(Self(text.expect("a published message can be read")))
    }

    /// The same with one text for another, wherever it occurs.
    ///
    /// # Panics
    /// It does not occur: the test would not test what it says.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, old: &str, new: &str) -> Self {
        assert!(self.0.contains(old), "{old:?} is not in the sample");
        self.0 = self.0.replace(old, new);
        self
    }

    /// The same with the content of the first element of this name exchanged.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    #[track_caller]
    pub fn with_element(self, name: &str, content: &str) -> Self {
        let place = self.find(&format!("<{name}>"), &format!("</{name}>"));
        self.replaced(place, content)
    }

    /// The same with the value of a slot exchanged: its first `rim:Value`, or the `value` of its
    /// first `rim:LocalizedString`.
    ///
    /// # Panics
    /// There is no such slot.
    #[must_use]
    #[track_caller]
    pub fn with_slot(self, name: &str, value: &str) -> Self {
        let (slot, end) = self.find(&format!("<rim:Slot name=\"{name}\">"), "</rim:Slot>");
        let inside = Self(self.0.get(slot..end).unwrap_or_default().to_owned());
        let international = inside.0.contains("rim:LocalizedString");
        let marks = if international {
            (" value=\"", "\"")
        } else {
            ("<rim:Value>", "</rim:Value>")
        };
        let (from, to) = inside.find(marks.0, marks.1);
        self.replaced((slot + from, slot + to), value)
    }

    /// The same with the root attribute `id` or `requestId` exchanged.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    #[track_caller]
    pub fn with_root(self, attribute: &str, value: &str) -> Self {
        let mark = format!("{attribute}=\"");
        let is_whole = |at: &usize| {
            let before = self.0.get(..*at).unwrap_or_default();
            before.ends_with(char::is_whitespace)
        };
        let mut places = self.0.match_indices(&mark).map(|(at, _)| at);
        let at = places.find(is_whole).unwrap_or(self.0.len());
        let rest = Self(self.0.get(at..).unwrap_or_default().to_owned());
        let (from, to) = rest.find(&mark, "\"");
        self.replaced((at + from, at + to), value)
    }

    /// The message as text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The message as it is sent.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        Bytes::copy_from_slice(self.0.as_bytes())
    }

    /// Every content id the message refers to, in its order.
    #[must_use]
    pub fn content_ids(&self) -> Vec<&str> {
        let after = self.0.split("href=\"cid:").skip(1);
        after.filter_map(|rest| rest.split('"').next()).collect()
    }

    #[track_caller]
    fn find(&self, before: &str, after: &str) -> (usize, usize) {
        let found = self.try_find(before, after);
        found.unwrap_or_else(|error| fail(&error))
    }

    fn try_find(&self, before: &str, after: &str) -> Result<(usize, usize)> {
        let missing = || format!("{before:?} is not in the sample");
        let from = self.0.find(before).with_context(missing)? + before.len();
        let rest = self.0.get(from..).with_context(missing)?;
        let length = rest.find(after).with_context(missing)?;
        ensure!(!rest.is_empty(), missing());
        Ok((from, from + length))
    }

    fn replaced(mut self, (from, to): (usize, usize), new: &str) -> Self {
        self.0.replace_range(from..to, new);
        self
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "test code")]
fn fail(error: &anyhow::Error) -> ! {
    panic!("{error:#}")
}
