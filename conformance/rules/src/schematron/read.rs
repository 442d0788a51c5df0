//! A Schematron file as plain data: includes followed, abstract patterns and rules filled in.

use super::{RuleFile, last_part};
use crate::Severity;
use xml::{Document, Element, Limits, Node};

const SCHEMATRON: &str = "http://purl.oclc.org/dsdl/schematron";
/// Includes within includes.
const DEEPEST_INCLUDE: usize = 8;
/// Rules of one file, with everything it includes.
const MOST_CHECKS: usize = 20_000;

type Read<T> = Result<T, String>;
type Find<'f> = &'f dyn Fn(&str) -> Option<Vec<u8>>;

#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) namespaces: Vec<(String, String)>,
    pub(super) lets: Vec<Let>,
    pub(super) patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
pub(super) struct Let {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pattern {
    pub(super) lets: Vec<Let>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) context: String,
    pub(super) lets: Vec<Let>,
    pub(super) checks: Vec<Check>,
}

#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Finding when the test is true (`report`) or when it is false (`assert`).
    pub(super) fires_on: bool,
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) test: String,
    pub(super) text: String,
}

impl Schema {
    /// `None` for a file whose root is not `sch:schema`.
    pub(super) fn read(file: &RuleFile, find: Find<'_>) -> Read<Option<Self>> {
        let document = parse(&file.content)?;
        let root = document.root();
        if !root.is(SCHEMATRON, "schema") {
            return if root.name().namespace == SCHEMATRON {
                Ok(None)
            } else {
                Err("not a Schematron file".to_owned())
            };
        }
        if let Some(binding) = root.attribute("", "queryBinding")
            && !matches!(binding, "xslt2" | "xslt3" | "xpath2" | "xpath3" | "xpath31")
        {
            return Err(format!("query binding {binding} is not supported"));
        }
        let mut reader = Reader {
            find,
            depth: 0,
            raw: RawSchema::default(),
        };
        reader.children(root)?;
        let mut schema = reader.raw.complete()?;
        schema.name = last_part(&file.name).to_owned();
        if schema.checks() > MOST_CHECKS {
            return Err(format!("more than {MOST_CHECKS} rules"));
        }
        Ok(Some(schema))
    }

    pub(super) fn checks(&self) -> usize {
        self.patterns
            .iter()
            .flat_map(|pattern| &pattern.rules)
            .map(|rule| rule.checks.len())
            .sum()
    }
}

fn parse(content: &[u8]) -> Read<Document> {
    Document::parse(content, &Limits::REGREP).map_err(|error| error.to_string())
}

/// Everything as written, before abstract parts are filled in.
#[derive(Default)]
struct RawSchema {
    schema: Schema,
    patterns: Vec<RawPattern>,
}

#[derive(Clone, Default)]
struct RawPattern {
    /// Set on an abstract pattern.
    template: Option<String>,
    is_a: Option<String>,
    parameters: Vec<(String, String)>,
    lets: Vec<Let>,
    rules: Vec<RawRule>,
}

#[derive(Clone, Default)]
struct RawRule {
    /// Set on an abstract rule.
    template: Option<String>,
    rule: Rule,
    extends: Vec<String>,
}

struct Reader<'f> {
    find: Find<'f>,
    depth: usize,
    raw: RawSchema,
}

impl Reader<'_> {
    fn children(&mut self, schema: Element<'_>) -> Read<()> {
        for child in schema.children() {
            self.child(child)?;
        }
        Ok(())
    }

    fn child(&mut self, child: Element<'_>) -> Read<()> {
        match schematron_name(child) {
            Some("ns") => {
                let namespace = (required(child, "prefix")?, required(child, "uri")?);
                self.raw.schema.namespaces.push(namespace);
            }
            Some("let") => self.raw.schema.lets.push(read_let(child)?),
            Some("pattern") => {
                let pattern = self.pattern(child)?;
                self.raw.patterns.push(pattern);
            }
            Some("include") => {
                self.included(child, &mut |reader, root| match schematron_name(root) {
                    Some("schema") => reader.children(root),
                    _ => reader.child(root),
                })?;
            }
            // title, p, phase, diagnostics, properties: nothing to check.
            _ => {}
        }
        Ok(())
    }

    /// Reads the file an element refers to and hands its root on.
    fn included(
        &mut self,
        element: Element<'_>,
        take: &mut dyn FnMut(&mut Self, Element<'_>) -> Read<()>,
    ) -> Read<()> {
        let href = required(element, "href")?;
        let path = href.split('#').next().unwrap_or_default();
        self.depth += 1;
        if self.depth > DEEPEST_INCLUDE {
            return Err(format!("include of {path}: nested too deeply"));
        }
        let content = (self.find)(path).ok_or_else(|| format!("include of {path}: not found"))?;
        let document = parse(&content).map_err(|error| format!("include of {path}: {error}"))?;
        take(self, document.root())?;
        self.depth -= 1;
        Ok(())
    }

    fn pattern(&mut self, element: Element<'_>) -> Read<RawPattern> {
        let mut pattern = RawPattern {
            is_a: optional(element, "is-a"),
            template: template(element)?,
            ..RawPattern::default()
        };
        for child in element.children() {
            self.part_of_pattern(child, &mut pattern)?;
        }
        Ok(pattern)
    }

    fn part_of_pattern(&mut self, child: Element<'_>, pattern: &mut RawPattern) -> Read<()> {
        match schematron_name(child) {
            Some("let") => pattern.lets.push(read_let(child)?),
            Some("param") => {
                let parameter = (required(child, "name")?, required(child, "value")?);
                pattern.parameters.push(parameter);
            }
            Some("rule") => {
                let rule = self.rule(child)?;
                pattern.rules.push(rule);
            }
            Some("include") => self.included(child, &mut |reader, root| {
                reader.part_of_pattern(root, pattern)
            })?,
            _ => {}
        }
        Ok(())
    }

    fn rule(&mut self, element: Element<'_>) -> Read<RawRule> {
        let template = template(element)?;
        let context = match (&template, optional(element, "context")) {
            (_, Some(context)) => context,
            (Some(_), None) => String::new(),
            (None, None) => return Err("a rule without context".to_owned()),
        };
        let mut rule = RawRule {
            template,
            rule: Rule {
                context,
                ..Rule::default()
            },
            extends: Vec::new(),
        };
        let severity = severity(element);
        for child in element.children() {
            self.part_of_rule(child, severity, &mut rule)?;
        }
        Ok(rule)
    }

    fn part_of_rule(
        &mut self,
        child: Element<'_>,
        inherited: Option<Severity>,
        rule: &mut RawRule,
    ) -> Read<()> {
        match schematron_name(child) {
            Some("let") => rule.rule.lets.push(read_let(child)?),
            Some(kind @ ("assert" | "report")) => rule.rule.checks.push(Check {
                fires_on: kind == "report",
                id: optional(child, "id").unwrap_or_default(),
                severity: severity(child).or(inherited).unwrap_or(Severity::Fatal),
                test: required(child, "test")?,
                text: words(child),
            }),
            Some("extends") => match optional(child, "rule") {
                Some(name) => rule.extends.push(name),
                None => self.included(child, &mut |reader, root| {
                    root.children()
                        .try_for_each(|part| reader.part_of_rule(part, inherited, rule))
                })?,
            },
            Some("include") => self.included(child, &mut |reader, root| {
                reader.part_of_rule(root, inherited, rule)
            })?,
            _ => {}
        }
        Ok(())
    }
}

impl RawSchema {
    fn complete(self) -> Read<Schema> {
        let mut schema = self.schema;
        for pattern in &self.patterns {
            if pattern.template.is_some() {
                continue;
            }
            let filled = match &pattern.is_a {
                None => pattern.clone(),
                Some(name) => self
                    .patterns
                    .iter()
                    .find(|candidate| candidate.template.as_ref() == Some(name))
                    .ok_or_else(|| format!("no abstract pattern {name}"))?
                    .with(&pattern.parameters),
            };
            schema.patterns.push(filled.complete(&self.patterns)?);
        }
        Ok(schema)
    }
}

impl RawPattern {
    /// Fills in an abstract pattern: `$name` is replaced in the text, as the standard says.
    fn with(&self, parameters: &[(String, String)]) -> Self {
        // Longer names first, so that `$slot` does not eat the start of `$slotName`.
        let mut parameters = parameters.to_vec();
        parameters.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let fill = |text: &mut String| {
            for (name, value) in &parameters {
                *text = text.replace(&format!("${name}"), value);
            }
        };
        let mut filled = self.clone();
        for value in &mut filled.lets {
            fill(&mut value.value);
        }
        for rule in filled.rules.iter_mut().map(|raw| &mut raw.rule) {
            fill(&mut rule.context);
            rule.lets
                .iter_mut()
                .for_each(|value| fill(&mut value.value));
            rule.checks
                .iter_mut()
                .for_each(|check| fill(&mut check.test));
        }
        filled
    }

    fn complete(self, all: &[Self]) -> Read<Pattern> {
        let everywhere = || all.iter().flat_map(|pattern| &pattern.rules);
        let mut rules = Vec::new();
        for raw in &self.rules {
            if raw.template.is_some() {
                continue;
            }
            let mut rule = raw.rule.clone();
            let mut wanted = raw.extends.clone();
            let mut seen = Vec::new();
            while let Some(name) = wanted.pop() {
                if seen.contains(&name) {
                    return Err(format!("abstract rule {name} extends itself"));
                }
                let parent = self
                    .rules
                    .iter()
                    .chain(everywhere())
                    .find(|candidate| candidate.template.as_ref() == Some(&name))
                    .ok_or_else(|| format!("no abstract rule {name}"))?;
                rule.lets.extend(parent.rule.lets.iter().cloned());
                rule.checks.extend(parent.rule.checks.iter().cloned());
                wanted.extend(parent.extends.iter().cloned());
                seen.push(name);
            }
            rules.push(rule);
        }
        Ok(Pattern {
            lets: self.lets,
            rules,
        })
    }
}

fn schematron_name<'d>(element: Element<'d>) -> Option<&'d str> {
    let name = element.name();
    (name.namespace == SCHEMATRON).then_some(name.local)
}

fn optional(element: Element<'_>, attribute: &str) -> Option<String> {
    element
        .attribute("", attribute)
        .map(|value| value.trim().to_owned())
}

fn required(element: Element<'_>, attribute: &str) -> Read<String> {
    optional(element, attribute).ok_or_else(|| {
        format!(
            "{} has no attribute {attribute}",
            element.path().trim_start_matches('/')
        )
    })
}

fn template(element: Element<'_>) -> Read<Option<String>> {
    match element.attribute("", "abstract").map(str::trim) {
        Some("true") => required(element, "id").map(Some),
        _ => Ok(None),
    }
}

fn severity(element: Element<'_>) -> Option<Severity> {
    optional(element, "role")
        .or_else(|| optional(element, "flag"))
        .map(|role| Severity::from_role(&role))
}

fn read_let(element: Element<'_>) -> Read<Let> {
    Ok(Let {
        name: required(element, "name")?,
        value: required(element, "value")?,
    })
}

/// The message of an assertion, without what it would quote from the document.
fn words(element: Element<'_>) -> String {
    let mut text = String::new();
    collect(element, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(element: Element<'_>, text: &mut String) {
    for node in element.nodes() {
        match node {
            Node::Text(part) => text.push_str(part),
            Node::Element(child) => match schematron_name(child) {
                Some("value-of" | "name") => text.push('…'),
                _ => collect(child, text),
            },
            Node::Comment(_) | Node::Instruction { .. } => {}
        }
    }
}
