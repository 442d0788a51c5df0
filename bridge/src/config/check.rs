//! What no section can see alone: settings that contradict each other.

use std::{collections::BTreeSet, path::Path};

use ebms::pmode::Partner;

use super::{
    Config,
    load::read_text,
    platform::Environment,
    problem::{Origin, Problems},
    tree::{self, Entries, Node, Value},
};

/// Reports every contradiction at the line of the setting that should change.
pub(super) fn contradictions(config: &Config, tree: &Entries, problems: &Problems) {
    let report = Report { tree, problems };
    timers(config, &report);
    retry(config, &report);
    profile(config, &report);
    listeners(config, &report);
    urls(config, &report);
}

struct Report<'a> {
    tree: &'a Entries,
    problems: &'a Problems,
}

impl Report<'_> {
    /// A problem at `key`, or at the nearest table above it that is written.
    fn at(&self, key: &str, problem: String, hint: &str) {
        let origin = place(self.tree, key)
            .cloned()
            .unwrap_or(Origin::Set("".into()));
        self.problems
            .add(&origin, format!("{key}: {problem}"), hint);
    }
}

fn place<'t>(tree: &'t Entries, key: &str) -> Option<&'t Origin> {
    let mut table = Some(tree);
    let mut found: Option<&Node> = None;
    for name in key.split('.') {
        let Some(node) = table.and_then(|entries| entries.get(name)) else {
            break;
        };
        found = Some(node);
        table = match &node.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        };
    }
    // A default contradicts something that is written: any written section tells the file.
    found
        .or_else(|| tree.values().next())
        .map(|node| &node.origin)
}

/// The requester must wait longer than the provider may take, or a genuine answer comes too late.
fn timers(config: &Config, report: &Report<'_>) {
    let timers = config.timers();
    let pairs = timers
        .requester()
        .by_key()
        .into_iter()
        .zip(timers.provider().by_key());
    for ((key, requester), (_, provider)) in pairs {
        if requester <= provider {
            let problem = format!(
                "{} s do not exceed timers.provider.{key} = {}",
                requester.as_secs(),
                provider.as_secs()
            );
            report.at(
                &format!("timers.requester.{key}"),
                problem,
                "the requester waits longer",
            );
        }
    }
    if timers.national() >= timers.provider().t1() {
        let problem = format!(
            "{} s leave no time before timers.provider.t1_secs = {}",
            timers.national().as_secs(),
            timers.provider().t1().as_secs()
        );
        report.at(
            "timers.national_secs",
            problem,
            "a register must answer before T1 ends",
        );
    }
}

/// The peer must have heard from us, or we must know that it has not, before T1 ends.
fn retry(config: &Config, report: &Report<'_>) {
    let (timeout, t1) = (
        config.as4().retry().timeout(),
        config.timers().provider().t1(),
    );
    let late = |partner: &&Partner| {
        let template = config.pmodes().template(partner);
        // Imported from Domibus and kept as it is, on purpose: `pmode check` tells of it.
        let template = template.filter(|template| !template.may_outlast_deadline());
        let budget = template.map(|template| template.retry().budget(timeout));
        budget.is_some_and(|budget| budget >= t1)
    };
    let templates: BTreeSet<_> = config
        .pmodes()
        .partners()
        .filter(late)
        .map(Partner::template)
        .collect();
    for template in templates {
        let problem = format!(
            "retry: the last attempt ends not before timers.provider.t1_secs = {}",
            t1.as_secs()
        );
        let file = config.as4().pmodes().join(template).with_extension("toml");
        let hint = "(attempts - 1/2) * interval_secs + as4.retry.timeout_secs must be less";
        report.problems.add(&retry_of(&file), problem, hint);
    }
}

/// Where a template says how often to try.
fn retry_of(file: &Path) -> Origin {
    let whole = Origin::whole_file(file);
    let Ok(text) = read_text(file) else {
        return whole;
    };
    // What is wrong in it was reported when it was read.
    let tree = tree::parse(file, &text, &Problems::default());
    match tree.get("retry") {
        Some(_) => place(&tree, "retry.attempts").cloned().unwrap_or(whole),
        // The defaults do not fit.
        None => whole,
    }
}

/// There is one signing key, and a suite never mixes with another within a message.
fn profile(config: &Config, report: &Report<'_>) {
    let ours = config.as4().outbound_profile();
    let pmodes = config.pmodes();
    let fits = |partner: &&Partner| pmodes.legs(partner).iter().all(|leg| leg.profile() == ours);
    for partner in pmodes.partners().filter(|partner| !fits(partner)) {
        let problem = format!("is not the profile of partner {}", partner.name());
        report.at(
            "as4.outbound_profile",
            problem,
            "one profile for all partners",
        );
    }
}

fn listeners(config: &Config, report: &Report<'_>) {
    let mut taken: Vec<(&str, std::net::SocketAddr)> = Vec::new();
    for (name, listener) in config.listen().all() {
        let address = listener.address();
        let same = taken
            .iter()
            .find(|(_, other)| *other == address && address.port() != 0);
        if let Some((other, _)) = same {
            let problem = format!("{address} is already taken by listen.{other}");
            report.at(&format!("listen.{name}.address"), problem, "");
        }
        taken.push((name, address));
        if let Some(problem) = listener.check(config.platform().environment()) {
            report.at(
                &format!("listen.{name}.base_url"),
                problem.to_owned(),
                "https://…",
            );
        }
    }
}

/// Plain HTTP to others is for test networks only.
fn urls(config: &Config, report: &Report<'_>) {
    if config.platform().environment() != Environment::Production {
        return;
    }
    for (key, url) in config.outgoing_urls() {
        if url.scheme() == "http" {
            let problem = format!("{url} is not encrypted");
            report.at(key, problem, "http is not allowed in production");
        }
    }
}
