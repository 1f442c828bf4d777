//! Which events may leave as log records, where a destination wants moments as logs (`events_as = "logs"`).
//!
//! A log record has no links and no parent, and nothing can be linked to it. So an event stays a span if it has a
//! duration or a parent, if it is linked by more than its place in the page, or if anything is or will be linked to it.

use std::collections::HashSet;

use weft_proto::{Batch, Event, LinkKinds, Target};

use super::{Is, Linked, LinkedEvent};

/// What links say of an event's place alone: a log record says it in attributes.
const PLACE: LinkKinds = LinkKinds(LinkKinds::PAGE.0 | LinkKinds::PREVIOUS.0);

/// Takes the moments out of `linked`, in their order.
pub(super) fn take_out<'a>(linked: &mut Linked<'a>) -> Vec<LinkedEvent<'a>> {
    let targets = targets(linked.batch);
    let events = std::mem::take(&mut linked.events);
    let links = &linked.links;
    let is_moment = |linked: &LinkedEvent<'_>| {
        let event = linked.event;
        let mut links = links.get(linked.links.clone()).unwrap_or_default().iter();
        linked.is == Is::Whole
            && event.duration_ns == 0
            && event.parent().is_none()
            && linked.dropped_links == 0
            && links.all(|link| PLACE.contains(link.kinds))
            && !targets.contains(&event.number)
    };
    let (moments, spans) = events.into_iter().partition(is_moment);
    linked.events = spans;
    moments
}

/// Events that others are linked to or inside of, here or in batches that are still to come: later events of the page
/// name their view, their interaction and the page load.
fn targets(batch: &Batch) -> HashSet<u64> {
    let named = |event: &Event| [event.view, event.interaction, event.parent()].into_iter().flatten();
    let linked = batch.links.iter().filter(|link| !PLACE.contains(link.kinds));
    let own = linked.filter_map(|link| match link.target {
        Target::Own(number) => Some(number),
        Target::Foreign(..) => None,
    });
    own.chain(batch.events.iter().flat_map(named)).chain(batch.page_load).collect()
}
