//! The links of an event: what it declares, and what follows from its place in the page. One per target.

use opentelemetry_proto::tonic::trace::v1::span;
use weft_proto::{Event, LinkKinds, SpanId, Target, TraceId, limits};

use super::{FLAGS, Page, attributes};

/// Links of `event`, and how many there were no room for.
pub(super) fn of(page: &Page<'_>, event: &Event) -> (Vec<span::Link>, u32) {
    let mut found = Found::default();
    for link in page.batch.links_of(event) {
        let rule = link.rule.map(|rule| page.batch.strings.get(rule));
        match link.target {
            Target::Own(number) => found.own(page, Some(number), link.kinds, rule),
            Target::Foreign(trace, span) => found.add((trace, span), 0, link.kinds, rule),
        }
    }
    let other = |number: Option<u64>| number.filter(|number| *number != event.number);
    found.own(page, other(event.previous), LinkKinds::PREVIOUS, None);
    if event.parent.is_none() {
        let page_load = page.batch.page_load;
        found.own(page, other(page_load), LinkKinds::PAGE, None);
        found.own(page, other(event.view).filter(|view| Some(*view) != page_load), LinkKinds::VIEW, None);
    }
    let dropped = found.0.len().saturating_sub(limits::MAX_LINKS);
    found.0.truncate(limits::MAX_LINKS);
    (found.0.into_iter().map(Merged::into_link).collect(), u32::try_from(dropped).unwrap_or(u32::MAX))
}

#[derive(Default)]
struct Found<'a>(Vec<Merged<'a>>);

struct Merged<'a> {
    target: (TraceId, SpanId),
    flags: u32,
    kinds: LinkKinds,
    rule: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn own(&mut self, page: &Page<'_>, number: Option<u64>, kinds: LinkKinds, rule: Option<&'a str>) {
        if let Some(number) = number {
            self.add((page.trace_id(number), page.span_id(number)), FLAGS, kinds, rule);
        }
    }

    fn add(&mut self, target: (TraceId, SpanId), flags: u32, kinds: LinkKinds, rule: Option<&'a str>) {
        match self.0.iter_mut().find(|link| link.target == target) {
            Some(link) => {
                link.kinds |= kinds;
                // What was inferred stays marked, even where another kind of the same link is known.
                link.rule = link.rule.or(rule);
                link.flags |= flags;
            }
            None => self.0.push(Merged { target, flags, kinds, rule }),
        }
    }
}

impl Merged<'_> {
    fn into_link(self) -> span::Link {
        let mut attributes = vec![attributes::texts("weft.link", self.kinds.names())];
        if let Some(rule) = self.rule {
            attributes.push(attributes::flag("weft.link.inferred", true));
            attributes.push(attributes::text("weft.link.rule", rule));
        }
        span::Link {
            trace_id: self.target.0.into(),
            span_id: self.target.1.into(),
            attributes,
            flags: self.flags,
            ..span::Link::default()
        }
    }
}
