//! Compiled schemas of this thread, and a run of them over one document.

use super::{
    Loaded, SchemaProblem,
    read::{Check, Let, Pattern, Rule, Schema},
    xpath,
};
use crate::{Finding, Outcome, Report, Severity, finding::Said};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{Arc, Weak},
};
use xee_xpath::{
    DocumentHandle, Documents, Item, Queries, Query, context::StaticContextBuilder,
    query::SequenceQuery,
};

/// Tests evaluated before a check is stopped.
const MOST_EVALUATIONS: u64 = 1_000_000;
/// Sets a thread keeps compiled; the one used longest ago goes first.
const MOST_SETS: usize = 8;

thread_local! {
    static COMPILED: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

struct Entry {
    number: u64,
    alive: Weak<Loaded>,
    /// One for each schema of the set; compiled on first use.
    schemas: Vec<Option<Rc<Compiled>>>,
}

struct Compiled {
    patterns: Vec<Vec<CompiledRule>>,
}

struct CompiledRule {
    context: Result<SequenceQuery, String>,
    tests: Vec<Result<SequenceQuery, String>>,
}

pub(super) fn run(
    set: &Arc<Loaded>,
    source: &str,
    chosen: &dyn Fn(&Schema) -> bool,
    report: &mut Report,
) {
    let mut left = MOST_EVALUATIONS;
    let mut loaded = None;
    for (index, schema) in set.schemas.iter().enumerate() {
        if !chosen(schema) {
            continue;
        }
        let mut run = Run {
            schema,
            left,
            findings: Vec::new(),
        };
        // The engine is young and its input foreign: a panic in it is an error of one schema.
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let compiled = compiled(set, index);
            if loaded.is_none() {
                let mut documents = Documents::new();
                let handle = documents.add_string_without_uri(source).ok();
                loaded = handle.map(|handle| (documents, handle));
            }
            let Some((documents, handle)) = &mut loaded else {
                return Ok(false);
            };
            run.all(&compiled, documents, *handle).map(|()| true)
        }));
        left = run.left;
        for finding in std::mem::take(&mut run.findings) {
            report.put(finding);
        }
        for _ in 0..schema.checks() {
            report.count_rule();
        }
        match ran {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return report.put_unreadable("the XPath engine does not read it"),
            Ok(Err(Stop)) => return report.put_stopped(&schema.name),
            Err(_) => {
                // Its documents may be half changed.
                loaded = None;
                report.put(run.engine_failure());
            }
        }
    }
}

pub(super) fn compile_all(set: &Arc<Loaded>) -> Vec<SchemaProblem> {
    let mut problems = Vec::new();
    for (index, schema) in set.schemas.iter().enumerate() {
        let Ok(compiled) = catch_unwind(AssertUnwindSafe(|| compiled(set, index))) else {
            problems.push(SchemaProblem {
                file: schema.name.clone(),
                problem: "the XPath engine failed".to_owned(),
            });
            continue;
        };
        for rule in compiled.patterns.iter().flatten() {
            let tests = rule.tests.iter().filter_map(|test| test.as_ref().err());
            for problem in rule.context.as_ref().err().into_iter().chain(tests) {
                problems.push(SchemaProblem {
                    file: schema.name.clone(),
                    problem: problem.clone(),
                });
            }
        }
    }
    problems
}

/// The schema compiled for this thread.
fn compiled(set: &Arc<Loaded>, index: usize) -> Rc<Compiled> {
    let known = COMPILED.with_borrow(|entries| {
        let entry = entries.iter().find(|entry| entry.number == set.number)?;
        entry.schemas.get(index).cloned().flatten()
    });
    if let Some(known) = known {
        return known;
    }
    let new = Rc::new(match set.schemas.get(index) {
        Some(schema) => Compiled::new(schema),
        None => Compiled {
            patterns: Vec::new(),
        },
    });
    COMPILED.with_borrow_mut(|entries| {
        entries.retain(|entry| entry.alive.strong_count() > 0);
        let place = entries.iter().position(|entry| entry.number == set.number);
        let mut entry = match place {
            Some(place) => entries.remove(place),
            None => Entry {
                number: set.number,
                alive: Arc::downgrade(set),
                schemas: vec![None; set.schemas.len()],
            },
        };
        if let Some(place) = entry.schemas.get_mut(index) {
            *place = Some(Rc::clone(&new));
        }
        if entries.len() >= MOST_SETS {
            entries.remove(0);
        }
        entries.push(entry);
    });
    new
}

impl Compiled {
    fn new(schema: &Schema) -> Self {
        let mut builder = StaticContextBuilder::default();
        for (prefix, uri) in &schema.namespaces {
            builder.add_namespace(prefix, uri);
        }
        let queries = Queries::new(builder);
        let rules = |pattern: &Pattern| {
            let global: Vec<&Let> = schema.lets.iter().chain(&pattern.lets).collect();
            let rules = pattern.rules.iter();
            rules
                .map(|rule| CompiledRule::new(&queries, rule, &global))
                .collect()
        };
        Self {
            patterns: schema.patterns.iter().map(rules).collect(),
        }
    }
}

impl CompiledRule {
    fn new(queries: &Queries<'_>, rule: &Rule, global: &[&Let]) -> Self {
        let compile = |text: &str, query: &str| {
            queries
                .sequence(query)
                .map_err(|error| format!("{text}: {}", error.error.code()))
        };
        Self {
            context: xpath::context(&rule.context, global)
                .and_then(|query| compile(&rule.context, &query)),
            tests: (rule.checks.iter())
                .map(|check| {
                    xpath::test(&check.test, global, &rule.lets)
                        .and_then(|query| compile(&check.test, &query))
                })
                .collect(),
        }
    }
}

/// Everything that may be spent on this document is spent.
struct Stop;

struct Run<'s> {
    schema: &'s Schema,
    left: u64,
    findings: Vec<Finding>,
}

impl Run<'_> {
    fn all(
        &mut self,
        compiled: &Compiled,
        documents: &mut Documents,
        handle: DocumentHandle,
    ) -> Result<(), Stop> {
        let schema = self.schema;
        for (pattern, compiled) in schema.patterns.iter().zip(&compiled.patterns) {
            self.pattern(&pattern.rules, compiled, documents, handle)?;
        }
        Ok(())
    }

    /// Inside one pattern a node belongs to the first rule that matches it.
    fn pattern(
        &mut self,
        rules: &[Rule],
        compiled: &[CompiledRule],
        documents: &mut Documents,
        handle: DocumentHandle,
    ) -> Result<(), Stop> {
        #[expect(
            clippy::disallowed_types,
            reason = "nodes have no order, and this set is only asked, never walked"
        )]
        let mut claimed = std::collections::HashSet::new();
        for (rule, compiled) in rules.iter().zip(compiled) {
            let Ok(context) = &compiled.context else {
                self.rule_error(rule, "the context does not compile");
                continue;
            };
            let nodes = match context.execute(documents, handle) {
                Ok(nodes) => nodes,
                Err(error) => {
                    self.rule_error(rule, &error.error.code());
                    continue;
                }
            };
            for node in nodes.iter() {
                let is_new = node.to_node().is_ok_and(|node| claimed.insert(node));
                if is_new {
                    self.node(rule, compiled, documents, &node)?;
                }
            }
        }
        Ok(())
    }

    fn node(
        &mut self,
        rule: &Rule,
        compiled: &CompiledRule,
        documents: &mut Documents,
        node: &Item,
    ) -> Result<(), Stop> {
        for (check, test) in rule.checks.iter().zip(&compiled.tests) {
            self.left = self.left.checked_sub(1).ok_or(Stop)?;
            let truth = match test {
                Ok(test) => truth(test, documents, node),
                Err(_) => Err("the test does not compile".to_owned()),
            };
            let outcome = match truth {
                Ok(truth) if truth != check.fires_on => continue,
                Ok(true) => Outcome::Reported,
                Ok(false) => Outcome::Failed,
                Err(code) => {
                    let text = format!("{} [{code}]", check.text);
                    self.put(check, Outcome::RuleError, &text, location(documents, node))?;
                    continue;
                }
            };
            self.put(check, outcome, &check.text, location(documents, node))?;
        }
        Ok(())
    }

    fn rule_error(&mut self, rule: &Rule, code: &str) {
        for check in &rule.checks {
            let text = format!("{} [{code}]", check.text);
            // Stopping is left to the next node; these are bounded by the rules of the file.
            let _stop = self.put(check, Outcome::RuleError, &text, "/".to_owned());
        }
    }

    fn put(
        &mut self,
        check: &Check,
        outcome: Outcome,
        text: &str,
        location: String,
    ) -> Result<(), Stop> {
        if self.findings.len() > Report::MOST_FINDINGS {
            return Err(Stop);
        }
        // Published files hold rules without an identifier; their test is their name.
        let rule = if check.id.is_empty() {
            check.test.as_str()
        } else {
            check.id.as_str()
        };
        let said = Said {
            rule,
            severity: check.severity,
            text_de: None,
            text_en: text,
            source: &self.schema.name,
        };
        self.findings.push(Finding::new(outcome, &said, location));
        Ok(())
    }

    fn engine_failure(&self) -> Finding {
        let said = Said {
            rule: "ENGINE",
            severity: Severity::Fatal,
            text_de: Some("Die XPath-Maschine ist an dieser Regeldatei gescheitert."),
            text_en: "The XPath engine failed on this file of rules.",
            source: &self.schema.name,
        };
        Finding::new(Outcome::RuleError, &said, "/".to_owned())
    }
}

fn truth(test: &SequenceQuery, documents: &mut Documents, node: &Item) -> Result<bool, String> {
    let code = |error: xee_xpath::error::Error| error.error.code();
    let sequence = test.execute(documents, node).map_err(code)?;
    sequence
        .effective_boolean_value()
        .map_err(|error| error.code())
}

/// As `xml::Element::path`: local names, positions from two on.
fn location(documents: &Documents, node: &Item) -> String {
    let Ok(node) = node.to_node() else {
        return "/".to_owned();
    };
    let xot = documents.xot();
    let mut steps = Vec::new();
    let mut next = Some(node);
    while let Some(node) = next {
        next = xot.parent(node);
        let Some(name) = xot.node_name(node) else {
            continue;
        };
        let local = xot.local_name_str(name);
        let element = xot.element(node).is_some();
        let before = std::iter::successors(xot.previous_sibling(node), |sibling| {
            xot.previous_sibling(*sibling)
        });
        let position = 1 + before
            .filter(|sibling| element && xot.node_name(*sibling) == Some(name))
            .count();
        steps.push(match (element, position) {
            (false, _) => format!("/@{local}"),
            (true, 1) => format!("/{local}"),
            (true, position) => format!("/{local}[{position}]"),
        });
    }
    if steps.is_empty() {
        return "/".to_owned();
    }
    steps.reverse();
    steps.concat()
}
