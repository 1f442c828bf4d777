//! What really happened, and what of it a destination should be able to tell by links.

use std::collections::{BTreeSet, HashMap};

use weft_proto::{SpanId, TraceId};

use crate::lacking::Numbered;

/// What an event is known by.
pub type Id = (TraceId, SpanId);

/// The collector's linker knows the rule `server`: request ids that a browser's request and a backend's span share. Until
/// it does, the table says that its row is not there yet, and a link of that kind is wrong.
pub const HAS_SERVER: bool = true;

/// The collector drops what pages say of a backend's trace that more than one of them names: cached HTML. Until it does, no
/// page of a history is cached.
pub const HAS_CACHED_HTML: bool = true;

/// Whose event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Our SDK's: its links are declared.
    Ours,
    /// A stock OpenTelemetry SDK's in a browser: the collector infers its links.
    Stock,
    /// A backend's.
    Backend,
}

/// An event that happened.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is known by.
    pub id: Id,
    /// Whose it is.
    pub source: Source,
    /// When it first arrived, in milliseconds since 1970. `None`: it was lost for good.
    pub arrived_ms: Option<u64>,
}

/// Which rule should find the pairs of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The built-in two: roots of a session, and of one session and the next.
    Sessions,
    /// One that the settings have.
    Cart,
}

/// Where an event stands in a chain.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which chain.
    pub chain: usize,
    /// Which of its events.
    pub at: usize,
}

/// Events in the order in which they happened, each with the session it belongs to.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Who should find its pairs.
    pub rule: Rule,
    /// Span ids, and which session of its person each is in.
    pub events: Vec<(SpanId, u32)>,
}

impl Chain {
    /// The kind of a link between two of its events, if there may be one.
    #[must_use]
    pub fn kind(&self, earlier: usize, later: usize) -> Option<&'static str> {
        let session = |at: usize| self.events.get(at).map(|(_, session)| *session);
        let (before, after) = (session(earlier)?, session(later)?);
        match self.rule {
            Rule::Cart => Some("cart"),
            Rule::Sessions if before == after => Some("previous"),
            Rule::Sessions if before + 1 == after => Some("session"),
            Rule::Sessions => None,
        }
    }
}

/// A link that a page or a server declares: its kind, where it is, and where it leads.
pub type Declared = (&'static str, SpanId, SpanId);

/// Everything that is known of what happened.
#[derive(Debug, Default)]
pub struct Truth {
    /// Every event, by its span id.
    pub facts: HashMap<SpanId, Fact>,
    /// Links that were declared.
    pub declared: BTreeSet<Declared>,
    /// Chains whose pairs are to be inferred.
    pub chains: Vec<Chain>,
    /// Where an event stands, by rule.
    pub places: HashMap<(Rule, SpanId), Place>,
    /// Spans of backends, and the request of a page that each answered, in traces of their own.
    pub served: BTreeSet<(SpanId, SpanId)>,
    /// What rendered a page that a cache gives to others. The first page was rendered by it, and may say so; no other.
    pub cached: BTreeSet<SpanId>,
    /// Events of pages of our SDK, by their numbers.
    pub numbered: Numbered,
    /// Events that happened in pages that are not kept, and which pages these are: nothing may lead to them.
    pub not_kept: HashMap<SpanId, String>,
    /// Links to these that pages knew to leave out.
    pub links_left_out: u64,
}

impl Truth {
    /// An event happened.
    ///
    /// # Panics
    /// If two have one id: a generator that makes such histories proves nothing.
    pub fn happened(&mut self, id: Id, source: Source) {
        let fact = Fact { id, source, arrived_ms: None };
        assert!(self.facts.insert(id.1, fact).is_none(), "two events have the id {:?}", id.1);
    }

    /// An event happened, and its page is not kept.
    pub fn is_not_kept(&mut self, id: Id, page: &[u8]) {
        self.not_kept.insert(id.1, support::received::hex(page));
    }

    /// Something declares what it belongs to.
    pub fn declares(&mut self, kind: &'static str, from: Id, to: Id) {
        self.declared.insert((kind, from.1, to.1));
    }

    /// A copy of these events arrived.
    pub fn arrived(&mut self, events: &[SpanId], at_ms: u64) {
        for event in events {
            if let Some(fact) = self.facts.get_mut(event) {
                fact.arrived_ms = Some(fact.arrived_ms.map_or(at_ms, |first| first.min(at_ms)));
            }
        }
    }

    /// A chain begins.
    pub fn chain(&mut self, rule: Rule) -> usize {
        self.chains.push(Chain { rule, events: Vec::new() });
        self.chains.len() - 1
    }

    /// The next event of a chain happens. They happen in order.
    pub fn follows(&mut self, chain: usize, event: SpanId, session: u32) {
        if let Some(known) = self.chains.get_mut(chain) {
            self.places.insert((known.rule, event), Place { chain, at: known.events.len() });
            known.events.push((event, session));
        }
    }

    /// When an event first arrived, if it did.
    #[must_use]
    pub fn arrival(&self, event: &SpanId) -> Option<u64> {
        self.facts.get(event)?.arrived_ms
    }
}
