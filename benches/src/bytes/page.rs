//! Spans as events of pages: each resource is a page, or each page that our collector tells of; each span has a number in it, and
//! ids follow from that.

use std::collections::{BTreeMap, HashMap, HashSet};

use weft_proto::{Batch, Ids, InTrace, Seed, SpanId, TraceId};

use super::{
    json::{One, Recorded},
    ours, rest,
};

/// The spans of one page.
pub(super) struct Page {
    pub(super) seed: Seed,
    pub(super) ids: Ids,
    pub(super) resource: usize,
    /// By position in the file: where the span is in its page.
    pub(super) places: BTreeMap<usize, Place>,
    /// Number by trace and span id.
    numbers: HashMap<(Vec<u8>, Vec<u8>), u64>,
    /// The root whose number a trace's id follows from.
    roots: HashMap<Vec<u8>, u64>,
    /// Of a page of ours: number of the page load; numbers by span id alone; starts by number.
    page_load: Option<u64>,
    pub(super) by_span: ours::Numbers,
    pub(super) starts: HashMap<u64, u64>,
}

/// Where a span is in its page.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) trace: Option<InTrace>,
    /// Ids that no number stands for travel as they are.
    pub(super) own_is_raw: bool,
    pub(super) trace_is_raw: bool,
    pub(super) parent_is_raw: bool,
}

/// The pages of a file.
pub(super) fn pages(recorded: &Recorded) -> Vec<Page> {
    let mut groups: BTreeMap<_, Vec<(usize, &One)>> = BTreeMap::new();
    for (at, one) in recorded.spans.iter().enumerate() {
        groups.entry((one.resource, ours::page_id(&one.span))).or_default().push((at, one));
    }
    let mut pages = Vec::new();
    for ((resource, id), mut spans) in groups {
        spans.sort_by_key(|(_, one)| (one.span.start_time_unix_nano, !one.span.parent_span_id.is_empty()));
        let mut page = Page::new(pages.len(), resource);
        page.number(&spans);
        if id.is_some() {
            page.know(&spans);
        }
        pages.push(page);
    }
    pages
}

fn is_id(bytes: &[u8], length: usize) -> bool {
    bytes.len() == length && bytes.iter().any(|byte| *byte != 0)
}

impl Page {
    fn new(number: usize, resource: usize) -> Self {
        let mut seed = Seed([0x5a; 16]);
        seed.0.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to ^= from);
        Self {
            seed,
            ids: Ids::new(seed),
            resource,
            places: BTreeMap::new(),
            numbers: HashMap::new(),
            roots: HashMap::new(),
            page_load: None,
            by_span: HashMap::new(),
            starts: HashMap::new(),
        }
    }

    /// Numbers the spans as they start; only that parents and roots come first.
    fn number(&mut self, spans: &[(usize, &One)]) {
        let (mut by_id, mut first_root) = (HashMap::new(), HashMap::new());
        for (at, (_, one)) in spans.iter().enumerate() {
            let span = &one.span;
            if !is_id(&span.trace_id, 16) || !is_id(&span.span_id, 8) {
                continue;
            }
            by_id.entry((&span.trace_id, &span.span_id)).or_insert(at);
            if span.parent_span_id.is_empty() {
                first_root.entry(&span.trace_id).or_insert(at);
            }
        }
        let mut order = Vec::new();
        let mut seen = HashSet::new();
        for at in 0..spans.len() {
            let mut chain = Vec::new();
            let mut next = Some(at);
            while let Some(at) = next.filter(|at| !seen.contains(at) && !chain.contains(at)) {
                chain.push(at);
                let Some((_, one)) = spans.get(at) else { break };
                next = by_id.get(&(&one.span.trace_id, &one.span.parent_span_id)).copied();
                if next.is_none() {
                    next = first_root.get(&one.span.trace_id).copied();
                }
            }
            for at in chain.into_iter().rev() {
                seen.insert(at);
                order.push(at);
            }
        }
        // Ours have numbers, unless one comes twice.
        let own: HashSet<_> = spans.iter().filter_map(|(_, one)| ours::number(&one.span)).collect();
        let numbered = own.len() == spans.len();
        for (number, at) in order.into_iter().enumerate() {
            let Some((position, one)) = spans.get(at) else { continue };
            let number = ours::number(&one.span).filter(|_| numbered).unwrap_or(number as u64);
            let is_first = by_id.get(&(&one.span.trace_id, &one.span.span_id)) == Some(&at);
            self.place(*position, one, number, is_first);
        }
    }

    /// What events of ours refer to.
    fn know(&mut self, spans: &[(usize, &One)]) {
        for (position, one) in spans {
            if let Some(place) = self.places.get(position) {
                self.by_span.insert(one.span.span_id.clone(), place.number);
                self.starts.insert(place.number, one.span.start_time_unix_nano);
            }
        }
        self.page_load = ours::page_load(spans.iter().map(|(_, one)| &one.span), self);
    }

    fn place(&mut self, position: usize, one: &One, number: u64, is_first: bool) {
        let span = &one.span;
        let key = |id: &Vec<u8>| (span.trace_id.clone(), id.clone());
        let mut place = Place { number, own_is_raw: !is_first, ..Place::default() };
        let parent = self.numbers.get(&key(&span.parent_span_id)).copied();
        let known =
            |number: u64, page: &Self| page.places.values().find(|place| place.number == number).copied();
        if let Some(parent) = parent {
            // The root of the parent is that of its child.
            let root = known(parent, self).and_then(|place| place.trace).map_or(parent, |trace| trace.root);
            place.trace = Some(InTrace { root, parent: Some(parent) });
        } else {
            place.parent_is_raw = !span.parent_span_id.is_empty();
            let root = self.roots.get(&span.trace_id).copied();
            place.trace = root.map(|root| InTrace { root, parent: None });
            if root.is_none() && is_first && !place.parent_is_raw {
                self.roots.insert(span.trace_id.clone(), number);
            }
        }
        let root = place.trace.map_or(number, |trace| trace.root);
        place.trace_is_raw = self.roots.get(&span.trace_id) != Some(&root);
        if is_first {
            self.numbers.insert(key(&span.span_id), number);
        }
        self.places.insert(position, place);
    }

    /// Positions of the spans, in the order in which they end.
    pub(super) fn by_end(&self, recorded: &Recorded) -> Vec<usize> {
        let mut all: Vec<_> = self.places.keys().copied().collect();
        all.sort_by_key(|at| recorded.spans.get(*at).map(|one| one.span.end_time_unix_nano));
        all
    }

    /// The spans at these positions as one batch.
    pub(super) fn batch(&self, recorded: &Recorded, spans: &[usize]) -> Batch {
        let mut batch = Batch::default();
        rest::resource(recorded, self.resource, &mut batch);
        batch.page_load = self.page_load;
        let mut places: Vec<_> =
            spans.iter().filter_map(|at| Some((self.places.get(at)?, recorded.spans.get(*at)?))).collect();
        places.sort_by_key(|(place, _)| place.number);
        for (place, one) in places {
            rest::event(recorded, self, place, one, &mut batch);
        }
        batch
    }

    /// The number of a span, if it is of this page.
    pub(super) fn number_of(&self, trace: &[u8], span: &[u8]) -> Option<u64> {
        self.numbers.get(&(trace.to_vec(), span.to_vec())).copied()
    }

    /// The ids that stand for those of a span of this page.
    pub(super) fn ids_of(&self, trace: &[u8], span: &[u8]) -> Option<(Vec<u8>, SpanId)> {
        let number = self.number_of(trace, span)?;
        let derived: Option<TraceId> = self.roots.get(trace).map(|root| self.ids.trace(*root));
        Some((derived.map_or(trace.to_vec(), |id| id.to_vec()), self.ids.span(number)))
    }

    /// The id that stands for that of a trace.
    pub(super) fn trace_of(&self, trace: &[u8]) -> Vec<u8> {
        self.roots.get(trace).map_or(trace.to_vec(), |root| self.ids.trace(*root).to_vec())
    }
}
