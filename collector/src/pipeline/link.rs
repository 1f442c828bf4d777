//! Step 7 of 8, link: batch → linked events.
//!
//! What a batch says of its own links is a pure function of its record: every destination and every replay gets identical
//! bytes. What a rule looks at waits, and is released into the spool with the links that were found (decision 0010).
//! Events stay the columns they were decoded into; links go to a column of their own, beside them.

mod gather;
mod ids;
mod index;
mod linker;
mod links;
mod long;
mod look;
mod moments;
mod release;
mod reserved;
mod room;
mod seen;
mod told;

use std::ops::Range;

use weft_proto::{Batch, Event, Head, SpanId, TraceId};

pub(crate) use gather::{gather, linked, placed_linked};
pub(crate) use ids::PageIds;
pub(crate) use index::{Index, IndexError, Remembers};
pub(crate) use linker::{Linker, Starts};
pub(crate) use links::Link;
pub(crate) use long::{Heard, Keeps, Why, Word, words};
#[cfg(test)]
pub(crate) use look::ValueSeed;
pub(crate) use look::{Candidate, Rules};
pub(crate) use reserved::{claims, is_reserved};
pub(crate) use room::{Came, Waiting, WaitingRoom, weight};
pub(crate) use seen::How;
pub(crate) use told::Told;

use super::spool::{Intervals, Record};

/// `Span.flags`: sampled and random (W3C), and: remoteness is known, and it is not remote (OTLP).
pub(crate) const FLAGS: u32 = 0x103;

/// A batch, its ids, and the links of its events.
#[derive(Clone)]
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
#[derive(Clone)]
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
    pub(crate) is: Is,
}

/// What is said of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    /// That it was.
    Whole,
    /// That it has begun: a moment.
    Announcement,
    /// That its end is not waited for any more: until when it was last seen.
    Closure,
}

impl Is {
    /// `weft.state`, where the collector says it.
    pub(crate) fn state(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Announcement => Some("open"),
            Self::Closure => Some("interrupted"),
        }
    }
}

/// Links the events of a record from a page.
pub(crate) fn link<'a>(record: &'a Record, head: &'a Head, batch: &'a Batch) -> Linked<'a> {
    let mut ids = PageIds::new(head.seed, batch);
    let [taken, announced, resumed] =
        [&record.taken, &record.announced, &record.resumed].map(|flat| Intervals::from_wire(flat));
    let (mut events, mut links) = (Vec::with_capacity(batch.events.len()), Vec::new());
    let here = |event: &Event| match event.open {
        None => taken.contains(event.number).then_some(Is::Whole),
        Some(_) => announced.contains(event.number).then_some(Is::Announcement),
    };
    for event in &batch.events {
        let Some(is) = here(event) else { continue };
        let before = links.len();
        let resumes = is == Is::Whole && resumed.contains(event.number);
        let dropped_links = links::find(record, batch, event, resumes, &mut ids, &mut links);
        let span_id = match is {
            Is::Announcement => ids.announcement(event.number),
            _ => ids.span(event.number),
        };
        events.push(LinkedEvent {
            event,
            trace_id: ids.trace(event.number),
            span_id,
            links: before..links.len(),
            dropped_links,
            skew_ms: skew_of(record, head, event),
            is,
        });
    }
    Linked { record, batch, ids, events, links }
}

/// Those events only that are among `numbers`.
fn only<'a>(numbers: &Intervals, mut linked: Linked<'a>) -> Linked<'a> {
    linked.events.retain(|linked| numbers.contains(linked.event.number));
    linked
}

/// How far the device's clock was ahead, where that is corrected. Known only for events of the epoch the batch was sent
/// in: older events are old because they are old.
fn skew_of(record: &Record, head: &Head, event: &Event) -> Option<i64> {
    record.skew_ms.filter(|_| event.epoch == head.epoch)
}

/// When an event began, by a clock that is `skew_ms` ahead.
pub(crate) fn start_ns(event: &Event, skew_ms: Option<i64>) -> u64 {
    event.start_ns.saturating_add_signed(skew_ms.unwrap_or(0).saturating_mul(-1_000_000))
}

/// Lower-case hexadecimal, as ids are written everywhere.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |half: u8| DIGITS.get(usize::from(half & 15)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
