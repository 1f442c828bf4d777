//! What happens in a test, each at a time of its own: events of tabs and spans of servers, which a test can send in
//! any order and knows by their ids.

mod served;
mod tab;

use std::cell::Cell;

pub use served::{Served, browser_request, post_spans, spans_request};
pub use tab::{Moment, Tab, at};

use crate::{
    clock::TestClock,
    received::{Linked, Received, hex},
};

/// Before now, so that nothing of it lies in the future: all of it happens within these hours.
const HOURS_AGO: u64 = 6;

/// Everything that happens in one test.
pub struct Story {
    began_ms: u64,
    tabs: Cell<u8>,
    served: Cell<u32>,
}

impl Story {
    /// Begins some hours ago.
    #[must_use]
    pub fn begin() -> Self {
        let began_ms = TestClock::default().now_ms() as u64 - HOURS_AGO * 60 * 60 * 1_000;
        Self { began_ms, tabs: Cell::new(0), served: Cell::new(0) }
    }

    /// Another tab.
    ///
    /// # Panics
    /// After 255 of them.
    #[must_use]
    pub fn tab(&self) -> Tab {
        self.tabs.set(self.tabs.get().checked_add(1).expect("a story with few tabs"));
        Tab::new(self.tabs.get(), self.began_ms)
    }

    /// A request that a server answered, so many milliseconds after the beginning: a root.
    #[must_use]
    pub fn served(&self, at_ms: u64) -> Served {
        self.served.set(self.served.get() + 1);
        Served::new(self.served.get(), (self.began_ms + at_ms) * 1_000_000)
    }
}

/// What an event or span is known by, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// Of its trace.
    pub trace_id: String,
    /// Its own.
    pub span_id: String,
}

impl Id {
    fn new(trace: &[u8], span: &[u8]) -> Self {
        Self { trace_id: hex(trace), span_id: hex(span) }
    }

    /// Whether `received` is this.
    #[must_use]
    pub fn is(&self, received: &Received) -> bool {
        (received.trace_id(), received.span_id()) == (self.trace_id.clone(), self.span_id.clone())
    }

    /// A link to it that a rule made.
    #[must_use]
    pub fn by(&self, rule: &str) -> Linked {
        let rule = rule.to_owned();
        Linked { kinds: vec![rule.clone()], rule: Some(rule), inferred: true, ..self.known(&[]) }
    }

    /// A link to it that was known, not inferred.
    #[must_use]
    pub fn known(&self, kinds: &[&str]) -> Linked {
        let Self { trace_id, span_id } = self.clone();
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Linked { trace_id, span_id, kinds, rule: None, inferred: false, late: false }
    }
}

impl Linked {
    /// The same, of this kind as well.
    #[must_use]
    pub fn and(mut self, kind: &str) -> Self {
        self.kinds.push(kind.to_owned());
        self.kinds.sort();
        self
    }

    /// The same, from what came late to what was sent before.
    #[must_use]
    pub fn late(self) -> Self {
        Self { late: true, ..self }
    }
}
