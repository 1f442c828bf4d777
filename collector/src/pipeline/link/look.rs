//! Which events rules look at, and by what: decided on receipt, because those wait.

use std::{borrow::Cow, sync::Arc, time::Duration};

use weft_proto::{Batch, Event, Head, SpanId, StrId, TraceId, Value};
use xxhash_rust::xxh3::Xxh3;

use super::{PageIds, hex, seen::MOST_FOUND};
use crate::{
    config::{Key, KeyKind, Linker, Rule, To},
    pipeline::{decode::Spans, spool::Record},
};

/// What a request may be linked by.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    of_browsers: Vec<Arc<Rule>>,
    of_servers: Vec<Arc<Rule>>,
    /// Links roots of servers' OTLP within their session.
    sessions: Option<Arc<Rule>>,
    seed: ValueSeed,
}

/// Keys hashes of values: who does not know it cannot make two alike.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ValueSeed(pub(super) u64);

/// What events of a rule share: its application, the rule, and the values, as one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Shared(pub(super) [u8; 16]);

/// An event that at least one rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its number in its page, or its position among the spans of an OTLP request.
    pub(crate) at: u64,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// As exported.
    pub(crate) start_ns: u64,
    /// `weft.seq`; 0 where there is none.
    pub(crate) seq: u64,
    pub(crate) looks: Vec<Look>,
    /// Bytes it comes to when it is released, at most about: far more than it came as.
    pub(crate) bytes: usize,
}

/// What one rule found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) rule: Arc<Rule>,
    pub(crate) shared: Shared,
    /// What is shared in the session before, where the rule links sessions.
    pub(crate) before: Option<Shared>,
}

const SESSION: &str = "session.id";
const PREVIOUS_SESSION: &str = "session.previous_id";

impl Candidate {
    /// One that waited under a rule that is gone.
    pub(crate) fn without_rule(at: u64) -> Self {
        Self { at, trace_id: [0; 16], span_id: [0; 8], start_ns: 0, seq: 0, looks: Vec::new(), bytes: BYTES }
    }
}

impl Rules {
    pub(crate) fn new(linker: &Linker, seed: ValueSeed) -> Self {
        let on_server = linker.rules.iter().filter(|rule| rule.on_server).cloned();
        Self {
            of_browsers: linker.rules.clone(),
            of_servers: on_server.collect(),
            sessions: linker.sessions.then(|| Arc::new(of_sessions())),
            seed,
        }
    }

    /// Other rules, on the same index.
    pub(crate) fn with(&self, linker: &Linker) -> Self {
        Self::new(linker, self.seed)
    }

    /// Events of a batch that wait.
    pub(crate) fn in_batch(&self, record: &Record, head: &Head, batch: &Batch) -> Vec<Candidate> {
        let rules: Vec<_> = self.of_browsers.iter().filter_map(|rule| Wanted::of(rule, batch)).collect();
        if rules.is_empty() {
            return Vec::new();
        }
        let mut ids = PageIds::new(head.seed, batch);
        let look = |event: &Event| {
            let looks: Vec<_> = rules
                .iter()
                .filter_map(|wanted| {
                    let values = wanted.values(batch, event)?;
                    let shared = self.seed.shared(&record.application, wanted.rule, &values);
                    Some(Look { rule: Arc::clone(wanted.rule), shared, before: None })
                })
                .collect();
            (!looks.is_empty()).then_some(looks)
        };
        let mut candidates = Vec::new();
        for event in batch.events.iter().filter(|event| event.open.is_none()) {
            let Some(looks) = look(event) else { continue };
            let (trace_id, span_id) = ids.both(event.number);
            candidates.push(Candidate {
                at: event.number,
                trace_id,
                span_id,
                start_ns: super::start_ns(event, super::skew_of(record, head, event)),
                seq: event.number,
                bytes: BYTES + written(batch, event) + links(&looks),
                looks,
            });
        }
        candidates
    }

    /// Whether any span of `key` could wait.
    pub(crate) fn look_at(&self, key: &Key) -> bool {
        key.kind == KeyKind::Server && (self.sessions.is_some() || !self.of_servers.is_empty())
    }

    /// Spans of an OTLP request of `application` that wait.
    pub(crate) fn in_otlp(&self, application: &str, spans: &Spans<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (at, span) in spans.raw() {
            let attribute = |name: &str| span.attribute(name).filter(|text| !text.is_empty());
            let mut looks = Vec::new();
            for rule in &self.of_servers {
                let values: Option<Vec<_>> = rule.by.iter().map(|name| attribute(name)).collect();
                let Some(values) = values else { continue };
                let shared = self.seed.shared(application, rule, &values);
                looks.push(Look { rule: Arc::clone(rule), shared, before: None });
            }
            if let Some(rule) = self.sessions.as_ref().filter(|_| span.is_root)
                && let Some(session) = attribute(SESSION)
            {
                let shared = |session| self.seed.shared(application, rule, &[session]);
                let before = attribute(PREVIOUS_SESSION).map(shared);
                looks.push(Look { rule: Arc::clone(rule), shared: shared(session), before });
            }
            if looks.is_empty() {
                continue;
            }
            let (trace_id, span_id, start_ns) = (span.trace_id, span.span_id, span.start_ns);
            let bytes = span.bytes() + links(&looks);
            candidates.push(Candidate { at: at as u64, trace_id, span_id, start_ns, seq: 0, looks, bytes });
        }
        candidates
    }
}

/// The rule that needs no setting: the root before, in the same session.
fn of_sessions() -> Rule {
    Rule {
        name: "previous".into(),
        by: vec![SESSION.to_owned()],
        to: To::Previous,
        within: Duration::from_secs(30 * 86_400),
        on_server: true,
    }
}

impl ValueSeed {
    fn shared(self, application: &str, rule: &Rule, values: &[Cow<'_, str>]) -> Shared {
        let mut hash = Xxh3::with_seed(self.0);
        let mut add = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        add(application);
        add(&rule.name);
        rule.by.iter().for_each(|name| add(name));
        values.iter().for_each(|value| add(value));
        Shared(hash.digest128().to_be_bytes())
    }
}

/// A rule whose attributes a batch has, and where.
struct Wanted<'a> {
    rule: &'a Arc<Rule>,
    /// For each of its attributes, by position of a string, whether it is of that name: a client may send one text
    /// twice, and twenty thousand times.
    names: Vec<Vec<bool>>,
}

impl<'a> Wanted<'a> {
    fn of(rule: &'a Arc<Rule>, batch: &Batch) -> Option<Self> {
        let strings = || (0..batch.strings.len()).map(|at| batch.strings.get(StrId(at as u32)));
        let mut names = Vec::with_capacity(rule.by.len());
        for name in &rule.by {
            if name != SESSION && strings().all(|text| text != name) {
                return None;
            }
            names.push(strings().map(|text| text == name).collect());
        }
        Some(Self { rule, names })
    }

    /// The values of `event`, if it has all of them.
    fn values<'b>(&self, batch: &'b Batch, event: &Event) -> Option<Vec<Cow<'b, str>>> {
        let attributes = batch.attributes_of(event);
        let value = |(name, is_name): (&String, &Vec<bool>)| {
            if name == SESSION {
                // Stamped by the collector: what a client says under this name is removed.
                let session = batch.sessions.get(event.session? as usize)?;
                return Some(Cow::Owned(hex(&session.id)));
            }
            let is_it = |key: StrId| is_name.get(key.0 as usize).copied().unwrap_or(false);
            let attribute = attributes.iter().find(|attribute| is_it(attribute.key))?;
            as_text(batch, &attribute.value).filter(|text| !text.is_empty())
        };
        self.rule.by.iter().zip(&self.names).map(value).collect()
    }
}

/// What the collector adds to an event, about: ids, page, session, view, and how long since what.
const BYTES: usize = 1024;

/// A link as it is written, about.
const LINK_BYTES: usize = 160;

/// What links found by these come to at most.
fn links(looks: &[Look]) -> usize {
    let most = |look: &Look| if look.rule.to == To::Previous { 4 } else { MOST_FOUND };
    looks.iter().map(|look| most(look) * LINK_BYTES).sum()
}

/// What an event comes to as it is written, about.
fn written(batch: &Batch, event: &Event) -> usize {
    let text = |id: StrId| batch.strings.get(id).len() + 16;
    let attributes = batch.attributes_of(event).iter();
    let attributes = attributes.map(|attribute| text(attribute.key) + value_bytes(batch, &attribute.value));
    text(event.name) + attributes.sum::<usize>() + batch.links_of(event).len() * LINK_BYTES
}

/// Depth is bounded by the decoder.
fn value_bytes(batch: &Batch, value: &Value) -> usize {
    match value {
        Value::Text(id) => batch.strings.get(*id).len() + 8,
        Value::Bytes(bytes) => bytes.len() + 8,
        Value::List(values) => values.iter().map(|value| 8 + value_bytes(batch, value)).sum(),
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| batch.strings.get(*key).len() + 16 + value_bytes(batch, value))
            .sum(),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Empty => 16,
    }
}

/// As [`crate::pipeline::decode::RawSpan::attribute`] writes it, so that both sides of a link agree.
fn as_text<'a>(batch: &'a Batch, value: &Value) -> Option<Cow<'a, str>> {
    Some(match value {
        Value::Text(id) => Cow::Borrowed(batch.strings.get(*id)),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Int(int) => Cow::Owned(int.to_string()),
        Value::Double(double) => Cow::Owned(double.to_string()),
        Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::Empty => return None,
    })
}
