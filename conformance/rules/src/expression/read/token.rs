//! Tokens of an expression.

use crate::expression::{NotAnExpression, Operator};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, with prefix if it has one; the local part may be `*`.
    Name(String),
    /// A name before `::`.
    Axis(String),
    /// A name before `(`.
    Function(String),
    Text(String),
    Number(f64),
    Symbol(&'static str),
}

/// Longer ones first.
const SYMBOLS: [&str; 19] = [
    "//", "..", "!=", "<=", ">=", "::", "/", ".", "=", "<", ">", "|", "+", "@", "$", "(", ")", "[",
    "]",
];

pub(super) struct Tokens {
    tokens: Vec<(Token, usize)>,
    next: usize,
    length: usize,
}

impl Tokens {
    pub(super) fn read(text: &str) -> Result<Self, NotAnExpression> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let position = text.len() - rest.len();
            let (token, after) = token(rest).ok_or(NotAnExpression {
                problem: "a character that starts no token",
                position,
            })?;
            tokens.push((token, position));
            rest = after.trim_start();
        }
        Ok(Self {
            tokens,
            next: 0,
            length: text.len(),
        })
    }

    pub(super) fn position(&self) -> usize {
        self.tokens
            .get(self.next)
            .map_or(self.length, |(_, position)| *position)
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.skip();
        token
    }

    pub(super) fn skip(&mut self) {
        self.next += 1;
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    /// Keywords are names; where an operator may stand, no name may.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = match self.peek() {
            // `or (…)` and `and (…)` look like calls.
            Some(Token::Name(name) | Token::Function(name)) => name == word,
            _ => false,
        };
        self.next += usize::from(found);
        found
    }

    pub(super) fn is_word_before(&self, word: &str, symbol: &str) -> bool {
        let first = match self.peek() {
            Some(Token::Name(name) | Token::Function(name)) => name == word,
            _ => false,
        };
        let second = self.tokens.get(self.next + 1).map(|(token, _)| token);
        first && matches!(second, Some(Token::Symbol(found)) if *found == symbol)
    }

    pub(super) fn take_operator(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            Token::Symbol("=") => Operator::Equal,
            Token::Symbol("!=") => Operator::NotEqual,
            Token::Symbol("<") => Operator::Less,
            Token::Symbol("<=") => Operator::LessOrEqual,
            Token::Symbol(">") => Operator::Greater,
            Token::Symbol(">=") => Operator::GreaterOrEqual,
            _ => return None,
        };
        self.skip();
        Some(operator)
    }

    pub(super) fn take_axis(&mut self) -> Option<String> {
        match self.peek() {
            Some(Token::Axis(name)) => {
                let name = name.clone();
                self.skip();
                Some(name)
            }
            _ => None,
        }
    }

    pub(super) fn take_value(&mut self) -> Option<Token> {
        matches!(self.peek(), Some(Token::Text(_) | Token::Number(_)))
            .then(|| self.next())
            .flatten()
    }

    /// The name of a call, its opening parenthesis taken with it.
    pub(super) fn take_function(&mut self) -> Option<String> {
        match self.peek() {
            Some(Token::Function(name)) => {
                let name = name.clone();
                self.next += 2;
                Some(name)
            }
            _ => None,
        }
    }
}

fn token(text: &str) -> Option<(Token, &str)> {
    let first = text.chars().next()?;
    if first == '\'' || first == '"' {
        return literal(text, first);
    }
    if first.is_ascii_digit() {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        return Some((Token::Number(number.parse().ok()?), rest));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        return name(text);
    }
    if let Some(rest) = text.strip_prefix(',') {
        return Some((Token::Symbol(","), rest));
    }
    if let Some(rest) = text.strip_prefix('*') {
        return Some((Token::Symbol("*"), rest));
    }
    SYMBOLS.into_iter().find_map(|symbol| {
        text.strip_prefix(symbol)
            .map(|rest| (Token::Symbol(symbol), rest))
    })
}

/// A string literal; a doubled quotation mark stands for one.
fn literal(text: &str, quote: char) -> Option<(Token, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix(quote)?;
    loop {
        let (piece, after) = rest.split_once(quote)?;
        value.push_str(piece);
        match after.strip_prefix(quote) {
            Some(more) => {
                value.push(quote);
                rest = more;
            }
            None => return Some((Token::Text(value), after)),
        }
    }
}

fn name(text: &str) -> Option<(Token, &str)> {
    let (first, mut rest) = nc_name(text)?;
    let mut name = first.to_owned();
    if !rest.starts_with("::")
        && let Some(after) = rest.strip_prefix(':')
    {
        let (local, after) = match after.strip_prefix('*') {
            Some(after) => ("*", after),
            None => nc_name(after)?,
        };
        name = format!("{name}:{local}");
        rest = after;
    }
    let ahead = rest.trim_start();
    Some(if let Some(after) = ahead.strip_prefix("::") {
        (Token::Axis(name), after)
    } else if ahead.starts_with('(') && !name.contains(':') {
        (Token::Function(name), rest)
    } else {
        (Token::Name(name), rest)
    })
}

fn nc_name(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at_checked(end)).flatten()
}
