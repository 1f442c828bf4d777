//! The links of an event: what it declares, and what follows from its place in the page. One per target.

use weft_proto::{Batch, Event, LinkKinds, SpanId, Target, TraceId, limits};

use super::{FLAGS, PageIds};

/// A link as it will be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    pub(crate) target: (TraceId, SpanId),
    pub(crate) flags: u32,
    pub(crate) kinds: LinkKinds,
    /// The rule that inferred it.
    pub(crate) rule: Option<&'a str>,
}

/// Appends the links of `event` to `all`. Returns how many there were no room for.
pub(super) fn find<'a>(batch: &'a Batch, event: &Event, ids: &mut PageIds, all: &mut Vec<Link<'a>>) -> usize {
    let from = all.len();
    let mut add = |target, flags, kinds, rule: Option<&'a str>| {
        match all.iter_mut().skip(from).find(|link| link.target == target) {
            Some(link) => {
                link.kinds |= kinds;
                // What was inferred stays marked, even where another kind of the same link is known.
                link.rule = link.rule.or(rule);
                link.flags |= flags;
            }
            None => all.push(Link { target, flags, kinds, rule }),
        }
    };
    for link in batch.links_of(event) {
        let rule = link.rule.map(|rule| batch.strings.get(rule));
        match link.target {
            Target::Own(number) => add(ids.both(number), FLAGS, link.kinds, rule),
            Target::Foreign(trace, span) => add((trace, span), 0, link.kinds, rule),
        }
    }
    let mut own = |number: Option<u64>, kinds| {
        if let Some(number) = number.filter(|number| *number != event.number) {
            add(ids.both(number), FLAGS, kinds, None);
        }
    };
    own(event.previous, LinkKinds::PREVIOUS);
    if event.parent.is_none() {
        own(batch.page_load, LinkKinds::PAGE);
        own(event.view.filter(|view| Some(*view) != batch.page_load), LinkKinds::VIEW);
    }
    let dropped = (all.len() - from).saturating_sub(limits::MAX_LINKS);
    all.truncate(all.len() - dropped);
    dropped
}
