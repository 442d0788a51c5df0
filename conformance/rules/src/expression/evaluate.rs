//! Evaluation against one document, counting every node that is looked at.

mod walk;

use super::{
    Compared, Expression, Function, Operator,
    value::{Item, normalized},
};
use regex::Regex;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};
use walk::in_order;
use xml::{Document, Element};

type Evaluated<T> = Result<T, Fault>;
type Sequence<'d> = Vec<Item<'d>>;

/// Why an expression has no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// A value of the wrong type, or several where one is allowed.
    Type,
    /// Everything that may be spent on this document is spent.
    Spent,
}

/// Where evaluation stands in a document.
pub(crate) struct Focus<'d> {
    root: Element<'d>,
    current: Item<'d>,
    variables: Vec<Item<'d>>,
    left: u64,
    /// Values that all children of an element share, by expression and parent.
    shared: BTreeMap<(usize, usize), BTreeSet<String>>,
}

impl<'d> Focus<'d> {
    /// `steps` is how many nodes may be looked at before the check is stopped.
    pub(crate) fn new(document: &'d Document, steps: u64) -> Self {
        let root = document.root();
        Self {
            root,
            current: Item::Document(root),
            variables: Vec::new(),
            left: steps,
            shared: BTreeMap::new(),
        }
    }

    /// The nodes a rule applies to.
    pub(crate) fn select(&mut self, context: &Expression) -> Evaluated<Sequence<'d>> {
        let document = Item::Document(self.root);
        self.current = document.clone();
        self.evaluate(context, &document)
    }

    /// Whether a test holds for a node.
    pub(crate) fn holds(&mut self, test: &Expression, node: &Item<'d>) -> Evaluated<bool> {
        self.current = node.clone();
        self.variables.clear();
        self.truth(test, node)
    }

    /// Nodes that may still be looked at.
    #[cfg(test)]
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    fn spend(&mut self) -> Evaluated<()> {
        self.left = self.left.checked_sub(1).ok_or(Fault::Spent)?;
        Ok(())
    }

    /// The effective boolean value.
    fn truth(&mut self, expression: &Expression, context: &Item<'d>) -> Evaluated<bool> {
        match expression {
            Expression::Or(parts) => {
                for part in parts {
                    if self.truth(part, context)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::And(parts) => {
                for part in parts {
                    if !self.truth(part, context)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Compare {
                operator,
                kind,
                left,
                right,
                shared,
            } => {
                if *shared && let Item::Element(element) = context {
                    return self.is_among_siblings(left, right, *element);
                }
                self.compare((*operator, *kind), left, right, context)
            }
            Expression::Matches { subject, pattern } => {
                let text = self.text(subject, context)?;
                Ok(pattern.is_match(&text))
            }
            Expression::Quantified {
                every,
                domain,
                condition,
            } => self.quantified(*every, domain, condition, context),
            Expression::Call(function, arguments) => self.truth_of(*function, arguments, context),
            _ => {
                let items = self.evaluate(expression, context)?;
                effective(&items)
            }
        }
    }

    fn truth_of(
        &mut self,
        function: Function,
        arguments: &[Expression],
        context: &Item<'d>,
    ) -> Evaluated<bool> {
        let pair: fn(&str, &str) -> bool = match (function, arguments) {
            (Function::Boolean, [one]) => return self.truth(one, context),
            (Function::Not, [one]) => return self.truth(one, context).map(|truth| !truth),
            (Function::Exists, [one]) => {
                return self.evaluate(one, context).map(|items| !items.is_empty());
            }
            (Function::Empty, [one]) => {
                return self.evaluate(one, context).map(|items| items.is_empty());
            }
            (Function::Contains, _) => |text, part| text.contains(part),
            (Function::StartsWith, _) => |text, part| text.starts_with(part),
            (Function::EndsWith, _) => |text, part| text.ends_with(part),
            _ => return effective(&self.call(function, arguments, context)?),
        };
        let [text, part] = arguments else {
            return Err(Fault::Type);
        };
        let text = self.text(text, context)?;
        let part = self.text(part, context)?;
        Ok(pair(&text, &part))
    }

    fn quantified(
        &mut self,
        every: bool,
        domain: &Expression,
        condition: &Expression,
        context: &Item<'d>,
    ) -> Evaluated<bool> {
        for item in self.evaluate(domain, context)? {
            self.variables.push(item);
            let holds = self.truth(condition, context);
            self.variables.pop();
            if holds? != every {
                return Ok(!every);
            }
        }
        Ok(every)
    }

    fn compare(
        &mut self,
        (operator, kind): (Operator, Compared),
        left: &Expression,
        right: &Expression,
        context: &Item<'d>,
    ) -> Evaluated<bool> {
        if kind == Compared::Boolean {
            let same = self.truth(left, context)? == self.truth(right, context)?;
            return Ok(same == (operator == Operator::Equal));
        }
        let lefts = self.evaluate(left, context)?;
        if let (Operator::Equal, Expression::Constants(known)) = (operator, right) {
            return Ok(lefts.iter().any(|item| known.contains(&item.text())));
        }
        let rights = self.evaluate(right, context)?;
        for left in &lefts {
            for right in &rights {
                self.spend()?;
                let holds = match kind {
                    Compared::Number => numbers(operator, number(left)?, number(right)?),
                    Compared::Text | Compared::Boolean => {
                        (left.text() == right.text()) == (operator == Operator::Equal)
                    }
                };
                if holds {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// `left = ../…`: without this, a list of n objects that refer to each other costs n².
    fn is_among_siblings(
        &mut self,
        left: &Expression,
        right: &Expression,
        element: Element<'d>,
    ) -> Evaluated<bool> {
        let context = Item::Element(element);
        let parent = element
            .parent()
            .map_or(usize::MAX, |parent| parent.span().start);
        // Expressions outlive the check, so the address names one.
        let key = (std::ptr::from_ref(right).addr(), parent);
        if !self.shared.contains_key(&key) {
            let values = self.evaluate(right, &context)?;
            let values = values.iter().map(|item| item.text().into_owned()).collect();
            self.shared.insert(key, values);
        }
        let lefts = self.evaluate(left, &context)?;
        let known = self.shared.get(&key);
        Ok(known.is_some_and(|known| {
            lefts
                .iter()
                .any(|item| known.contains(item.text().as_ref()))
        }))
    }

    fn evaluate(&mut self, expression: &Expression, context: &Item<'d>) -> Evaluated<Sequence<'d>> {
        Ok(match expression {
            Expression::Path { start, steps } => return self.path(start, steps, context),
            Expression::Union(parts) => {
                let all = self.all(parts, context)?;
                in_order(all)
            }
            Expression::Sequence(parts) => self.all(parts, context)?,
            Expression::Constants(constants) => (constants.ordered.iter())
                .map(|value| Item::Text(Cow::Owned(value.clone())))
                .collect(),
            Expression::Number(number) => vec![Item::Number(*number)],
            Expression::Variable(index) => match self.variables.get(*index) {
                Some(item) => vec![item.clone()],
                None => return Err(Fault::Type),
            },
            Expression::Context => vec![context.clone()],
            Expression::Sum(parts) => {
                let mut sum = 0.0;
                for part in parts {
                    for item in self.evaluate(part, context)? {
                        sum += number(&item)?;
                    }
                }
                vec![Item::Number(sum)]
            }
            Expression::Tokenize { subject, pattern } => {
                tokens(pattern, &self.text(subject, context)?)
            }
            Expression::If {
                condition,
                then,
                otherwise,
            } => {
                let chosen = if self.truth(condition, context)? {
                    then
                } else {
                    otherwise
                };
                return self.evaluate(chosen, context);
            }
            Expression::Call(function, arguments) => {
                return self.call(*function, arguments, context);
            }
            Expression::Or(_)
            | Expression::And(_)
            | Expression::Compare { .. }
            | Expression::Matches { .. }
            | Expression::Quantified { .. } => {
                vec![Item::Boolean(self.truth(expression, context)?)]
            }
        })
    }

    fn all(&mut self, parts: &[Expression], context: &Item<'d>) -> Evaluated<Sequence<'d>> {
        let mut all = Vec::new();
        for part in parts {
            all.append(&mut self.evaluate(part, context)?);
        }
        Ok(all)
    }

    fn call(
        &mut self,
        function: Function,
        arguments: &[Expression],
        context: &Item<'d>,
    ) -> Evaluated<Sequence<'d>> {
        let text = |text| Ok(vec![Item::Text(text)]);
        match (function, arguments) {
            (Function::Current, []) => Ok(vec![self.current.clone()]),
            (Function::Count, [items]) => {
                let items = self.evaluate(items, context)?;
                Ok(vec![Item::Number(items.len() as f64)])
            }
            (Function::DistinctValues, [items]) => {
                let items = self.evaluate(items, context)?;
                let values: BTreeSet<Cow<'d, str>> = items.iter().map(Item::text).collect();
                Ok(values.into_iter().map(Item::Text).collect())
            }
            (Function::LocalName | Function::NamespaceUri, _) => {
                let item = self.argument(arguments, context)?;
                text(Cow::Borrowed(name(function, item.as_ref())?))
            }
            (Function::NormalizeSpace | Function::StringValue | Function::StringLength, _) => {
                let item = self.argument(arguments, context)?;
                let value = item.map_or(Cow::Borrowed(""), |item| item.text());
                match function {
                    Function::NormalizeSpace => text(normalized(value)),
                    Function::StringLength => Ok(vec![Item::Number(value.chars().count() as f64)]),
                    _ => text(value),
                }
            }
            (Function::Concat, parts) => {
                let mut whole = String::new();
                for part in parts {
                    whole.push_str(&self.text(part, context)?);
                }
                text(Cow::Owned(whole))
            }
            (Function::StringJoin, [items, separator]) => {
                let items = self.evaluate(items, context)?;
                let separator = self.text(separator, context)?;
                let parts: Vec<Cow<'d, str>> = items.iter().map(Item::text).collect();
                text(Cow::Owned(parts.join(&separator)))
            }
            (Function::SubstringAfter | Function::SubstringBefore, [whole, mark]) => {
                let whole = self.text(whole, context)?;
                let mark = self.text(mark, context)?;
                let (before, after) = whole.split_once(mark.as_ref()).unwrap_or_default();
                let part = if function == Function::SubstringAfter {
                    after
                } else {
                    before
                };
                text(Cow::Owned(part.to_owned()))
            }
            _ => Ok(vec![Item::Boolean(
                self.truth_of(function, arguments, context)?,
            )]),
        }
    }

    /// The one argument of a function, or the context; at most one item.
    fn argument(
        &mut self,
        arguments: &[Expression],
        context: &Item<'d>,
    ) -> Evaluated<Option<Item<'d>>> {
        let Some(argument) = arguments.first() else {
            return Ok(Some(context.clone()));
        };
        let mut items = self.evaluate(argument, context)?.into_iter();
        let item = items.next();
        if items.next().is_some() {
            return Err(Fault::Type);
        }
        Ok(item)
    }

    fn text(&mut self, expression: &Expression, context: &Item<'d>) -> Evaluated<Cow<'d, str>> {
        let item = self.argument(std::slice::from_ref(expression), context)?;
        Ok(item.map_or(Cow::Borrowed(""), |item| item.text()))
    }
}

fn effective(items: &[Item<'_>]) -> Evaluated<bool> {
    match items {
        [] => Ok(false),
        [first, ..] if first.is_node() => Ok(true),
        [Item::Boolean(truth)] => Ok(*truth),
        [Item::Text(text)] => Ok(!text.is_empty()),
        [Item::Number(number)] => Ok(*number != 0.0),
        _ => Err(Fault::Type),
    }
}

fn number(item: &Item<'_>) -> Evaluated<f64> {
    match item {
        Item::Number(number) => Ok(*number),
        _ => item.text().trim().parse().map_err(|_| Fault::Type),
    }
}

fn numbers(operator: Operator, left: f64, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::LessOrEqual => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterOrEqual => left >= right,
    }
}

fn name<'d>(function: Function, item: Option<&Item<'d>>) -> Evaluated<&'d str> {
    let name = match item {
        None | Some(Item::Document(_)) => return Ok(""),
        Some(Item::Element(element)) => element.name(),
        Some(Item::Attribute(attribute)) => attribute.name(),
        Some(Item::Text(_) | Item::Number(_) | Item::Boolean(_)) => return Err(Fault::Type),
    };
    Ok(if function == Function::LocalName {
        name.local
    } else {
        name.namespace
    })
}

/// `tokenize`: an empty text has no tokens.
fn tokens<'d>(pattern: &Regex, text: &str) -> Sequence<'d> {
    if text.is_empty() {
        return Vec::new();
    }
    pattern
        .split(text)
        .map(|token| Item::Text(Cow::Owned(token.to_owned())))
        .collect()
}
