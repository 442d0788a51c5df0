//! The XPath subset our own rules are written in, compiled once and shared by all threads.
//!
//! It is real XPath 2.0: what is written here means the same to a full engine, and the tests run
//! every rule through one to prove it. The subset leaves out what rules need not: positions,
//! node-type tests other than names, arithmetic beyond `+`, value comparison, most functions.
//! Anything outside is refused when a set is compiled, never when a document is checked.

mod evaluate;
mod read;
mod value;

use regex::Regex;
use std::collections::BTreeMap;

pub(crate) use evaluate::{Fault, Focus};
pub(crate) use value::Item;

/// Values of the code lists, by the name of the variable.
pub(crate) type CodeLists = BTreeMap<String, Vec<String>>;

/// Compiles the expressions of one set. Its rules share few patterns, some of them large.
pub(crate) struct Compiler {
    lists: CodeLists,
    patterns: BTreeMap<(String, String), Regex>,
}

impl Compiler {
    pub(crate) fn new(lists: CodeLists) -> Self {
        Self {
            lists,
            patterns: BTreeMap::new(),
        }
    }

    /// Compiles a test or a context.
    pub(crate) fn compile(&mut self, text: &str) -> Result<Expression, NotAnExpression> {
        read::compile(text, self)
    }
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) enum Expression {
    Or(Vec<Self>),
    And(Vec<Self>),
    Compare {
        operator: Operator,
        kind: Compared,
        left: Box<Self>,
        right: Box<Self>,
        /// The right side is the same for all siblings, so it is evaluated once for all of them.
        shared: bool,
    },
    Sum(Vec<Self>),
    Union(Vec<Self>),
    Path {
        start: Start,
        steps: Vec<Step>,
    },
    Constants(Constants),
    Number(f64),
    Sequence(Vec<Self>),
    Variable(usize),
    Context,
    Call(Function, Vec<Self>),
    Matches {
        subject: Box<Self>,
        pattern: Regex,
    },
    Tokenize {
        subject: Box<Self>,
        pattern: Regex,
    },
    Quantified {
        every: bool,
        domain: Box<Self>,
        condition: Box<Self>,
    },
    If {
        condition: Box<Self>,
        then: Box<Self>,
        otherwise: Box<Self>,
    },
}

/// String literals and code lists, known when the expression is compiled.
#[derive(Debug)]
pub(crate) struct Constants {
    ordered: Vec<String>,
    sorted: Vec<String>,
}

impl Constants {
    fn new(ordered: Vec<String>) -> Self {
        let mut sorted = ordered.clone();
        sorted.sort_unstable();
        sorted.dedup();
        Self { ordered, sorted }
    }

    fn contains(&self, value: &str) -> bool {
        self.sorted
            .binary_search_by(|known| known.as_str().cmp(value))
            .is_ok()
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How the operands of a comparison are compared; known from their expressions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Compared {
    Text,
    Number,
    Boolean,
}

#[derive(Debug)]
pub(crate) enum Start {
    Context,
    Root,
    Expression(Box<Expression>),
}

#[derive(Debug)]
pub(crate) struct Step {
    axis: Axis,
    name: NameTest,
    predicates: Vec<Expression>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Attribute,
    Parent,
    Ancestor,
    Itself,
}

#[derive(Debug)]
pub(crate) enum NameTest {
    Any,
    AnyIn(&'static str),
    Is(&'static str, String),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Function {
    Boolean,
    Concat,
    Contains,
    Count,
    Current,
    DistinctValues,
    Empty,
    EndsWith,
    Exists,
    LocalName,
    NamespaceUri,
    NormalizeSpace,
    Not,
    StartsWith,
    StringJoin,
    StringLength,
    StringValue,
    SubstringAfter,
    SubstringBefore,
}

/// Why an expression was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{problem} at character {position}")]
pub(crate) struct NotAnExpression {
    problem: &'static str,
    position: usize,
}

impl Expression {
    /// Whether the value depends on nothing but the parent of the context node.
    fn is_shared_by_siblings(&self) -> bool {
        let Self::Path {
            start: Start::Context,
            steps,
        } = self
        else {
            return false;
        };
        let from_parent = steps.first().is_some_and(|step| step.axis == Axis::Parent);
        from_parent && !self.uses_focus()
    }

    /// Whether `current()` or a variable occurs.
    fn uses_focus(&self) -> bool {
        let any = |parts: &[Self]| parts.iter().any(Self::uses_focus);
        match self {
            Self::Variable(_) | Self::Call(Function::Current, _) => true,
            Self::Constants(_) | Self::Number(_) | Self::Context => false,
            Self::Or(parts)
            | Self::And(parts)
            | Self::Sum(parts)
            | Self::Union(parts)
            | Self::Sequence(parts)
            | Self::Call(_, parts) => any(parts),
            Self::Compare { left, right, .. } => left.uses_focus() || right.uses_focus(),
            Self::Path { start, steps } => {
                matches!(start, Start::Expression(start) if start.uses_focus())
                    || steps.iter().any(|step| any(&step.predicates))
            }
            Self::Matches { subject, .. } | Self::Tokenize { subject, .. } => subject.uses_focus(),
            Self::Quantified {
                domain, condition, ..
            } => domain.uses_focus() || condition.uses_focus(),
            Self::If {
                condition,
                then,
                otherwise,
            } => condition.uses_focus() || then.uses_focus() || otherwise.uses_focus(),
        }
    }

    fn compared(&self) -> Compared {
        match self {
            Self::Number(_)
            | Self::Sum(_)
            | Self::Call(Function::Count | Function::StringLength, _) => Compared::Number,
            Self::If { then, .. } => then.compared(),
            Self::Or(_)
            | Self::And(_)
            | Self::Compare { .. }
            | Self::Matches { .. }
            | Self::Quantified { .. }
            | Self::Call(
                Function::Boolean
                | Function::Contains
                | Function::Empty
                | Function::EndsWith
                | Function::Exists
                | Function::Not
                | Function::StartsWith,
                _,
            ) => Compared::Boolean,
            Self::Union(_)
            | Self::Path { .. }
            | Self::Constants(_)
            | Self::Sequence(_)
            | Self::Variable(_)
            | Self::Context
            | Self::Call(..)
            | Self::Tokenize { .. } => Compared::Text,
        }
    }
}

#[cfg(test)]
mod tests;
