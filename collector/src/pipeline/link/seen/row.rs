//! Events that share values, as they lie in the index.
//!
//! ```text
//! row    = day u32, place u64, flags u8 (1 has a hole, 2 `first` follows), [event], events u16, {event}, next u8, {event, of 16 B}
//! event  = start u64, trace 16 B, span 8 B, flags u8 (1 gets no link, 2 is no target, 4 `knew` follows, 8 led, 16 `page` follows), seq u64, [knew u64], [page u32]
//! ```

use super::{Follower, Seen, SeenEvent};
use crate::pipeline::{
    link::look::{Ends, Shared},
    spool::PageTag,
};

/// What a row says beside its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline::link) struct Stored {
    /// The day on which it was last written.
    pub(in crate::pipeline::link) day: u32,
    /// The place in the spool as of which it was.
    pub(in crate::pipeline::link) place: u64,
}

const HAS_HOLE: u8 = 1;
const HAS_FIRST: u8 = 2;

const GETS_NO_LINK: u8 = 1;
const IS_NO_TARGET: u8 = 2;
const HAS_LEFT: u8 = 4;
const LED: u8 = 8;
const OF_PAGE: u8 = 16;

impl Seen {
    /// Appends the row to `row`.
    pub(in crate::pipeline::link) fn write(&self, stored: Stored, row: &mut Vec<u8>) {
        row.extend_from_slice(&stored.day.to_le_bytes());
        row.extend_from_slice(&stored.place.to_le_bytes());
        row.push(flag(self.first.is_some(), HAS_FIRST) | flag(self.has_hole, HAS_HOLE));
        self.first.iter().for_each(|first| first.write(row));
        row.extend_from_slice(&u16::try_from(self.events.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.events.iter().take(u16::MAX.into()).for_each(|event| event.write(row));
        row.push(u8::try_from(self.followers().len()).unwrap_or(u8::MAX));
        for Follower { event, of } in self.followers().iter().take(u8::MAX.into()) {
            event.write(row);
            row.extend_from_slice(&of.0);
        }
    }

    /// `None`: this was never written.
    pub(in crate::pipeline::link) fn read(mut row: &[u8]) -> Option<(Self, Stored)> {
        let row = &mut row;
        let stored = Stored { day: u32::from_le_bytes(*take(row)?), place: u64::from_le_bytes(*take(row)?) };
        let [flags] = *take(row)?;
        let first = if flags & HAS_FIRST == 0 { None } else { Some(Box::new(SeenEvent::read(row)?)) };
        let count = u16::from_le_bytes(*take(row)?);
        let events = (0..count).map(|_| SeenEvent::read(row)).collect::<Option<_>>()?;
        let [count] = *take(row)?;
        let next =
            (0..count).map(|_| Some(Follower { event: SeenEvent::read(row)?, of: Shared(*take(row)?) }));
        let next = next.collect::<Option<Vec<_>>>()?;
        let next = (!next.is_empty()).then(|| Box::new(next));
        Some((Self { first, events, has_hole: flags & HAS_HOLE != 0, next }, stored))
    }
}

impl SeenEvent {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(&self.start_ns.to_le_bytes());
        row.extend_from_slice(&self.trace_id);
        row.extend_from_slice(&self.span_id);
        let Ends { from, to } = self.ends;
        row.push(
            flag(!from, GETS_NO_LINK)
                | flag(!to, IS_NO_TARGET)
                | flag(self.knew.is_some(), HAS_LEFT)
                | flag(self.led, LED)
                | flag(self.page.is_some(), OF_PAGE),
        );
        row.extend_from_slice(&self.seq.to_le_bytes());
        self.knew.iter().for_each(|knew| row.extend_from_slice(&knew.to_le_bytes()));
        self.page.iter().for_each(|page| row.extend_from_slice(&page.to_number().to_le_bytes()));
    }

    fn read(row: &mut &[u8]) -> Option<Self> {
        let start_ns = u64::from_le_bytes(*take(row)?);
        let (trace_id, span_id) = (*take(row)?, *take(row)?);
        let [flags] = *take(row)?;
        let seq = u64::from_le_bytes(*take(row)?);
        let knew = if flags & HAS_LEFT == 0 { None } else { Some(u64::from_le_bytes(*take(row)?)) };
        let page =
            if flags & OF_PAGE == 0 { None } else { PageTag::from_number(u32::from_le_bytes(*take(row)?)) };
        let ends = Ends { from: flags & GETS_NO_LINK == 0, to: flags & IS_NO_TARGET == 0 };
        Some(Self { start_ns, seq, page, trace_id, span_id, knew, ends, led: flags & LED != 0 })
    }
}

fn flag(is: bool, flag: u8) -> u8 {
    if is { flag } else { 0 }
}

fn take<'a, const N: usize>(row: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, rest) = row.split_first_chunk()?;
    *row = rest;
    Some(first)
}
