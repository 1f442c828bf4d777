//! What the oracle knows: everything that was sent, and what of it was acknowledged.

use std::collections::{HashMap, HashSet};

use super::expected::Expected;

/// Span ids are what an event keeps from page to destination.
pub(super) type SpanId = [u8; 8];

/// The oracle's knowledge.
#[derive(Default)]
pub(super) struct Book {
    sent: HashMap<SpanId, Expected>,
    acknowledged: HashSet<SpanId>,
    /// Spans in requests of servers that got no answer and were sent again.
    sent_again: usize,
    /// For each destination by name: how many requests it had taken whenever somebody died.
    deaths: HashMap<String, Vec<usize>>,
    /// Whether a collector ended: what it had counted is gone with it.
    was_restarted: bool,
}

impl Book {
    /// Before the bytes leave: what arrives was sent.
    pub(super) fn send(&mut self, id: SpanId, expected: Expected) {
        let before = self.sent.insert(id, expected);
        assert!(before.is_none(), "the oracle made an id twice");
    }

    /// A whole request is acknowledged.
    pub(super) fn acknowledge(&mut self, ids: &[SpanId]) {
        self.acknowledged.extend(ids);
    }

    /// A request of a server got no answer: whether the collector has it is unknown, and it is sent again.
    pub(super) fn send_again(&mut self, spans: usize) {
        self.sent_again += spans;
    }

    pub(super) fn note_death(&mut self, destination: &str, taken: usize) {
        self.deaths.entry(destination.to_owned()).or_default().push(taken);
    }

    pub(super) fn note_restart(&mut self) {
        self.was_restarted = true;
    }

    pub(super) fn was_restarted(&self) -> bool {
        self.was_restarted
    }

    pub(super) fn acknowledged(&self) -> impl Iterator<Item = &SpanId> {
        self.acknowledged.iter()
    }

    pub(super) fn expected(&self, id: &[u8]) -> Option<&Expected> {
        self.sent.get(id)
    }

    /// Copies beyond the first that a destination may have got, if its requests had so many spans.
    pub(super) fn copies_allowed(&self, destination: &str, taken: &[usize], in_flight: usize) -> usize {
        let deaths = self.deaths.get(destination).map_or(&[][..], Vec::as_slice);
        let mut allowed = self.sent_again;
        let mut earlier = 0;
        for death in deaths {
            let latest = taken.get(earlier.max(death.saturating_sub(in_flight))..*death);
            allowed += latest.unwrap_or_default().iter().sum::<usize>();
            earlier = *death;
        }
        allowed
    }
}
