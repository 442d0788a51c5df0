//! Text to expression: tokens, grammar, and folding of what is constant.

mod token;

use super::{
    Axis, Compared, Compiler, Constants, Expression, Function, NameTest, NotAnExpression, Operator,
    Start, Step,
};
use crate::namespace;
use regex::{Regex, RegexBuilder};
use token::{Token, Tokens};

type Read<T> = Result<T, NotAnExpression>;

/// Nested parentheses, predicates and calls of one expression.
const DEEPEST: usize = 32;

pub(super) fn compile(text: &str, compiler: &mut Compiler) -> Read<Expression> {
    let mut reader = Reader {
        tokens: Tokens::read(text)?,
        compiler,
        variables: Vec::new(),
        depth: 0,
    };
    let expression = reader.single()?;
    if reader.tokens.peek().is_some() {
        return reader.refuse("more text than one expression");
    }
    Ok(expression)
}

struct Reader<'c> {
    tokens: Tokens,
    compiler: &'c mut Compiler,
    variables: Vec<String>,
    depth: usize,
}

impl Reader<'_> {
    fn refuse<T>(&self, problem: &'static str) -> Read<T> {
        Err(NotAnExpression {
            problem,
            position: self.tokens.position(),
        })
    }

    fn expect(&mut self, symbol: &'static str) -> Read<()> {
        if self.tokens.take_symbol(symbol) {
            return Ok(());
        }
        self.refuse("a symbol is missing")
    }

    fn expect_word(&mut self, word: &str) -> Read<()> {
        if self.tokens.take_word(word) {
            return Ok(());
        }
        self.refuse("a keyword is missing")
    }

    fn single(&mut self) -> Read<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.refuse("nested too deeply");
        }
        let expression = if self.tokens.is_word_before("every", "$") {
            self.quantified(true)
        } else if self.tokens.is_word_before("some", "$") {
            self.quantified(false)
        } else if self.tokens.is_word_before("if", "(") {
            self.condition()
        } else {
            self.either()
        };
        self.depth -= 1;
        expression
    }

    fn quantified(&mut self, every: bool) -> Read<Expression> {
        self.tokens.skip();
        self.expect("$")?;
        let Some(Token::Name(name)) = self.tokens.next() else {
            return self.refuse("a variable needs a name");
        };
        self.expect_word("in")?;
        let domain = Box::new(self.single()?);
        self.expect_word("satisfies")?;
        self.variables.push(name);
        let condition = Box::new(self.single()?);
        self.variables.pop();
        Ok(Expression::Quantified {
            every,
            domain,
            condition,
        })
    }

    fn condition(&mut self) -> Read<Expression> {
        self.tokens.skip();
        self.expect("(")?;
        let condition = Box::new(self.single()?);
        self.expect(")")?;
        self.expect_word("then")?;
        let then = Box::new(self.single()?);
        self.expect_word("else")?;
        Ok(Expression::If {
            condition,
            then,
            otherwise: Box::new(self.single()?),
        })
    }

    fn either(&mut self) -> Read<Expression> {
        let mut parts = vec![self.both()?];
        while self.tokens.take_word("or") {
            parts.push(self.both()?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn both(&mut self) -> Read<Expression> {
        let mut parts = vec![self.comparison()?];
        while self.tokens.take_word("and") {
            parts.push(self.comparison()?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn comparison(&mut self) -> Read<Expression> {
        let left = self.sum()?;
        let Some(operator) = self.tokens.take_operator() else {
            return Ok(left);
        };
        let right = self.sum()?;
        let kinds = [left.compared(), right.compared()];
        let kind = [Compared::Boolean, Compared::Number]
            .into_iter()
            .find(|kind| kinds.contains(kind))
            .unwrap_or(Compared::Text);
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        if !equality && kind != Compared::Number {
            return self.refuse("only numbers have an order");
        }
        let shared =
            (operator, kind) == (Operator::Equal, Compared::Text) && right.is_shared_by_siblings();
        Ok(Expression::Compare {
            shared,
            operator,
            kind,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    fn sum(&mut self) -> Read<Expression> {
        let mut parts = vec![self.union()?];
        while self.tokens.take_symbol("+") {
            parts.push(self.union()?);
        }
        Ok(one_or(parts, Expression::Sum))
    }

    fn union(&mut self) -> Read<Expression> {
        let mut parts = vec![self.path()?];
        while self.tokens.take_symbol("|") {
            parts.push(self.path()?);
        }
        Ok(one_or(parts, Expression::Union))
    }

    fn path(&mut self) -> Read<Expression> {
        let mut steps = Vec::new();
        let start = if self.tokens.take_symbol("//") {
            steps.push(self.step(true)?);
            Start::Root
        } else if self.tokens.take_symbol("/") {
            if self.starts_step() {
                steps.push(self.step(false)?);
            }
            Start::Root
        } else if let Some(primary) = self.primary()? {
            if self.tokens.is_symbol("[") {
                return self.refuse("a predicate stands only on a step");
            }
            Start::Expression(Box::new(primary))
        } else {
            steps.push(self.step(false)?);
            Start::Context
        };
        loop {
            if self.tokens.take_symbol("//") {
                steps.push(self.step(true)?);
            } else if self.tokens.take_symbol("/") {
                steps.push(self.step(false)?);
            } else {
                break;
            }
        }
        Ok(match (start, steps.is_empty()) {
            (Start::Expression(primary), true) => *primary,
            (Start::Expression(primary), false) if matches!(*primary, Expression::Context) => {
                Expression::Path {
                    start: Start::Context,
                    steps,
                }
            }
            (start, _) => Expression::Path { start, steps },
        })
    }

    fn starts_step(&self) -> bool {
        matches!(self.tokens.peek(), Some(Token::Name(_)))
            || self.tokens.is_symbol("@")
            || self.tokens.is_symbol("*")
    }

    fn step(&mut self, deep: bool) -> Read<Step> {
        let (axis, name) = if self.tokens.take_symbol("..") {
            (Axis::Parent, NameTest::Any)
        } else if self.tokens.take_symbol("@") {
            (Axis::Attribute, self.name_test(true)?)
        } else {
            let axis = self.axis()?;
            (axis, self.name_test(false)?)
        };
        let axis = match (deep, axis) {
            (false, axis) => axis,
            (true, Axis::Child) => Axis::Descendant,
            (true, _) => return self.refuse("// stands only before an element"),
        };
        let mut predicates = Vec::new();
        while self.tokens.take_symbol("[") {
            let predicate = self.single()?;
            if predicate.compared() == Compared::Number {
                return self.refuse("positions are not in the subset");
            }
            predicates.push(predicate);
            self.expect("]")?;
        }
        Ok(Step {
            axis,
            name,
            predicates,
        })
    }

    fn axis(&mut self) -> Read<Axis> {
        let Some(name) = self.tokens.take_axis() else {
            return Ok(Axis::Child);
        };
        match name.as_str() {
            "child" => Ok(Axis::Child),
            "descendant" => Ok(Axis::Descendant),
            "descendant-or-self" => Ok(Axis::DescendantOrSelf),
            "attribute" => Ok(Axis::Attribute),
            "parent" => Ok(Axis::Parent),
            "ancestor" => Ok(Axis::Ancestor),
            "self" => Ok(Axis::Itself),
            _ => self.refuse("this axis is not in the subset"),
        }
    }

    fn name_test(&mut self, attribute: bool) -> Read<NameTest> {
        if self.tokens.take_symbol("*") {
            return Ok(NameTest::Any);
        }
        let Some(Token::Name(name)) = self.tokens.next() else {
            return self.refuse("a name is missing");
        };
        let Some((prefix, local)) = name.split_once(':') else {
            // No rule addresses an element without namespace; a missing prefix is a slip.
            return if attribute {
                Ok(NameTest::Is("", name))
            } else {
                self.refuse("an element name needs a prefix")
            };
        };
        let Some(uri) = namespace(prefix) else {
            return self.refuse("this prefix is not bound");
        };
        Ok(match local {
            "*" => NameTest::AnyIn(uri),
            local => NameTest::Is(uri, local.to_owned()),
        })
    }

    /// Anything but a step; `None` where a step begins.
    fn primary(&mut self) -> Read<Option<Expression>> {
        if self.tokens.take_symbol(".") {
            return Ok(Some(Expression::Context));
        }
        if self.tokens.take_symbol("$") {
            return self.variable().map(Some);
        }
        if self.tokens.take_symbol("(") {
            let parts = self.arguments()?;
            return Ok(Some(sequence(parts)));
        }
        match self.tokens.take_value() {
            Some(Token::Text(text)) => {
                return Ok(Some(Expression::Constants(Constants::new(vec![text]))));
            }
            Some(Token::Number(number)) => return Ok(Some(Expression::Number(number))),
            _ => {}
        }
        match self.tokens.take_function() {
            Some(name) => self.call(&name).map(Some),
            None => Ok(None),
        }
    }

    fn variable(&mut self) -> Read<Expression> {
        let Some(Token::Name(name)) = self.tokens.next() else {
            return self.refuse("a variable needs a name");
        };
        if let Some(index) = self.variables.iter().rposition(|known| *known == name) {
            return Ok(Expression::Variable(index));
        }
        match self.compiler.lists.get(&name) {
            Some(values) => Ok(Expression::Constants(Constants::new(values.clone()))),
            None => self.refuse("no variable and no code list has this name"),
        }
    }

    /// Expressions up to the closing parenthesis.
    fn arguments(&mut self) -> Read<Vec<Expression>> {
        let mut arguments = Vec::new();
        if self.tokens.take_symbol(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.single()?);
            if self.tokens.take_symbol(")") {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    fn call(&mut self, name: &str) -> Read<Expression> {
        let arguments = self.arguments()?;
        if matches!(name, "matches" | "tokenize") {
            return self.with_pattern(name, arguments);
        }
        let (function, least, most) = match name {
            "boolean" => (Function::Boolean, 1, 1),
            "concat" => (Function::Concat, 2, usize::MAX),
            "contains" => (Function::Contains, 2, 2),
            "count" => (Function::Count, 1, 1),
            "current" => (Function::Current, 0, 0),
            "distinct-values" => (Function::DistinctValues, 1, 1),
            "empty" => (Function::Empty, 1, 1),
            "ends-with" => (Function::EndsWith, 2, 2),
            "exists" => (Function::Exists, 1, 1),
            "local-name" => (Function::LocalName, 0, 1),
            "namespace-uri" => (Function::NamespaceUri, 0, 1),
            "normalize-space" => (Function::NormalizeSpace, 0, 1),
            "not" => (Function::Not, 1, 1),
            "starts-with" => (Function::StartsWith, 2, 2),
            "string" => (Function::StringValue, 0, 1),
            "string-join" => (Function::StringJoin, 2, 2),
            "string-length" => (Function::StringLength, 0, 1),
            "substring-after" => (Function::SubstringAfter, 2, 2),
            "substring-before" => (Function::SubstringBefore, 2, 2),
            _ => return self.refuse("this function is not in the subset"),
        };
        if !(least..=most).contains(&arguments.len()) {
            return self.refuse("wrong number of arguments");
        }
        Ok(Expression::Call(function, arguments))
    }

    fn with_pattern(&mut self, name: &str, arguments: Vec<Expression>) -> Read<Expression> {
        let mut arguments = arguments.into_iter();
        let (Some(subject), Some(pattern)) = (arguments.next(), arguments.next()) else {
            return self.refuse("wrong number of arguments");
        };
        let flags = arguments
            .next()
            .map_or(Some(String::new()), |flags| folded(&flags));
        let (Some(pattern), Some(flags), None) = (folded(&pattern), flags, arguments.next()) else {
            return self.refuse("pattern and flags must be constant");
        };
        let key = (pattern, flags);
        let pattern = match self.compiler.patterns.get(&key) {
            Some(known) => known.clone(),
            None => {
                let Some(new) = regex(&key.0, &key.1) else {
                    return self.refuse("pattern or flags are not in the subset");
                };
                self.compiler.patterns.insert(key, new.clone());
                new
            }
        };
        let subject = Box::new(subject);
        Ok(if name == "matches" {
            Expression::Matches { subject, pattern }
        } else {
            Expression::Tokenize { subject, pattern }
        })
    }
}

fn regex(pattern: &str, flags: &str) -> Option<Regex> {
    if !matches!(flags, "" | "i") {
        return None;
    }
    RegexBuilder::new(pattern)
        .case_insensitive(flags == "i")
        .build()
        .ok()
}

/// The string an expression is, if it is constant.
fn folded(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Constants(constants) => match constants.ordered.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        Expression::Call(Function::Concat, parts) => parts.iter().map(folded).collect(),
        Expression::Call(Function::StringJoin, parts) => match parts.as_slice() {
            [Expression::Constants(constants), separator] => {
                Some(constants.ordered.join(&folded(separator)?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Literals and code lists side by side become one set.
fn sequence(parts: Vec<Expression>) -> Expression {
    let mut constants = Vec::new();
    for part in &parts {
        match part {
            Expression::Constants(more) => constants.extend_from_slice(&more.ordered),
            _ => return one_or(parts, Expression::Sequence),
        }
    }
    Expression::Constants(Constants::new(constants))
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
