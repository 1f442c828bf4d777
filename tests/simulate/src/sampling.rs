//! Sampling: by the SDK, which knows what it left out, and by a consistent sampler behind the collector, which has only the
//! randomness that every root carries; and which links then lead to what is not there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use support::received::Received;
use weft_proto::SpanId;

use crate::truth::Truth;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// In percent, before `changes_ms`.
    pub before: u64,
    /// And from then on.
    pub after: u64,
    /// Milliseconds since 1970.
    pub changes_ms: u64,
}

impl Rate {
    /// Everything, always.
    pub const ALL: Self = Self { before: 100, after: 100, changes_ms: 0 };

    /// In percent, at that time.
    #[must_use]
    pub fn at(self, at_ms: u64) -> u64 {
        if at_ms < self.changes_ms { self.before } else { self.after }
    }
}

/// What is drawn is kept from here on, of 56 bits: as `wasm-sdk/js/sampling.ts` has it, to 24 bits.
#[must_use]
pub fn threshold(percent: u64) -> u64 {
    let digits = ((1.0 - percent as f64 / 100.0) * f64::from(1 << 24)).round() as u64;
    digits << 32
}

/// What a rate leaves.
#[derive(Clone, Debug, Default)]
pub struct Sampled {
    /// Pages that are there, of all that there were.
    pub pages: (u64, u64),
    /// Events that are kept.
    pub kept: u64,
    /// Links of these.
    pub links: u64,
    /// Links that the SDK left out because it knew that their targets were not kept.
    pub left_out: u64,
    /// Links to what was not kept, within a page.
    pub dangling_in_page: u64,
    /// Links to what was not kept in another page, by kind.
    pub dangling_elsewhere: BTreeMap<String, u64>,
}

impl Sampled {
    /// All of them.
    #[must_use]
    pub fn dangling(&self) -> u64 {
        self.dangling_in_page + self.dangling_elsewhere.values().sum::<u64>()
    }

    fn dangles(&mut self, in_page: bool, kinds: Vec<String>) {
        if in_page {
            self.dangling_in_page += 1;
            return;
        }
        for kind in kinds {
            *self.dangling_elsewhere.entry(kind).or_default() += 1;
        }
    }
}

/// What came of a history whose SDK sampled.
#[must_use]
pub fn by_sdk(truth: &Truth, spans: &[Received]) -> Sampled {
    let mut sampled = Sampled { left_out: truth.links_left_out, ..Sampled::default() };
    let mut pages = BTreeSet::new();
    for (span, page) in spans.iter().filter_map(|span| Some((span, span.text("weft.page.id")?))) {
        pages.insert(page);
        sampled.kept += 1;
        for link in span.links() {
            sampled.links += 1;
            let to = u64::from_str_radix(&link.span_id, 16).map(u64::to_be_bytes).ok();
            if let Some(to) = to.filter(|to: &SpanId| truth.not_kept.contains_key(to)) {
                let in_page = truth.not_kept.get(&to).is_some_and(|of| of.as_str() == page);
                sampled.dangles(in_page, link.kinds);
            }
        }
    }
    let dropped: BTreeSet<&str> = truth.not_kept.values().map(String::as_str).collect();
    sampled.pages = (pages.len() as u64, pages.union(&dropped).count() as u64);
    sampled
}

/// What is known of an event to a sampler behind the collector.
struct Drawn {
    rv: u64,
    at_ms: u64,
    page: String,
}

/// Samples what came by this rate. Only events of our SDK carry randomness.
#[must_use]
pub fn behind_collector(spans: &[Received], rate: Rate) -> Sampled {
    let drawn: HashMap<String, Drawn> =
        spans.iter().filter_map(|span| Some((span.span_id(), drawn(span)?))).collect();
    let keeps = |event: &Drawn| event.rv >= threshold(rate.at(event.at_ms));
    let pages = |some: &dyn Fn(&Drawn) -> bool| {
        let pages: BTreeSet<_> =
            drawn.values().filter(|event| some(event)).map(|event| &event.page).collect();
        pages.len() as u64
    };
    let mut sampled = Sampled { pages: (pages(&keeps), pages(&|_| true)), ..Sampled::default() };
    for span in spans {
        let Some(from) = drawn.get(&span.span_id()).filter(|from| keeps(from)) else { continue };
        sampled.kept += 1;
        for link in span.links() {
            sampled.links += 1;
            if let Some(to) = drawn.get(&link.span_id).filter(|to| !keeps(to)) {
                sampled.dangles(to.page == from.page, link.kinds);
            }
        }
    }
    sampled
}

fn drawn(span: &Received) -> Option<Drawn> {
    let (_, rv) = span.span.trace_state.split_once("rv:")?;
    let rv = u64::from_str_radix(rv.get(..14)?, 16).ok()?;
    let at_ms = span.span.start_time_unix_nano / 1_000_000;
    Some(Drawn { rv, at_ms, page: span.text("weft.page.id")?.to_owned() })
}
