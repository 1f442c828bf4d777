//! Events that share values, in their order, whoever recorded them and whenever they came; and which of them an event
//! is linked to.

mod find;
mod row;

use std::{cmp::Ordering, sync::Arc};

use weft_proto::{SpanId, TraceId};

pub(super) use row::Stored;

use super::look::{Candidate, Ends, Look, Shared};
use crate::{config::To, pipeline::spool::PageTag};

/// Events of one rule that share all its values, by their order: the first, and the latest without a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The first of all, where it is not among `events` any more.
    pub(super) first: Option<Box<SeenEvent>>,
    pub(super) events: Vec<SeenEvent>,
    /// Some between these are forgotten. Nothing is linked across them: a wrong link is worse than none.
    pub(super) has_hole: bool,
    /// First events of sessions that name this one as the session before. Most have none, and there are many of them.
    #[expect(clippy::box_collection, reason = "two words less, a million times")]
    pub(super) next: Option<Box<Vec<Follower>>>,
}

/// An event that others may be linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenEvent {
    pub(super) start_ns: u64,
    pub(super) seq: u64,
    pub(super) page: Option<PageTag>,
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    /// How far the linker knew the spool when it decided what this one is linked to. `None`: it waits.
    pub(super) knew: Option<u64>,
    pub(super) ends: Ends,
    /// It left as the one of its trace that a request is linked with.
    pub(super) led: bool,
}

/// The first event of a session, as far as is known, and what the events of that session share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Follower {
    pub(super) event: SeenEvent,
    pub(super) of: Shared,
}

/// A link that the linker has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
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

/// Traces of backends that a request, which comes late, is linked to at most: weighed for every request that waits.
pub(super) const MOST_SERVED: usize = 4;

/// Events remembered that share values, and up to half as many more. Whoever needs more has lost count of them himself.
const MOST: usize = 64;

/// And while they wait. A batch of a stock SDK has 512.
const MOST_WAITING: usize = 2048;

/// Events at the end that are looked at one by one.
const NEAR: usize = 4;

/// Sessions that name one as the session before theirs: tabs that went on at the same time, each as its own.
const MOST_NEXT: usize = 16;

/// By start, then by number in the page; ids only make it one order for everybody.
pub(super) type Order = (u64, u64, SpanId);

impl Seen {
    /// Takes an event in; it may be in already.
    pub(super) fn add(&mut self, candidate: &Candidate, ends: Ends) {
        let order = order_of(candidate);
        let at = match self.position(order) {
            Err(at) => at,
            // As the rule says now.
            Ok(at) => return self.events.get_mut(at).into_iter().for_each(|event| event.ends = ends),
        };
        let event = SeenEvent::of(candidate, ends);
        // One that would stand at the edge of the hole, or beyond it, has neighbours that nobody remembers.
        if at > 0 || !self.has_hole {
            // Most values have few events, and there are many of them.
            if self.events.len() == self.events.capacity() {
                self.events.reserve_exact(self.events.len().max(1));
            }
            self.events.insert(at, event);
            self.forget();
        } else if self.first.as_ref().is_none_or(|first| order < first.order()) {
            self.first = Some(Box::new(event));
        }
    }

    /// Where an event is, or would be. Mostly that is at the end, and what is before need not be looked at, which is far
    /// away: there are a million of these.
    fn position(&self, order: Order) -> Result<usize, usize> {
        let mut end = self.events.len();
        for event in self.events.iter().rev().take(NEAR) {
            match event.order().cmp(&order) {
                Ordering::Less => return Err(end),
                Ordering::Equal => return Ok(end - 1),
                Ordering::Greater => end -= 1,
            }
        }
        let rest = self.events.get(..end).unwrap_or_default();
        rest.binary_search_by_key(&order, SeenEvent::order)
    }

    /// The oldest go when they have left, and at the greater bound whatever they do. Many at once: what is behind them moves.
    fn forget(&mut self) {
        if self.events.len() <= MOST + MOST / 2 {
            return;
        }
        let has_left = self.events.iter().take_while(|event| event.knew.is_some()).count();
        let surplus = (self.events.len() - MOST).min(has_left);
        let surplus = surplus.max(self.events.len().saturating_sub(MOST_WAITING));
        if surplus > 0 {
            let first = self.events.drain(..surplus).next();
            self.first = self.first.take().or(first.map(Box::new));
            self.has_hole = true;
        }
    }

    /// It was decided what this event is linked to, when the spool was known as far as `knew`. `None`: it waits again.
    pub(super) fn leaves(&mut self, candidate: &Candidate, look: &Look, knew: Option<u64>) {
        let may_lead = knew.is_some() && look.rule.to == To::Request && look.ends.from;
        let leads = may_lead && self.leads(candidate);
        if let Ok(at) = self.position(order_of(candidate))
            && let Some(event) = self.events.get_mut(at)
        {
            (event.knew, event.led) = (knew, leads);
        }
        if let Some(first) = self.first.as_mut().filter(|first| first.order() == order_of(candidate)) {
            first.knew = knew;
        }
    }

    /// Whether `candidate` is the one of its trace that a request is linked with: the first of it, unless another has left as
    /// that before this came.
    pub(super) fn leads(&self, candidate: &Candidate) -> bool {
        let me = order_of(candidate);
        let mut of_trace =
            self.events.iter().filter(|event| event.trace_id == candidate.trace_id && event.ends.from);
        of_trace.all(|event| event.order() >= me && (!event.led || event.order() == me))
    }

    /// `candidate` is the first event, as far as is known, of a session `of` its own that comes after this one.
    pub(super) fn follow(&mut self, candidate: &Candidate, of: Shared) {
        let event = SeenEvent::of(candidate, Ends::BOTH);
        let next = self.next.get_or_insert_default();
        let has_room = next.len() < MOST_NEXT;
        match next.iter_mut().find(|known| known.of == of) {
            Some(known) if known.event.order() > event.order() => known.event = event,
            None if has_room => next.push(Follower { event, of }),
            _ => {}
        }
    }

    /// As [`Self::leaves`], for the first event of a session that comes after this one.
    pub(super) fn follower_leaves(&mut self, candidate: &Candidate, knew: Option<u64>) {
        let is_it = |known: &&mut Follower| known.event.order() == order_of(candidate);
        self.next
            .iter_mut()
            .flat_map(|next| next.iter_mut())
            .filter(is_it)
            .for_each(|known| known.event.knew = knew);
    }

    /// First events of later sessions that left without having known of `candidate`, which is the last before them.
    pub(super) fn missed_by_next(&self, candidate: &Candidate, came: u64) -> Vec<Follower> {
        let me = order_of(candidate);
        let is_last_before = |order| self.last_before(order).is_some_and(|last| last.order() == me);
        let misses = |event: &SeenEvent| {
            event.knew.is_some_and(|knew| knew < came) && event.trace_id != candidate.trace_id
        };
        let next =
            self.followers().iter().filter(|next| misses(&next.event) && is_last_before(next.event.order()));
        next.cloned().collect()
    }

    /// Whether none of these is before what stands at `order`.
    pub(super) fn begins_with(&self, order: Order) -> bool {
        let first = self.first.as_deref().or(self.events.first());
        first.is_none_or(|first| first.order() >= order)
    }

    pub(super) fn followers(&self) -> &[Follower] {
        self.next.as_deref().map_or(&[], Vec::as_slice)
    }

    /// Whether any of these waits.
    pub(super) fn waits(&self) -> bool {
        self.events.iter().rev().any(|event| event.knew.is_none())
    }

    /// Bytes of what it holds, about.
    pub(super) fn bytes(&self) -> usize {
        self.events.capacity() * size_of::<SeenEvent>() + size_of_val(self.followers())
    }

    /// The last of these before what stands at `order`, if that is known.
    pub(super) fn last_before(&self, order: Order) -> Option<&SeenEvent> {
        self.events.iter().rev().find(|event| event.order() < order)
    }
}

impl SeenEvent {
    fn of(candidate: &Candidate, ends: Ends) -> Self {
        let Candidate { start_ns, seq, page, trace_id, span_id, .. } = *candidate;
        Self { start_ns, seq, page, trace_id, span_id, knew: None, ends, led: false }
    }

    pub(super) fn order(&self) -> Order {
        (self.start_ns, self.seq, self.span_id)
    }
}

pub(super) fn order_of(candidate: &Candidate) -> Order {
    (candidate.start_ns, candidate.seq, candidate.span_id)
}

#[cfg(test)]
mod tests;
