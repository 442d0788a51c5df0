//! A box for personal data: what is inside never reaches a log, a metric or an error text.
//! It does not encrypt and does not erase; storage does that.

use std::fmt;

/// Personal data of a user or of somebody the user acts for.
///
/// `Debug` prints `[personal]`; there is no `Display` and no `Serialize`, so the only way to the
/// content is [`Personal::expose`], which a reviewer can search for.
///
/// ```compile_fail,E0277
/// # use mapping::Personal;
/// println!("{}", Personal::new("Erika".to_owned()));
/// ```
#[derive(Clone, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Puts personal data into the box.
    pub const fn new(content: T) -> Self {
        Self(content)
    }

    /// Shows the content. Every call is a place where personal data leaves the box.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Takes the content out.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// The same box around a reference.
    pub const fn as_ref(&self) -> Personal<&T> {
        Personal(&self.0)
    }

    /// Turns the content into something else that is still personal.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Personal<U> {
        Personal(change(self.0))
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl<T> From<T> for Personal<T> {
    fn from(content: T) -> Self {
        Self(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_content() {
        let boxed = Some(Personal::new("Erika Mustermann".to_owned()));
        assert_eq!(format!("{boxed:?}"), "Some([personal])");
    }

    #[test]
    fn content_is_reached_by_expose_only() {
        assert_eq!(Personal::new(7).map(|n| n + 1).expose(), &8);
    }
}
