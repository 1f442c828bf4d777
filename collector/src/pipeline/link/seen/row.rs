//! Events that share values, as they lie in the index.

use prost::Message;

use super::{Follower, Seen, SeenEvent};
use crate::pipeline::link::look::{Ends, Shared};

impl Seen {
    pub(in crate::pipeline::link) fn to_row(&self, day: u32) -> Vec<u8> {
        let events = self.events.iter().map(EventRow::of).collect();
        let first = self.first.as_ref().map(EventRow::of);
        let next = self.next.iter().map(FollowerRow::of).collect();
        Row { day, events, first, has_hole: self.has_hole, next }.encode_to_vec()
    }

    /// With the day it was last written.
    pub(in crate::pipeline::link) fn from_row(row: &[u8]) -> Option<(Self, u32)> {
        let Row { day, events, first, has_hole, next } = Row::decode(row).ok()?;
        let events = events.iter().filter_map(EventRow::event).collect();
        let first = first.as_ref().and_then(EventRow::event);
        let next = next.iter().filter_map(FollowerRow::follower).collect();
        Some((Self { first, events, has_hole, next }, day))
    }
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Row {
    #[prost(uint32, tag = "1")]
    day: u32,
    #[prost(message, repeated, tag = "2")]
    events: Vec<EventRow>,
    #[prost(message, optional, tag = "3")]
    first: Option<EventRow>,
    #[prost(bool, tag = "4")]
    has_hole: bool,
    #[prost(message, repeated, tag = "5")]
    next: Vec<FollowerRow>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct EventRow {
    #[prost(fixed64, tag = "1")]
    start_ns: u64,
    #[prost(uint64, tag = "2")]
    seq: u64,
    /// Of trace and span.
    #[prost(bytes = "vec", tag = "3")]
    ids: Vec<u8>,
    #[prost(uint64, optional, tag = "4")]
    knew: Option<u64>,
    /// Mostly it may be both, and that costs no byte.
    #[prost(bool, tag = "5")]
    gets_no_link: bool,
    #[prost(bool, tag = "6")]
    is_no_target: bool,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct FollowerRow {
    #[prost(message, optional, tag = "1")]
    event: Option<EventRow>,
    #[prost(bytes = "vec", tag = "2")]
    of: Vec<u8>,
}

impl EventRow {
    fn of(event: &SeenEvent) -> Self {
        let ids = [&event.trace_id[..], &event.span_id].concat();
        let Ends { from, to } = event.ends;
        let (gets_no_link, is_no_target) = (!from, !to);
        Self { start_ns: event.start_ns, seq: event.seq, ids, knew: event.knew, gets_no_link, is_no_target }
    }

    fn event(&self) -> Option<SeenEvent> {
        let (trace_id, span_id) = self.ids.split_first_chunk()?;
        let (start_ns, seq, knew) = (self.start_ns, self.seq, self.knew);
        let (trace_id, span_id) = (*trace_id, span_id.try_into().ok()?);
        let ends = Ends { from: !self.gets_no_link, to: !self.is_no_target };
        Some(SeenEvent { start_ns, seq, trace_id, span_id, knew, ends })
    }
}

impl FollowerRow {
    fn of(follower: &Follower) -> Self {
        Self { event: Some(EventRow::of(&follower.event)), of: follower.of.0.to_vec() }
    }

    fn follower(&self) -> Option<Follower> {
        let of = Shared(self.of.as_slice().try_into().ok()?);
        Some(Follower { event: self.event.as_ref()?.event()?, of })
    }
}
