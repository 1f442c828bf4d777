//! Events that share values, in their order, whoever recorded them and whenever they came; and which of them an event
//! is linked to.

use std::{sync::Arc, time::Duration};

use prost::Message;
use weft_proto::{SpanId, TraceId};

use super::look::{Candidate, Look, Shared};
use crate::config::To;

/// Events of one rule that share all its values, by their order: the first, and the latest without a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) first: Option<SeenEvent>,
    pub(super) events: Vec<SeenEvent>,
    /// Some between these are forgotten. Nothing is linked across them: a wrong link is worse than none.
    pub(super) has_hole: bool,
}

/// An event that others may be linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenEvent {
    pub(super) start_ns: u64,
    pub(super) seq: u64,
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    /// How far the linker knew the spool when it decided what this one is linked to. `None`: it waits.
    pub(super) knew: Option<u64>,
}

/// A link that the linker has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) kind: Arc<str>,
    /// It points to what came after: that had left when this one came.
    pub(super) is_late: bool,
}

/// Links that one look finds at most.
pub(super) const MOST_FOUND: usize = 64;

/// Events remembered that share values. Whoever needs more has lost count of them himself.
const MOST: usize = 64;

/// And while they wait. A batch of a stock SDK has 512.
const MOST_WAITING: usize = 2048;

/// By start, then by number in the page; ids only make it one order for everybody.
type Order = (u64, u64, SpanId);

impl Seen {
    /// Takes an event in; it may be in already.
    pub(super) fn add(&mut self, candidate: &Candidate) {
        let order = order_of(candidate);
        let Err(at) = self.events.binary_search_by_key(&order, SeenEvent::order) else { return };
        let Candidate { start_ns, seq, trace_id, span_id, .. } = *candidate;
        let event = SeenEvent { start_ns, seq, trace_id, span_id, knew: None };
        if self.first.as_ref().is_none_or(|first| event.order() < first.order()) {
            self.first = Some(event.clone());
        }
        // One that would stand at the edge of the hole, or beyond it, has neighbours that nobody remembers.
        if at > 0 || !self.has_hole {
            self.events.insert(at, event);
        }
        self.forget();
    }

    /// The oldest go when they have left, and at the greater bound whatever they do.
    fn forget(&mut self) {
        let has_left = self.events.iter().take_while(|event| event.knew.is_some()).count();
        let surplus = self.events.len().saturating_sub(MOST).min(has_left);
        let surplus = surplus.max(self.events.len().saturating_sub(MOST_WAITING));
        if surplus > 0 {
            self.events.drain(..surplus);
            self.has_hole = true;
        }
    }

    /// It was decided what this event is linked to, when the spool was known as far as `knew`.
    pub(super) fn leaves(&mut self, candidate: &Candidate, knew: u64) {
        if let Ok(at) = self.events.binary_search_by_key(&order_of(candidate), SeenEvent::order)
            && let Some(event) = self.events.get_mut(at)
        {
            event.knew = Some(knew);
        }
        if let Some(first) = self.first.as_mut().filter(|first| first.order() == order_of(candidate)) {
            first.knew = Some(knew);
        }
    }

    /// Appends what `candidate`, which came with the record that ends at `came`, is linked to by `look`.
    pub(super) fn find(&self, candidate: &Candidate, look: &Look, came: u64, found: &mut Vec<Found>) {
        let me = order_of(candidate);
        let (earlier, rest) = self.events.split_at(self.events.partition_point(|event| event.order() < me));
        let later = rest
            .get(usize::from(rest.first().is_some_and(|event| event.order() == me))..)
            .unwrap_or_default();
        let within = nanoseconds(look.rule.within);
        let mut add = |event: &SeenEvent, is_late| {
            let (trace_id, span_id) = (event.trace_id, event.span_id);
            found.push(Found { trace_id, span_id, kind: Arc::clone(&look.rule.name), is_late });
        };
        let is_near = |event: &&SeenEvent| {
            event.start_ns.saturating_add(within) >= candidate.start_ns
                && event.trace_id != candidate.trace_id
        };
        // Whatever left without having known of this one, and would have been linked to it.
        let misses = |event: &&SeenEvent| {
            event.knew.is_some_and(|knew| knew < came)
                && event.trace_id != candidate.trace_id
                && candidate.start_ns.saturating_add(within) >= event.start_ns
        };
        match look.rule.to {
            // Before the hole nobody knows who stood beside it.
            To::Previous if self.has_hole && earlier.is_empty() => {}
            To::Previous => {
                earlier.iter().rev().find(is_near).into_iter().for_each(|event| add(event, false));
                let next = later.first().map(|event| event.trace_id);
                let after = later.iter().take_while(|event| Some(event.trace_id) == next);
                after.filter(misses).for_each(|event| add(event, true));
            }
            To::First if self.has_hole => {
                let first = self.first.as_ref().filter(|first| first.order() < me);
                first.filter(is_near).into_iter().for_each(|event| add(event, false));
            }
            To::First => {
                earlier.iter().find(is_near).into_iter().for_each(|event| add(event, false));
                let is_first = |event: &&SeenEvent| {
                    let near = |other: &&SeenEvent| {
                        other.start_ns.saturating_add(within) >= event.start_ns
                            && other.trace_id != event.trace_id
                    };
                    !earlier.iter().any(|other| near(&other))
                };
                later
                    .iter()
                    .filter(misses)
                    .filter(is_first)
                    .take(MOST_FOUND)
                    .for_each(|event| add(event, true));
            }
            To::All => {
                earlier.iter().rev().filter(is_near).take(MOST_FOUND).for_each(|event| add(event, false));
                later.iter().filter(misses).take(MOST_FOUND).for_each(|event| add(event, true));
            }
        }
    }

    /// Whether none of these is before `candidate`.
    pub(super) fn begins_with(&self, candidate: &Candidate) -> bool {
        self.first.as_ref().is_none_or(|first| first.order() >= order_of(candidate))
    }

    /// The last of these before `candidate`, if that is known.
    pub(super) fn last_before(&self, candidate: &Candidate) -> Option<&SeenEvent> {
        self.events.iter().rev().find(|event| event.order() < order_of(candidate))
    }

    pub(super) fn to_row(&self, day: u32) -> Vec<u8> {
        let events = self.events.iter().map(EventRow::of).collect();
        let first = self.first.as_ref().map(EventRow::of);
        Row { day, events, first, has_hole: self.has_hole }.encode_to_vec()
    }

    /// With the day it was last written.
    pub(super) fn from_row(row: &[u8]) -> Option<(Self, u32)> {
        let Row { day, events, first, has_hole } = Row::decode(row).ok()?;
        let events = events.iter().filter_map(EventRow::event).collect();
        let first = first.as_ref().and_then(EventRow::event);
        Some((Self { first, events, has_hole }, day))
    }
}

impl SeenEvent {
    fn order(&self) -> Order {
        (self.start_ns, self.seq, self.span_id)
    }
}

/// Every look's values, and those of the session before it.
pub(super) fn shared(candidate: &Candidate) -> impl Iterator<Item = Shared> {
    candidate.looks.iter().flat_map(|look| [Some(look.shared), look.before].into_iter().flatten())
}

fn order_of(candidate: &Candidate) -> Order {
    (candidate.start_ns, candidate.seq, candidate.span_id)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// As it lies in the index.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Row {
    #[prost(uint32, tag = "1")]
    day: u32,
    #[prost(message, repeated, tag = "2")]
    events: Vec<EventRow>,
    #[prost(message, optional, tag = "3")]
    first: Option<EventRow>,
    #[prost(bool, tag = "4")]
    has_hole: bool,
}

impl EventRow {
    fn of(event: &SeenEvent) -> Self {
        let ids = [&event.trace_id[..], &event.span_id].concat();
        Self { start_ns: event.start_ns, seq: event.seq, ids, knew: event.knew }
    }

    fn event(&self) -> Option<SeenEvent> {
        let (trace_id, span_id) = self.ids.split_first_chunk()?;
        let (start_ns, seq, knew) = (self.start_ns, self.seq, self.knew);
        Some(SeenEvent { start_ns, seq, trace_id: *trace_id, span_id: span_id.try_into().ok()?, knew })
    }
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct EventRow {
    #[prost(fixed64, tag = "1")]
    start_ns: u64,
    #[prost(uint64, tag = "2")]
    seq: u64,
    /// Of trace and span.
    #[prost(bytes = "vec", tag = "3")]
    ids: Vec<u8>,
    #[prost(uint64, optional, tag = "4")]
    knew: Option<u64>,
}

#[cfg(test)]
mod tests;
