//! The ids of a page's events, each derived once: an event is linked to several times.

use weft_proto::{Batch, Ids, Seed, SpanId, TraceId};

/// Ids of the events of one batch, and of the few others that it refers to.
#[derive(Clone)]
pub(crate) struct PageIds {
    ids: Ids,
    page: [u8; 16],
    /// Number, and number of the root of its trace.
    roots: Vec<(u64, u64)>,
    derived: Vec<Option<(TraceId, SpanId)>>,
    /// Page load, view and the roots just before the batch: few, so a list is fastest.
    others: Vec<(u64, (TraceId, SpanId))>,
}

/// Others that are remembered. A batch that refers to more pays for each.
const MAX_OTHERS: usize = 16;

impl PageIds {
    pub(super) fn new(seed: Seed, batch: &Batch) -> Self {
        let ids = Ids::new(seed);
        Self {
            page: ids.page(),
            ids,
            roots: batch.events.iter().map(|event| (event.number, event.root())).collect(),
            derived: vec![None; batch.events.len()],
            others: Vec::new(),
        }
    }

    /// `weft.page.id`.
    pub(crate) fn page(&self) -> [u8; 16] {
        self.page
    }

    /// The trace of an event: that of its root. An event of an earlier batch is taken for a root, which everything
    /// that is referred to across batches is.
    pub(crate) fn trace(&mut self, number: u64) -> TraceId {
        self.both(number).0
    }

    /// The span of an event.
    pub(crate) fn span(&mut self, number: u64) -> SpanId {
        self.both(number).1
    }

    /// The span of what the collector says when it gives up waiting for an event's end.
    pub(super) fn closure(&self, number: u64) -> SpanId {
        self.ids.closure(number)
    }

    /// The span of the moment that says that an event has begun.
    pub(super) fn announcement(&self, number: u64) -> SpanId {
        self.ids.announcement(number)
    }

    pub(super) fn both(&mut self, number: u64) -> (TraceId, SpanId) {
        let Some(at) = self.position(number) else { return self.other(number) };
        let root = self.roots.get(at).map_or(number, |(_, root)| *root);
        match self.derived.get_mut(at) {
            Some(Some(both)) => *both,
            derived => {
                let both = (self.ids.trace(root), self.ids.span(number));
                if let Some(derived) = derived {
                    *derived = Some(both);
                }
                both
            }
        }
    }

    /// Where an event of the batch is. Mostly its numbers follow each other.
    fn position(&self, number: u64) -> Option<usize> {
        let (first, _) = self.roots.first()?;
        let if_none_is_missing = usize::try_from(number.checked_sub(*first)?).ok()?;
        if self.roots.get(if_none_is_missing).is_some_and(|(at, _)| *at == number) {
            return Some(if_none_is_missing);
        }
        self.roots.binary_search_by_key(&number, |(number, _)| *number).ok()
    }

    fn other(&mut self, number: u64) -> (TraceId, SpanId) {
        if let Some((_, both)) = self.others.iter().find(|(known, _)| *known == number) {
            return *both;
        }
        let both = (self.ids.trace(number), self.ids.span(number));
        if self.others.len() < MAX_OTHERS {
            self.others.push((number, both));
        }
        both
    }
}
