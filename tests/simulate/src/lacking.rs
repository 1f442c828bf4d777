//! What pages are known to lack when a link is decided: no rule leads past that, because what is not there may have been the
//! one before.

use std::{collections::HashMap, ops::Range};

use weft_proto::SpanId;

use crate::truth::{Rule, Truth};

/// A page, by its seed.
pub type Page = [u8; 16];

/// Events of pages, by their numbers.
#[derive(Debug, Default)]
pub struct Numbered {
    pages: HashMap<Page, Vec<SpanId>>,
    numbers: HashMap<SpanId, (Page, usize)>,
}

impl Numbered {
    /// The next event of a page happens. They are numbered from 0, without a gap.
    pub fn happens(&mut self, page: Page, event: SpanId) {
        let events = self.pages.entry(page).or_default();
        self.numbers.insert(event, (page, events.len()));
        events.push(event);
    }
}

impl Truth {
    /// Whether it is known at `at_ms` that something is missing between two events of a chain: of the page of the later, since
    /// the last of the chain in it; of the page of the earlier, until the next of the chain in it.
    #[must_use]
    pub fn lacks_between(&self, earlier: &SpanId, later: &SpanId, at_ms: u64) -> bool {
        let number = |event: &SpanId| self.numbered.numbers.get(event).copied();
        let place = |event: &SpanId| self.places.get(&(Rule::Cart, *event));
        let (Some((page_before, before)), Some((page_after, after))) = (number(earlier), number(later))
        else {
            return false;
        };
        let (Some(from), Some(to)) = (place(earlier), place(later)) else { return false };
        let events = self.chains.get(from.chain).map(|chain| chain.events.as_slice()).unwrap_or_default();
        let here = |events: &[(SpanId, u32)], page: Page| -> Vec<usize> {
            let here = events.iter().filter(|(event, _)| self.has_come(event, at_ms));
            here.filter_map(|(event, _)| number(event).filter(|(of, _)| *of == page))
                .map(|(_, at)| at)
                .collect()
        };
        let last = here(events.get(..=from.at).unwrap_or_default(), page_after).into_iter().max();
        let next = here(events.get(to.at + 1..).unwrap_or_default(), page_before).into_iter().min();
        self.lacks(page_after, last.map_or(0, |last| last + 1)..after, at_ms)
            || page_before != page_after
                && self.lacks(page_before, before + 1..next.unwrap_or(usize::MAX), at_ms)
    }

    /// Whether a page is known to lack any of these numbers: one after it has come, and it has not.
    fn lacks(&self, page: Page, numbers: Range<usize>, at_ms: u64) -> bool {
        let events = self.numbered.pages.get(&page).map(Vec::as_slice).unwrap_or_default();
        let Some(highest) = events.iter().rposition(|event| self.has_come(event, at_ms)) else {
            return false;
        };
        let between = events.get(numbers.start.min(highest)..numbers.end.min(highest)).unwrap_or_default();
        between.iter().any(|event| !self.has_come(event, at_ms))
    }

    fn has_come(&self, event: &SpanId, at_ms: u64) -> bool {
        self.arrival(event).is_some_and(|arrived| arrived <= at_ms)
    }
}
