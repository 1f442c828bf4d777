//! Which events rules look at, and by what: decided on receipt, because those wait.

mod batch;
mod otlp;
mod server;
mod weight;

use std::{
    borrow::Cow,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use weft_proto::{SpanId, TraceId};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use self::server::Server;
use crate::{
    config::{Filter, Key, KeyKind, Linker, Rule, Subject, To},
    pipeline::spool::PageTag,
};

/// What a request may be linked by.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    of_browsers: Vec<Arc<Rule>>,
    of_servers: Vec<Arc<Rule>>,
    /// Links roots of servers' OTLP within their session.
    sessions: Option<Arc<Rule>>,
    /// Links requests of browsers with what served them.
    server: Option<Arc<Server>>,
    seed: ValueSeed,
}

/// Keys hashes of values: who does not know it cannot make two alike.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ValueSeed(pub(super) u64);

/// What events of a rule share: its application, the rule, and the values, as one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The page it is of. Spans of servers are of none.
    pub(crate) page: Option<PageTag>,
    pub(crate) looks: Vec<Look>,
    /// Bytes it comes to when it is released, at most about: far more than it came as.
    pub(crate) bytes: usize,
}

/// What one rule found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) rule: Arc<Rule>,
    pub(crate) shared: Shared,
    pub(crate) ends: Ends,
    pub(crate) beside: Beside,
}

/// Which ends of a rule's links an event may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// It gets links.
    pub(crate) from: bool,
    /// Links lead to it.
    pub(crate) to: bool,
}

/// What a built-in rule knows beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    Nothing,
    /// What is shared in the session before.
    SessionBefore(Shared),
    /// The span that the page says it was rendered in.
    Claims(TraceId, SpanId),
}

const SESSION: &str = "session.id";
const PREVIOUS_SESSION: &str = "session.previous_id";

impl Candidate {
    /// One that waited under a rule that is gone.
    pub(crate) fn without_rule(at: u64) -> Self {
        let bytes = weight::OF_EVENT;
        Self {
            at,
            trace_id: [0; 16],
            span_id: [0; 8],
            start_ns: 0,
            seq: 0,
            page: None,
            looks: Vec::new(),
            bytes,
        }
    }
}

impl Rules {
    pub(crate) fn new(linker: &Linker, seed: ValueSeed) -> Self {
        let on_server = linker.rules.iter().filter(|rule| rule.on_server).cloned();
        Self {
            of_browsers: linker.rules.clone(),
            of_servers: on_server.collect(),
            sessions: linker.sessions.then(|| Arc::new(of_sessions())),
            server: linker.server.then(|| Arc::new(Server::by(&linker.request_ids))),
            seed,
        }
    }

    /// Other rules, on the same index.
    pub(crate) fn with(&self, linker: &Linker) -> Self {
        Self::new(linker, self.seed)
    }

    /// Whether any span of `key` could wait.
    pub(crate) fn look_at(&self, key: &Key) -> bool {
        let any = self.sessions.is_some() || self.server.is_some() || !self.of_servers.is_empty();
        key.kind == KeyKind::Server && any
    }
}

impl Look {
    fn of(rule: &Arc<Rule>, shared: Shared, ends: Ends) -> Self {
        Self { rule: Arc::clone(rule), shared, ends, beside: Beside::Nothing }
    }

    /// What is shared in the session before, where the rule links sessions.
    pub(crate) fn session_before(&self) -> Option<Shared> {
        match self.beside {
            Beside::SessionBefore(shared) => Some(shared),
            Beside::Nothing | Beside::Claims(..) => None,
        }
    }
}

impl Ends {
    pub(crate) const BOTH: Self = Self { from: true, to: true };
    pub(crate) const FROM: Self = Self { from: true, to: false };
    pub(crate) const TO: Self = Self { from: false, to: true };

    /// Which ends of `rule` an event that has its attributes may be. `None`: neither.
    fn of(rule: &Rule, event: &impl Subject) -> Option<Self> {
        let may = |filter: &Option<Filter>| filter.as_ref().is_none_or(|filter| filter.holds(event));
        let ends = Self { from: may(&rule.where_from), to: may(&rule.where_to) };
        (ends.from || ends.to).then_some(ends)
    }
}

/// The rule that needs no setting: the root before, in the same session.
fn of_sessions() -> Rule {
    built_in("previous", &[SESSION], To::Previous, Duration::from_secs(30 * 86_400))
}

fn built_in(name: &str, by: &[&str], to: To, within: Duration) -> Rule {
    Rule {
        name: name.into(),
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        to,
        within,
        on_server: true,
        where_from: None,
        where_to: None,
    }
}

impl ValueSeed {
    fn shared(self, application: &str, rule: &Rule, values: &[Cow<'_, str>]) -> Shared {
        let mut bytes = Vec::with_capacity(128);
        let names = [application, &rule.name].into_iter().chain(rule.by.iter().map(String::as_str));
        for text in names.chain(values.iter().map(|value| &**value)) {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Shared(xxh3_128_with_seed(&bytes, self.0).to_be_bytes())
    }
}

impl Hash for Shared {
    /// It is one.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, ..] = self.0.as_chunks().0 else { return };
        state.write_u64(u64::from_ne_bytes(*first));
    }
}
