//! A list that cannot be empty: what the standard writes as 1..n.

use std::ops::Deref;

/// One value or more, in the order received.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OneOrMore<T>(Vec<T>);

impl<T> OneOrMore<T> {
    /// A list of exactly one value.
    pub fn one(value: T) -> Self {
        Self(vec![value])
    }

    /// The list, or nothing when it would be empty.
    pub fn new(values: Vec<T>) -> Option<Self> {
        if values.is_empty() {
            None
        } else {
            Some(Self(values))
        }
    }

    /// Appends a value.
    pub fn push(&mut self, value: T) {
        self.0.push(value);
    }

    /// All values, in order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// All values, in order, owned.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T> Deref for OneOrMore<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a OneOrMore<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T> From<T> for OneOrMore<T> {
    fn from(value: T) -> Self {
        Self::one(value)
    }
}
