//! What a consistent sampler behind the collector would keep: whole pages and sessions, by the randomness that every root
//! carries; and which links would then lead to what is not there.

use std::collections::{BTreeMap, HashMap};

use support::received::Received;

/// Bits of randomness in `tracestate`: `ot=rv:` and 14 hex digits.
const ALL: f64 = (1u64 << 56) as f64;

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
    fn keeps(self, rv: u64, at_ms: u64) -> bool {
        let percent = if at_ms < self.changes_ms { self.before } else { self.after };
        rv as f64 >= ALL * (100 - percent) as f64 / 100.0
    }
}

/// What one rate leaves.
#[derive(Clone, Debug, Default)]
pub struct Sampled {
    /// Events that are kept.
    pub kept: u64,
    /// Links of these.
    pub links: u64,
    /// Links to what was not kept, though both drew the same: the rate changed between them.
    pub dangling_by_rate: u64,
    /// Links within a page where they drew differently: it went on in a session that another page had begun.
    pub dangling_in_page: u64,
    /// Links to another page that drew differently, by kind.
    pub dangling_elsewhere: BTreeMap<String, u64>,
}

/// What is known of an event to a sampler.
struct Drawn {
    rv: u64,
    at_ms: u64,
    page: String,
}

/// Samples what came by this rate. Only events of our SDK carry randomness.
#[must_use]
pub fn sample(spans: &[Received], rate: Rate) -> Sampled {
    let drawn: HashMap<String, Drawn> =
        spans.iter().filter_map(|span| Some((span.span_id(), drawn(span)?))).collect();
    let keeps = |event: &Drawn| rate.keeps(event.rv, event.at_ms);
    let mut sampled = Sampled::default();
    for span in spans {
        let Some(from) = drawn.get(&span.span_id()).filter(|from| keeps(from)) else { continue };
        sampled.kept += 1;
        for link in span.links() {
            sampled.links += 1;
            let Some(to) = drawn.get(&link.span_id).filter(|to| !keeps(to)) else { continue };
            if to.rv == from.rv {
                sampled.dangling_by_rate += 1;
            } else if to.page == from.page {
                sampled.dangling_in_page += 1;
            } else {
                for kind in link.kinds {
                    *sampled.dangling_elsewhere.entry(kind).or_default() += 1;
                }
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
