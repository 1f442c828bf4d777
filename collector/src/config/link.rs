//! Rules that link events which share attributes, and how the linker works.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use super::{
    filter::Filter,
    section::{Notes, Section},
};

/// How the linker works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linker {
    /// How long an event that a rule looks at waits for what was recorded before it. Default 10 s: a first try that was
    /// lost, and its second.
    pub wait: Duration,
    /// Bytes of what waits; more does not wait. Default 64 MiB: ten seconds of two thousand events a second, and a
    /// quarter of what the spool keeps free of the disk, which is the most there may be.
    pub most_waiting: u64,
    /// Whether roots of servers' OTLP are linked within and between sessions. Default true: nobody has to use our SDK.
    pub sessions: bool,
    /// Whether requests of browsers are linked with what served them by ids that both sides say, and whether a rendering
    /// trace that several pages claim is left out. Default true: a backend need not continue the browser's trace.
    pub server: bool,
    /// Headers whose values say which request it is. Default those that proxies and clouds commonly set.
    pub request_ids: Vec<String>,
    /// Values of attributes that are remembered. Default a million: about 160 MB on disk where each
    /// has one event, and 4 GB where each has as many as are remembered.
    pub most_values: u64,
    /// Bytes of these in memory; the rest is on disk. Default 512 MiB: a million sessions that are live.
    pub most_memory: u64,
    /// Rules in the order of the file.
    pub rules: Vec<Arc<Rule>>,
}

/// Links events that share attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The kind of its links.
    pub name: Arc<str>,
    /// Attributes that must all be there and equal.
    pub by: Vec<String>,
    /// Which of the earlier events are linked to. Default the one before.
    pub to: To,
    /// How long before an event these may have begun. Default 30 days.
    pub within: Duration,
    /// Whether it looks at spans of servers too. Default false: what is theirs is not ours to change.
    pub on_server: bool,
    /// Which events get links. Default all that have the attributes.
    pub where_from: Option<Filter>,
    /// Which events links lead to. Default all that have the attributes.
    pub where_to: Option<Filter>,
}

impl Linker {
    /// How long any rule needs to remember, and a month at least: rules come and go.
    #[must_use]
    pub fn keeps(&self) -> Duration {
        self.rules.iter().map(|rule| rule.within).max().unwrap_or_default().max(30 * DAY) + DAY
    }
}

/// Which of the earlier events with the same values are linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The one before.
    Previous,
    /// The earliest.
    First,
    /// All of them, up to a bound.
    All,
    /// Of the built-in rule `server`: the one request of a browser that has the same request id, whichever clock is ahead.
    Request,
    /// Of the built-in rule `server`: none. If another page claims the same trace, the link to it is taken away.
    Unshared,
}

const MIB: u64 = 1024 * 1024;

/// Kinds that exist without a rule: a rule of that name would say what it does not know.
const TAKEN: [&str; 9] =
    ["cause", "previous", "page", "view", "session", "opener", "restored", "resumes", "server"];

/// Rules there may be.
const MOST_RULES: usize = 64;

/// Attributes by which a rule may look for events.
const MOST_BY: usize = 8;

/// Headers that name a request on both sides of a network: proxies and frameworks, AWS, Azure, Cloudflare, Fastly.
const REQUEST_IDS: [&str; 7] = [
    "x-request-id",
    "x-correlation-id",
    "request-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-ms-request-id",
    "cf-ray",
];

const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn linker(mut section: Section<'_>, rules: Vec<Arc<Rule>>) -> Linker {
    let wait = Duration::from_millis(section.count("wait_ms", 10_000, 0..=86_400_000));
    let most_waiting = section.count("max_waiting_mib", 64, 0..=65_536) * MIB;
    let sessions = section.flag("sessions", true);
    let server = section.flag("server", true);
    let request_ids = request_ids(&mut section);
    let most_values = section.count("max_values", 1_000_000, 1..=1_000_000_000);
    let most_memory = section.count("max_memory_mib", 512, 1..=1_048_576) * MIB;
    section.end();
    Linker { wait, most_waiting, sessions, server, request_ids, most_values, most_memory, rules }
}

/// In lower case, as attributes have them.
fn request_ids(section: &mut Section<'_>) -> Vec<String> {
    let Some(names) = section.texts("request_ids") else {
        return REQUEST_IDS.map(str::to_owned).to_vec();
    };
    let is_header = |name: &String| {
        (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if names.len() > MOST_BY || !names.iter().all(is_header) {
        section.wrong("request_ids", format!("name up to {MOST_BY} headers, as in [\"x-request-id\"]"));
    }
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// The tables `[[link]]`.
pub(super) fn rules(root: &mut Section<'_>, notes: &Notes) -> Vec<Arc<Rule>> {
    let tables = root.tables("link");
    let rules: Vec<_> = tables.into_iter().map(|section| Arc::new(rule(section))).collect();
    let mut names = HashSet::new();
    if rules.len() > MOST_RULES {
        notes.add(
            "link",
            format!("has {} rules: {MOST_RULES} at most, each costs something for every event", rules.len()),
        );
    }
    for rule in rules.iter().filter(|rule| !rule.name.is_empty()) {
        if !names.insert(&rule.name) {
            notes.add(
                "link",
                format!("two rules are named \"{}\": a link says which rule made it", rule.name),
            );
        }
    }
    rules
}

fn rule(mut section: Section<'_>) -> Rule {
    let name = section.needed("name", "it becomes the kind of the rule's links");
    let is_plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !is_plain {
        section.wrong("name", "may have up to 64 letters, digits, - _ and .");
    } else if TAKEN.contains(&name.as_str()) {
        section.wrong("name", format!("\"{name}\" is a kind of link that needs no rule: choose another"));
    }
    let is_missing = !section.has("by");
    let by = section.texts("by");
    if is_missing || by.as_ref().is_some_and(|by| by.is_empty() || by.len() > MOST_BY) {
        section.wrong("by", format!("name from one to {MOST_BY} attributes, as in [\"cart.id\"]"));
    }
    let by = by.unwrap_or_default();
    for key in by.iter().filter(|key| is_never_its_own(key)) {
        section.wrong("by", NotItsOwn(key).to_string());
    }
    let words = [("previous", To::Previous), ("first", To::First), ("all", To::All)];
    let to = section.one_of("to", &words, To::Previous);
    let within = section.duration("within", 30 * DAY);
    let on_server = section.flag("on_server", false);
    let both = filter(&mut section, "where");
    let where_from = and(both.clone(), filter(&mut section, "where_from"));
    let where_to = and(both, filter(&mut section, "where_to"));
    section.end();
    Rule { name: name.into(), by, to, within, on_server, where_from, where_to }
}

fn filter(section: &mut Section<'_>, name: &'static str) -> Option<Filter> {
    let filter = Filter::read(&section.text(name)?).map_err(|why| section.wrong(name, why)).ok()?;
    for key in filter.attributes().into_iter().filter(|key| is_never_its_own(key)) {
        section.wrong(name, NotItsOwn(key).to_string());
    }
    Some(filter)
}

fn and(one: Option<Filter>, other: Option<Filter>) -> Option<Filter> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Filter::All(vec![one, other])),
        (one, other) => one.or(other),
    }
}

/// The collector stamps these or takes them away: a session's id alone is there on both sides.
fn is_never_its_own(key: &str) -> bool {
    key != "session.id" && crate::pipeline::link::is_reserved(key)
}

/// What is said of a rule that asks for such an attribute.
struct NotItsOwn<'a>(&'a str);

impl fmt::Display for NotItsOwn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is never an event's own attribute here, so no rule can look for it", self.0)
    }
}
