//! The steps of a ping: what each found, how long it took, and what to do about the first that failed.

use std::{future::Future, time::Duration};

use serde_json::{Map, Value, json};

use crate::world::World;

/// Where a ping can stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    Dns,
    Tcp,
    Tls,
    Http,
    Receipt,
    Digests,
    Signer,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Receipt => "receipt",
            Self::Digests => "digests",
            Self::Signer => "signer",
        }
    }
}

/// What a step found.
#[derive(Clone, Debug, Default)]
pub(super) struct Finding {
    pub(super) text: String,
    pub(super) facts: Map<String, Value>,
}

impl Finding {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            facts: Map::new(),
        }
    }

    pub(super) fn with(mut self, fact: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(fact.to_owned(), value.into());
        self
    }
}

/// Why a step failed, and what to do.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) finding: Finding,
    pub(super) advice: String,
    pub(super) exit: u8,
}

impl Fault {
    pub(super) fn new(exit: u8, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            finding: Finding::new(text),
            advice: advice.into(),
            exit,
        }
    }
}

#[derive(Debug)]
struct Step {
    stage: Stage,
    took: Duration,
    finding: Finding,
    advice: Option<String>,
}

impl Step {
    fn to_json(&self) -> Value {
        let mut object = self.finding.facts.clone();
        object.insert("step".to_owned(), self.stage.name().into());
        object.insert("ok".to_owned(), self.advice.is_none().into());
        object.insert("duration_ms".to_owned(), millis(self.took).into());
        object.insert("found".to_owned(), self.finding.text.clone().into());
        if let Some(advice) = &self.advice {
            object.insert("advice".to_owned(), advice.clone().into());
        }
        Value::Object(object)
    }

    fn to_text(&self) -> String {
        let verdict = if self.advice.is_none() {
            "ok"
        } else {
            "FAILED"
        };
        let (name, took) = (self.stage.name(), millis(self.took));
        let mut line = format!(
            "  {name:<8} {verdict:<6} {took:>6} ms  {}",
            self.finding.text
        );
        if let Some(advice) = &self.advice {
            line.push_str(&format!("\n           what to do: {advice}"));
        }
        line
    }
}

/// A step failed; the report says which.
#[derive(Debug)]
pub(super) struct Ended;

/// All steps so far.
#[derive(Debug)]
pub(super) struct Report {
    world: World,
    began: Duration,
    steps: Vec<Step>,
    exit: u8,
}

impl Report {
    pub(super) fn new(world: &World) -> Self {
        Self {
            world: world.clone(),
            began: world.monotonic(),
            steps: Vec::new(),
            exit: 0,
        }
    }

    /// Takes a step and notes what came of it.
    pub(super) async fn step<T>(
        &mut self,
        stage: Stage,
        work: impl Future<Output = Result<(T, Finding), Fault>>,
    ) -> Result<T, Ended> {
        let began = self.world.monotonic();
        let result = work.await;
        let took = self.world.monotonic().saturating_sub(began);
        match result {
            Ok((value, finding)) => {
                self.note(stage, took, finding, None);
                Ok(value)
            }
            Err(fault) => {
                self.exit = fault.exit;
                self.note(stage, took, fault.finding, Some(fault.advice));
                Err(Ended)
            }
        }
    }

    fn note(&mut self, stage: Stage, took: Duration, finding: Finding, advice: Option<String>) {
        self.steps.push(Step {
            stage,
            took,
            finding,
            advice,
        });
    }

    pub(super) fn exit(&self) -> u8 {
        self.exit
    }

    /// What the last step found: the verdict.
    fn verdict(&self) -> (bool, &str) {
        let last = self.steps.last();
        let ok = self.steps.iter().all(|step| step.advice.is_none());
        match last {
            _ if ok => (true, "receipt is signed and covers the message"),
            Some(step) => (false, &step.finding.text),
            None => (false, ""),
        }
    }

    pub(super) fn to_json(&self, head: Map<String, Value>) -> Value {
        let (ok, verdict) = self.verdict();
        let mut object = head;
        object.insert("ok".to_owned(), ok.into());
        object.insert("verdict".to_owned(), verdict.into());
        object.insert("duration_ms".to_owned(), millis(self.lasted()).into());
        let steps: Vec<_> = self.steps.iter().map(Step::to_json).collect();
        object.insert("steps".to_owned(), json!(steps));
        Value::Object(object)
    }

    pub(super) fn to_text(&self, name: &str) -> String {
        let (ok, verdict) = self.verdict();
        let mut lines: Vec<_> = self.steps.iter().map(Step::to_text).collect();
        let word = if ok { "ok" } else { "FAILED" };
        let took = millis(self.lasted());
        lines.push(format!("{name}: {word}, {verdict} after {took} ms"));
        lines.join("\n")
    }

    fn lasted(&self) -> Duration {
        self.world.monotonic().saturating_sub(self.began)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
