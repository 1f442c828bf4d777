//! Step 7 of 8, link: batch → linked events.
//!
//! A pure function of a record: every destination and every replay gets identical bytes.

mod attributes;
mod gather;
mod linked;
mod links;
mod resource;
mod told;

use opentelemetry_proto::tonic::{
    common::v1::InstrumentationScope,
    trace::v1::{Span, Status},
};
use weft_proto::{Batch, Event, Head, Ids, SpanId, TraceId};

pub(crate) use gather::gather;
pub(crate) use linked::Linked;
pub(crate) use told::Told;

use super::spool::{Intervals, Record};

/// `Span.flags`: sampled and random (W3C), and: remoteness is known, and it is not remote (OTLP).
const FLAGS: u32 = 0x103;

/// The spans of a record from a page.
pub(crate) fn link(record: &Record, head: &Head, batch: &Batch) -> Linked {
    let page = Page { ids: Ids::new(head.seed), record, head, batch };
    let taken = Intervals::from_wire(&record.taken);
    let events = batch.events.iter().filter(|event| taken.contains(event.number));
    let scope = InstrumentationScope { name: "@weft/browser".to_owned(), ..InstrumentationScope::default() };
    Linked::of(&resource::stamped(record, batch), &scope, events.map(|event| page.span(event)))
}

/// What all events of a record share.
struct Page<'a> {
    ids: Ids,
    record: &'a Record,
    head: &'a Head,
    batch: &'a Batch,
}

impl Page<'_> {
    fn span(&self, event: &Event) -> Span {
        let skew_ms = self.skew_ms(event);
        let start = event.start_ns.saturating_add_signed(skew_ms.unwrap_or(0).saturating_mul(-1_000_000));
        let (links, dropped_links_count) = links::of(self, event);
        let removed = attributes::reserved(self.batch, event).count();
        Span {
            trace_id: self.trace_id(event.number).into(),
            span_id: self.ids.span(event.number).into(),
            trace_state: self.trace_state(event),
            parent_span_id: event
                .parent
                .map(|parent| self.ids.span(parent.number).into())
                .unwrap_or_default(),
            flags: FLAGS,
            name: self.batch.strings.get(event.name).to_owned(),
            kind: event.kind as i32,
            start_time_unix_nano: start,
            end_time_unix_nano: start.saturating_add(event.duration_ns),
            attributes: attributes::of(self, event, skew_ms),
            dropped_attributes_count: u32::try_from(removed).unwrap_or(u32::MAX),
            links,
            dropped_links_count,
            status: match event.status {
                weft_proto::Status::Unset => None,
                status => Some(Status { code: status as i32, message: String::new() }),
            },
            ..Span::default()
        }
    }

    /// How far the clock was ahead when `event` happened. Known only for events of the epoch the batch was sent in:
    /// older events are old because they are old.
    fn skew_ms(&self, event: &Event) -> Option<i64> {
        self.record.skew_ms.filter(|_| event.epoch == self.head.epoch)
    }

    fn trace_state(&self, event: &Event) -> String {
        let session = event.session.and_then(|at| self.batch.sessions.get(at as usize));
        session
            .map(|session| format!("ot=rv:{:014x}", session.randomness & ((1 << 56) - 1)))
            .unwrap_or_default()
    }

    /// The trace of an event of this page: that of its root. An event of an earlier batch is taken for a root,
    /// which everything that is referred to across batches is.
    fn trace_id(&self, number: u64) -> TraceId {
        let events = &self.batch.events;
        let event =
            events.binary_search_by_key(&number, |event| event.number).ok().and_then(|at| events.get(at));
        self.ids.trace(event.and_then(|event| event.parent).map_or(number, |parent| parent.root))
    }

    fn span_id(&self, number: u64) -> SpanId {
        self.ids.span(number)
    }
}

/// Lower-case hexadecimal, as ids are written everywhere.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
