//! What an event is linked to by one look: what was before it, and what left without having known of it.

use std::{sync::Arc, time::Duration};

use super::{Candidate, Found, How, MOST_FOUND, MOST_SERVED, Seen, SeenEvent, TraceId, order_of};
use crate::{
    config::To,
    pipeline::{
        link::look::{Beside, Look},
        spool::{Missing, PageTag},
    },
};

impl Seen {
    /// Appends what `candidate`, which came with the record that ends at `came`, is linked to by `look`.
    pub(in crate::pipeline::link) fn find(
        &self,
        candidate: &Candidate,
        look: &Look,
        came: u64,
        missing: &Missing,
        found: &mut Vec<Found>,
    ) {
        let (at, rest) = match self.position(order_of(candidate)) {
            Ok(at) => (at, at + 1),
            Err(at) => (at, at),
        };
        let earlier = self.events.get(..at).unwrap_or_default();
        let later = self.events.get(rest..).unwrap_or_default();
        let within = nanoseconds(look.rule.within);
        let find = Find { seen: self, candidate, look, came, missing, earlier, later, within };
        let mut add = |event: &SeenEvent, is| {
            let (trace_id, span_id) = (event.trace_id, event.span_id);
            found.push(Found { trace_id, span_id, kind: Arc::clone(&look.rule.name), is });
        };
        match look.rule.to {
            To::Previous => find.previous(&mut add),
            To::First => find.first(&mut add),
            To::All => find.all(&mut add),
            To::Request => find.request(&mut add),
            To::Unshared => find.unshared(&mut add),
        }
    }
}

/// An event, and those it shares values with.
struct Find<'a> {
    seen: &'a Seen,
    candidate: &'a Candidate,
    look: &'a Look,
    came: u64,
    missing: &'a Missing,
    earlier: &'a [SeenEvent],
    later: &'a [SeenEvent],
    within: u64,
}

impl Find<'_> {
    fn previous(&self, add: &mut impl FnMut(&SeenEvent, How)) {
        // Before the hole nobody knows who stood beside it.
        if self.seen.has_hole && self.earlier.is_empty() {
            return;
        }
        let me = SeenEvent::of(self.candidate, self.look.ends);
        if self.look.ends.from {
            let before = self.earlier.iter().rev().find(|event| self.is_near(event));
            let before = before.filter(|event| self.is_certain(event, &me));
            before.into_iter().for_each(|event| add(event, How::InOrder));
        }
        // Whose predecessor it is: nothing of another trace than theirs stands between.
        let mut between: Option<TraceId> = None;
        for event in self.later {
            let is_next = between.is_none_or(|trace| trace == event.trace_id);
            if is_next && self.misses(event) && self.is_certain(&me, event) {
                add(event, How::Late);
            }
            match between {
                _ if !event.ends.to => {}
                None => between = Some(event.trace_id),
                Some(trace) if trace == event.trace_id => {}
                Some(_) => return,
            }
        }
    }

    fn first(&self, add: &mut impl FnMut(&SeenEvent, How)) {
        if self.seen.has_hole {
            let first = self.seen.first.as_ref().filter(|first| first.order() < order_of(self.candidate));
            let first = first.filter(|first| self.look.ends.from && self.is_near(first));
            first.into_iter().for_each(|event| add(event, How::InOrder));
            return;
        }
        if self.look.ends.from {
            let first = self.earlier.iter().find(|event| self.is_near(event));
            first.into_iter().for_each(|event| add(event, How::InOrder));
        }
        let is_first_of = |event: &&SeenEvent| {
            !self.earlier.iter().any(|other| {
                other.ends.to
                    && other.start_ns.saturating_add(self.within) >= event.start_ns
                    && other.trace_id != event.trace_id
            })
        };
        let missed = self.later.iter().filter(|event| self.misses(event)).filter(is_first_of);
        missed.take(MOST_FOUND).for_each(|event| add(event, How::Late));
    }

    fn all(&self, add: &mut impl FnMut(&SeenEvent, How)) {
        if self.look.ends.from {
            let near = self.earlier.iter().rev().filter(|event| self.is_near(event));
            near.take(MOST_FOUND).for_each(|event| add(event, How::InOrder));
        }
        let missed = self.later.iter().filter(|event| self.misses(event));
        missed.take(MOST_FOUND).for_each(|event| add(event, How::Late));
    }

    /// Browsers and servers have clocks of their own, so which began first says nothing. An id that several requests have
    /// is no id: a wrong link is worse than none.
    fn request(&self, add: &mut impl FnMut(&SeenEvent, How)) {
        if self.seen.has_hole {
            return;
        }
        let others = || self.earlier.iter().chain(self.later).filter(|event| self.is_about(event));
        let mut requests = others().filter(|event| event.ends.to);
        if self.look.ends.from {
            let (Some(request), None) = (requests.next(), requests.next()) else { return };
            if self.seen.leads(self.candidate) && request.trace_id != self.candidate.trace_id {
                add(request, How::InOrder);
            }
        } else if requests.next().is_none() {
            let missed = others().filter(|event| event.led && self.left_without(event));
            missed.take(MOST_SERVED).for_each(|event| add(event, How::Late));
        }
    }

    /// A trace rendered one document. What another document claims too came from a cache, and nobody knows for whom it
    /// was rendered.
    fn unshared(&self, add: &mut impl FnMut(&SeenEvent, How)) {
        let Beside::Claims(trace_id, span_id) = self.look.beside else { return };
        let mut others = self.earlier.iter().chain(self.later);
        if self.seen.has_hole || others.any(|event| event.trace_id != self.candidate.trace_id) {
            let claimed = SeenEvent { trace_id, span_id, ..SeenEvent::of(self.candidate, self.look.ends) };
            add(&claimed, How::Withdrawn);
        }
    }

    /// Whether nothing is known to be missing between `before` and `after`: neither of the page of `after`, since the last
    /// of it that is here, nor of that of `before`, until the next of it.
    fn is_certain(&self, before: &SeenEvent, after: &SeenEvent) -> bool {
        let lacks_before = after.page.is_some_and(|page| self.lacks_before(page, before, after));
        let of_another = before.page.filter(|page| Some(*page) != after.page);
        !lacks_before && !of_another.is_some_and(|page| self.lacks_after(page, before, after))
    }

    // Most pages lack nothing, and there may be many events: so that is asked first.
    fn lacks_before(&self, page: PageTag, before: &SeenEvent, after: &SeenEvent) -> bool {
        self.missing.any(page, None, after.seq) && {
            let known = self.of_page(page).filter(|event| event.order() <= before.order());
            let known = known.chain(Some(before).filter(|event| event.page == Some(page)));
            self.missing.any(page, known.map(|event| event.seq).max(), after.seq)
        }
    }

    fn lacks_after(&self, page: PageTag, before: &SeenEvent, after: &SeenEvent) -> bool {
        self.missing.any(page, Some(before.seq), u64::MAX) && {
            let known = self.of_page(page).filter(|event| event.order() > after.order());
            let next = known.map(|event| event.seq).min().unwrap_or(u64::MAX);
            self.missing.any(page, Some(before.seq), next)
        }
    }

    fn of_page(&self, page: PageTag) -> impl Iterator<Item = &SeenEvent> {
        self.earlier.iter().chain(self.later).filter(move |event| event.page == Some(page))
    }

    /// Whether it may be led to by `candidate`, which is later.
    fn is_near(&self, event: &SeenEvent) -> bool {
        event.ends.to
            && event.start_ns.saturating_add(self.within) >= self.candidate.start_ns
            && event.trace_id != self.candidate.trace_id
    }

    /// Whether it, which is later, left without having known of `candidate` and would have been linked to it.
    fn misses(&self, event: &SeenEvent) -> bool {
        event.ends.from
            && self.look.ends.to
            && self.candidate.start_ns.saturating_add(self.within) >= event.start_ns
            && self.left_without(event)
    }

    fn left_without(&self, event: &SeenEvent) -> bool {
        event.knew.is_some_and(|knew| knew < self.came) && event.trace_id != self.candidate.trace_id
    }

    /// Whether it began at about the same time.
    fn is_about(&self, event: &SeenEvent) -> bool {
        event.start_ns.abs_diff(self.candidate.start_ns) <= self.within
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
