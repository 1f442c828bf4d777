//! The links of an event: what it declares, and what follows from its place in the page. One per target.

use weft_proto::{Batch, Event, LinkKinds, SpanId, Target, TraceId, limits};

use super::{FLAGS, PageIds};
use crate::pipeline::{
    decode::{LINK_NAME, OVERFLOW},
    spool::Record,
};

/// A link as it will be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    pub(crate) target: (TraceId, SpanId),
    pub(crate) flags: u32,
    pub(crate) kinds: LinkKinds,
    /// A kind of the app's own.
    pub(crate) name: Option<&'a str>,
    /// The rule that inferred it.
    pub(crate) rule: Option<&'a str>,
}

/// Appends the links of `event` of `record` to `all`; whether it `resumes` what was given up. Returns how many there were no room for.
pub(super) fn find<'a>(
    record: &Record,
    batch: &'a Batch,
    event: &Event,
    resumes: bool,
    ids: &mut PageIds,
    all: &mut Vec<Link<'a>>,
) -> usize {
    let from = all.len();
    let mut add = |target, flags, kinds: LinkKinds, text: Option<&'a str>| {
        let (name, rule) = if kinds.contains(LinkKinds::NAMED) { (text, None) } else { (None, text) };
        // A second name of the app's own for one target is a second link: none of them is lost.
        let fits = |link: &Link<'_>| link.name.is_none() || name.is_none() || link.name == name;
        match all.iter_mut().skip(from).find(|link| link.target == target && fits(link)) {
            Some(link) => {
                link.kinds |= kinds;
                link.name = link.name.or(name);
                // What was inferred stays marked, even where another kind of the same link is known.
                link.rule = link.rule.or(rule);
                link.flags |= flags;
            }
            None => all.push(Link { target, flags, kinds, name, rule }),
        }
    };
    if resumes {
        // First of all, so that there is room for it.
        add((ids.trace(event.number), ids.closure(event.number)), FLAGS, LinkKinds::RESUMES, None);
    }
    for link in batch.links_of(event) {
        let text = link.rule.map(|text| match record.overflows(LINK_NAME, text.0) {
            true => OVERFLOW,
            false => batch.strings.get(text),
        });
        match link.target {
            Target::Own(number) => add(ids.both(number), FLAGS, link.kinds, text),
            Target::Foreign(trace, span) => add((trace, span), 0, link.kinds, text),
        }
    }
    let mut own = |number: Option<u64>, kinds| {
        if let Some(number) = number.filter(|number| *number != event.number) {
            add(ids.both(number), FLAGS, kinds, None);
        }
    };
    own(event.previous, LinkKinds::PREVIOUS);
    if event.parent().is_none() {
        own(batch.page_load, LinkKinds::PAGE);
        own(event.view.filter(|view| Some(*view) != batch.page_load), LinkKinds::VIEW);
    }
    let dropped = (all.len() - from).saturating_sub(limits::MAX_LINKS);
    all.truncate(all.len() - dropped);
    dropped
}
