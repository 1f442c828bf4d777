//! What has not ended: a page says so with every batch, and nothing of it is exported before it ends or is given up.

use std::sync::Arc;

use weft_proto::{Batch, Event, Head, OpenState};

use super::words::short;
use crate::{
    config::Limits,
    pipeline::{
        decode,
        export::scrubbed,
        link::{hex, start_ns},
        spool::{Intervals, Kind, Placed, Record},
    },
};

/// A long span, as far as it has come.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) session: Arc<str>,
    pub(super) page: [u8; 16],
    pub(super) number: u64,
    /// Empty: it was said before.
    pub(super) name: String,
    pub(super) start_ns: u64,
    /// From its start until it was last seen.
    pub(super) lasted_ns: u64,
    pub(super) state: &'static str,
}

/// The open events of a record. Mostly there are none, and nothing is decoded.
pub(super) fn of(placed: &Placed, limits: &Limits) -> Vec<Open> {
    let record = &placed.record;
    if record.open.is_empty() || record.kind() != Kind::Batch {
        return Vec::new();
    }
    match &placed.decoded {
        Some(known) => all(record, &known.head, &known.batch, limits),
        None => decode::batch(&record.body, limits.body_bytes)
            .map(|(head, batch)| all(record, &head, &batch, limits))
            .unwrap_or_default(),
    }
}

fn all(record: &Record, head: &Head, batch: &Batch, limits: &Limits) -> Vec<Open> {
    let (batch, numbers) = (scrubbed(&limits.scrub, batch), Intervals::from_wire(&record.open));
    let open = batch.events.iter().filter(|event| numbers.contains(event.number));
    open.filter_map(|event| one(record, head, &batch, event)).collect()
}

fn one(record: &Record, head: &Head, batch: &Batch, event: &Event) -> Option<Open> {
    let session = batch.sessions.get(event.session? as usize)?;
    let skew_ms = record.skew_ms.filter(|_| event.epoch == head.epoch);
    Some(Open {
        session: hex(&session.id).into(),
        page: record.page.as_slice().try_into().ok()?,
        number: event.number,
        name: short(batch.strings.get(event.name)),
        start_ns: start_ns(event, skew_ms),
        lasted_ns: event.duration_ns,
        state: state(event.open?),
    })
}

fn state(state: OpenState) -> &'static str {
    match state {
        OpenState::Visible => "visible",
        OpenState::Idle => "idle",
        OpenState::Hidden => "hidden",
        OpenState::Frozen => "frozen",
        OpenState::Gone => "gone",
    }
}
