//! From the expressions of a Schematron file to queries of the XPath engine.

use super::read::Let;
use std::fmt::Write;

/// Stands for `current()`, which XPath alone does not have.
const CURRENT: &str = "$schematron-current";

/// Brackets and parentheses within each other. The parser of the engine takes twice the time for
/// each level; published rules have four.
const DEEPEST: usize = 10;
/// Names, symbols and literals of one expression. The compiler of the engine recurses over chains
/// such as `a or b or …`, and a stack that overflows ends the process; published rules have eighty.
const MOST_TOKENS: usize = 250;
/// Variables one test needs, for the same reason.
const MOST_VARIABLES: usize = 100;

/// Why an expression is not given to the engine.
const TOO_LARGE: &str = "too deeply nested or too long for the XPath engine";

/// The nodes a rule applies to. Its context is a pattern that may match anywhere; as a query it
/// starts at the root. `/descendant::P`, not `//P`: the latter is ten times slower.
pub(super) fn context(pattern: &str, global: &[&Let]) -> Result<String, String> {
    check_size(pattern)?;
    let branches: Result<Vec<String>, String> = split(pattern, '|')
        .into_iter()
        .map(|branch| from_root(branch.trim()))
        .collect();
    let mut query = variables(pattern, global, &[])?;
    query.push_str(&branches?.join(" | "));
    Ok(query)
}

/// A query for the truth of a test, with the variables it uses.
pub(super) fn test(text: &str, global: &[&Let], local: &[Let]) -> Result<String, String> {
    check_size(text)?;
    let mut query = format!("let {CURRENT} := . return ");
    query.push_str(&variables(text, global, local)?);
    query.push_str("boolean(");
    query.push_str(&with_current(text));
    query.push(')');
    Ok(query)
}

fn variables(text: &str, global: &[&Let], local: &[Let]) -> Result<String, String> {
    let mut query = String::new();
    let used = used(text, global, local);
    if used.len() > MOST_VARIABLES {
        return Err(TOO_LARGE.to_owned());
    }
    for (value, scope) in used {
        check_size(&value.value)?;
        let expression = with_current(&value.value);
        // Writing to a string does not fail.
        let _written = match scope {
            Scope::Document => write!(query, "let ${} := (/ ! ({expression})) return ", value.name),
            Scope::Rule => write!(query, "let ${} := ({expression}) return ", value.name),
        };
    }
    Ok(query)
}

fn check_size(text: &str) -> Result<(), String> {
    let (mut depth, mut tokens) = (0_usize, 0_usize);
    let mut quote = None;
    let mut in_name = false;
    for c in text.chars() {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            continue;
        }
        let name = is_name_char(c);
        tokens += usize::from(!(c.is_whitespace() || name && in_name));
        in_name = name;
        match c {
            '\'' | '"' => quote = Some(c),
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST || tokens > MOST_TOKENS {
            return Err(TOO_LARGE.to_owned());
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Scope {
    Document,
    Rule,
}

/// The variables a text needs, directly or through other variables, in the order of their
/// definitions. An unused one is not evaluated and so cannot fail.
fn used<'l>(text: &str, global: &[&'l Let], local: &'l [Let]) -> Vec<(&'l Let, Scope)> {
    let all: Vec<(&Let, Scope)> = (global.iter().map(|value| (*value, Scope::Document)))
        .chain(local.iter().map(|value| (value, Scope::Rule)))
        .collect();
    let mut needed: Vec<(&Let, Scope)> = Vec::new();
    for (value, scope) in all.into_iter().rev() {
        let mentioned = mentions(text, &value.name)
            || needed
                .iter()
                .any(|(user, _)| mentions(&user.value, &value.name));
        if mentioned {
            needed.push((value, scope));
        }
    }
    needed.reverse();
    needed
}

fn mentions(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        text.get(at + 1..)
            .and_then(|rest| rest.trim_start().strip_prefix(name))
            .is_some_and(|rest| !rest.starts_with(is_name_char))
    })
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn from_root(branch: &str) -> Result<String, String> {
    let branch = if branch.contains("current()") {
        bind_current(branch)?
    } else {
        branch.to_owned()
    };
    let branch = branch.as_str();
    let pattern = branch.strip_prefix("//");
    if pattern.is_none() && branch.starts_with('/') {
        return Ok(branch.to_owned());
    }
    let pattern = pattern.unwrap_or(branch);
    let pattern = pattern.strip_prefix("child::").unwrap_or(pattern);
    if pattern.is_empty() {
        return Err("an empty context".to_owned());
    }
    if pattern.starts_with('@') || pattern.starts_with("attribute::") {
        return Ok(format!("/descendant::*/{pattern}"));
    }
    // A position counts siblings, which only the slow form does.
    Ok(if has_position(pattern) {
        format!("//{pattern}")
    } else {
        format!("/descendant::{pattern}")
    })
}

fn has_position(pattern: &str) -> bool {
    let number = |after: &str| {
        after
            .split(']')
            .next()
            .is_some_and(|inside| !inside.is_empty() && inside.trim().parse::<u32>().is_ok())
    };
    pattern.contains("position()")
        || pattern.contains("last()")
        || pattern.split('[').skip(1).any(number)
}

/// In a pattern `current()` is the node that is being matched: the context of a predicate of the
/// last step.
fn bind_current(branch: &str) -> Result<String, String> {
    let steps = split(branch, '/');
    let (last, above) = steps
        .split_last()
        .ok_or_else(|| "an empty context".to_owned())?;
    if above.iter().any(|step| step.contains("current()")) {
        return Err("current() is supported in the last step of a context only".to_owned());
    }
    let mut bound = String::new();
    for piece in split_predicates(last) {
        if piece.starts_with('[') && piece.contains("current()") {
            let inside = piece.trim_start_matches('[');
            let inside = inside.strip_suffix(']').unwrap_or(inside);
            // Writing to a string does not fail.
            let _written = write!(
                bound,
                "[let {CURRENT} := . return {}]",
                with_current(inside)
            );
        } else {
            bound.push_str(piece);
        }
    }
    let mut whole: String = above.iter().flat_map(|step| [*step, "/"]).collect();
    whole.push_str(&bound);
    Ok(whole)
}

fn with_current(text: &str) -> String {
    text.replace("current()", CURRENT)
}

/// Splits where the mark stands outside brackets and literals.
fn split(text: &str, mark: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, c) in outside(text) {
        if c == mark {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + c.len_utf8();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// A step in pieces: what stands before its predicates, and each predicate with its brackets.
fn split_predicates(step: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut previous: Option<usize> = None;
    for (at, c) in outside(step) {
        // Every character outside predicates is seen here; a gap is a predicate.
        let after = previous.map_or(0, |before| before + 1);
        if at > after {
            pieces.push(step.get(start..after).unwrap_or_default());
            pieces.extend(one_by_one(step.get(after..at).unwrap_or_default()));
            start = at;
        }
        previous = Some(at + c.len_utf8() - 1);
    }
    let after = previous.map_or(0, |before| before + 1);
    pieces.push(step.get(start..after).unwrap_or_default());
    pieces.extend(one_by_one(step.get(after..).unwrap_or_default()));
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// `[a][b]` as `[a]` and `[b]`.
fn one_by_one(predicates: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in predicates.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    pieces.push(predicates.get(start..=at).unwrap_or_default());
                    start = at + 1;
                }
            }
            (None, _) => {}
        }
    }
    pieces.push(predicates.get(start..).unwrap_or_default());
    pieces
}

/// The characters outside brackets, parentheses and literals.
fn outside(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut depth = 0_usize;
    let mut quote = None;
    text.char_indices().filter(move |(_, c)| {
        if let Some(open) = quote {
            if *c == open {
                quote = None;
            }
            return false;
        }
        match c {
            '\'' | '"' => {
                quote = Some(*c);
                false
            }
            '(' | '[' => {
                depth += 1;
                false
            }
            ')' | ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_context(pattern: &str, expected: &str) {
        assert_eq!(context(pattern, &[]).as_deref(), Ok(expected));
    }

    #[test]
    fn a_relative_pattern_matches_anywhere() {
        check_context("a:b/a:c", "/descendant::a:b/a:c");
    }

    #[test]
    fn an_absolute_pattern_stays() {
        check_context("/node()", "/node()");
    }

    #[test]
    fn a_double_slash_is_made_fast() {
        check_context("//a:b | //a:c", "/descendant::a:b | /descendant::a:c");
    }

    #[test]
    fn a_union_inside_a_predicate_is_not_split() {
        check_context("a:b[a:c | a:d]", "/descendant::a:b[a:c | a:d]");
    }

    #[test]
    fn a_bar_in_a_literal_is_not_split() {
        check_context("a:b[@c='x|y']", "/descendant::a:b[@c='x|y']");
    }

    #[test]
    fn an_attribute_matches_on_any_element() {
        check_context("@id", "/descendant::*/@id");
    }

    #[test]
    fn a_position_takes_the_form_that_counts_siblings() {
        check_context("a:b[1]/a:c", "//a:b[1]/a:c");
    }

    #[test]
    fn current_in_a_context_is_the_node_itself() {
        check_context(
            "a:b[@x][../a:c[@id=current()/@y]]",
            "/descendant::a:b[@x][let $schematron-current := . return \
             ../a:c[@id=$schematron-current/@y]]",
        );
    }

    #[test]
    fn only_used_variables_are_bound() {
        let value = |name: &str, value: &str| Let {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let (first, unused) = (value("a", "1"), value("ab", "error()"));
        let query = test("$b", &[&first, &unused], &[value("b", "$a + 1")]).unwrap();
        assert_eq!(
            query,
            "let $schematron-current := . return let $a := (/ ! (1)) return \
             let $b := ($a + 1) return boolean($b)"
        );
    }

    #[test]
    fn what_would_overflow_the_engine_is_refused() {
        let refused = |text: &str| test(text, &[], &[]) == Err(TOO_LARGE.to_owned());
        assert!(refused(&vec!["'a'"; 600].join(",")));
        assert!(refused(&vec!["@a"; 300].join(" or ")));
        assert!(refused(&format!("{}1{}", "(".repeat(20), ")".repeat(20))));
        assert!(!refused(&format!("contains('{}', .)", "(or )".repeat(600))));
    }
}
