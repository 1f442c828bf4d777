//! Events that share values, in their order, whoever recorded them and whenever they came; and which of them an event
//! is linked to.

mod find;
mod row;

use std::sync::Arc;

use weft_proto::{SpanId, TraceId};

use super::look::{Candidate, Ends, Shared};

/// Events of one rule that share all its values, by their order: the first, and the latest without a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) first: Option<SeenEvent>,
    pub(super) events: Vec<SeenEvent>,
    /// Some between these are forgotten. Nothing is linked across them: a wrong link is worse than none.
    pub(super) has_hole: bool,
    /// First events of sessions that name this one as the session before.
    pub(super) next: Vec<Follower>,
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
    pub(super) ends: Ends,
}

/// The first event of a session, as far as is known, and what the events of that session share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Follower {
    pub(super) event: SeenEvent,
    pub(super) of: Shared,
}

/// A link that the linker has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) kind: Arc<str>,
    pub(super) is: How,
}

/// How a link was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// In the order of things.
    InOrder,
    /// It points to what came after: that had left when this one came.
    Late,
    /// It was declared, and cannot be true: it is taken away.
    Withdrawn,
}

/// Links that one look finds at most.
pub(super) const MOST_FOUND: usize = 64;

/// Events remembered that share values. Whoever needs more has lost count of them himself.
const MOST: usize = 64;

/// And while they wait. A batch of a stock SDK has 512.
const MOST_WAITING: usize = 2048;

/// Sessions that name one as the session before theirs: tabs that went on at the same time, each as its own.
const MOST_NEXT: usize = 16;

/// By start, then by number in the page; ids only make it one order for everybody.
pub(super) type Order = (u64, u64, SpanId);

impl Seen {
    /// Takes an event in; it may be in already.
    pub(super) fn add(&mut self, candidate: &Candidate, ends: Ends) {
        let order = order_of(candidate);
        let Err(at) = self.events.binary_search_by_key(&order, SeenEvent::order) else { return };
        let event = SeenEvent::of(candidate, ends);
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

    /// `candidate` is the first event, as far as is known, of a session `of` its own that comes after this one.
    pub(super) fn follow(&mut self, candidate: &Candidate, of: Shared) {
        let event = SeenEvent::of(candidate, Ends::BOTH);
        let has_room = self.next.len() < MOST_NEXT;
        match self.next.iter_mut().find(|known| known.of == of) {
            Some(known) if known.event.order() > event.order() => known.event = event,
            None if has_room => self.next.push(Follower { event, of }),
            _ => {}
        }
    }

    /// As [`Self::leaves`], for the first event of a session that comes after this one.
    pub(super) fn follower_leaves(&mut self, candidate: &Candidate, knew: u64) {
        let is_it = |known: &&mut Follower| known.event.order() == order_of(candidate);
        self.next.iter_mut().filter(is_it).for_each(|known| known.event.knew = Some(knew));
    }

    /// First events of later sessions that left without having known of `candidate`, which is the last before them.
    pub(super) fn missed_by_next(&self, candidate: &Candidate, came: u64) -> Vec<Follower> {
        let me = order_of(candidate);
        let is_last_before = |order| self.last_before(order).is_some_and(|last| last.order() == me);
        let misses = |event: &SeenEvent| {
            event.knew.is_some_and(|knew| knew < came) && event.trace_id != candidate.trace_id
        };
        let next = self.next.iter().filter(|next| misses(&next.event) && is_last_before(next.event.order()));
        next.cloned().collect()
    }

    /// Whether none of these is before what stands at `order`.
    pub(super) fn begins_with(&self, order: Order) -> bool {
        self.first.as_ref().is_none_or(|first| first.order() >= order)
    }

    /// The last of these before what stands at `order`, if that is known.
    pub(super) fn last_before(&self, order: Order) -> Option<&SeenEvent> {
        self.events.iter().rev().find(|event| event.order() < order)
    }
}

impl SeenEvent {
    fn of(candidate: &Candidate, ends: Ends) -> Self {
        let Candidate { start_ns, seq, trace_id, span_id, .. } = *candidate;
        Self { start_ns, seq, trace_id, span_id, knew: None, ends }
    }

    pub(super) fn order(&self) -> Order {
        (self.start_ns, self.seq, self.span_id)
    }
}

/// Every look's values, and those of the session before it.
pub(super) fn shared(candidate: &Candidate) -> impl Iterator<Item = Shared> {
    candidate.looks.iter().flat_map(|look| [Some(look.shared), look.session_before()].into_iter().flatten())
}

pub(super) fn order_of(candidate: &Candidate) -> Order {
    (candidate.start_ns, candidate.seq, candidate.span_id)
}

#[cfg(test)]
mod tests;
