//! Step 7 of 8, link: batch → linked events.
//!
//! A pure function of a record: every destination and every replay gets identical bytes. Events stay the columns they
//! were decoded into; links go to a column of their own, beside them.

mod gather;
mod ids;
mod links;
mod reserved;
mod told;

use std::ops::Range;

use weft_proto::{Batch, Event, Head, SpanId, TraceId};

pub(crate) use gather::{gather, linked};
pub(crate) use ids::PageIds;
pub(crate) use links::Link;
pub(crate) use reserved::{claims, is_reserved};
pub(crate) use told::Told;

use super::spool::{Intervals, Record};

/// `Span.flags`: sampled and random (W3C), and: remoteness is known, and it is not remote (OTLP).
pub(crate) const FLAGS: u32 = 0x103;

/// A batch, its ids, and the links of its events.
pub(crate) struct Linked<'a> {
    pub(crate) record: &'a Record,
    pub(crate) batch: &'a Batch,
    pub(crate) ids: PageIds,
    /// The events that this record contributes.
    pub(crate) events: Vec<LinkedEvent<'a>>,
    /// Links of all events.
    pub(crate) links: Vec<Link<'a>>,
}

/// An event with what was found for it.
pub(crate) struct LinkedEvent<'a> {
    pub(crate) event: &'a Event,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// Stretch of [`Linked::links`].
    pub(crate) links: Range<usize>,
    /// Links that there was no room for.
    pub(crate) dropped_links: usize,
    /// How far the device's clock was ahead, where that is corrected.
    pub(crate) skew_ms: Option<i64>,
}

/// Links the events of a record from a page.
pub(crate) fn link<'a>(record: &'a Record, head: &'a Head, batch: &'a Batch) -> Linked<'a> {
    let mut ids = PageIds::new(head.seed, batch);
    let taken = Intervals::from_wire(&record.taken);
    let (mut events, mut links) = (Vec::with_capacity(batch.events.len()), Vec::new());
    for event in batch.events.iter().filter(|event| taken.contains(event.number)) {
        let before = links.len();
        let dropped_links = links::find(batch, event, &mut ids, &mut links);
        events.push(LinkedEvent {
            event,
            trace_id: ids.trace(event.number),
            span_id: ids.span(event.number),
            links: before..links.len(),
            dropped_links,
            // Known only for events of the epoch the batch was sent in: older events are old because they are old.
            skew_ms: record.skew_ms.filter(|_| event.epoch == head.epoch),
        });
    }
    Linked { record, batch, ids, events, links }
}

/// Lower-case hexadecimal, as ids are written everywhere.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |half: u8| DIGITS.get(usize::from(half & 15)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests;
