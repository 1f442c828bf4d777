//! A closure: what is exported when the end of an event is not waited for any more. It ends when the event was last seen,
//! and has an id of its own, because only the true end ever owns the event's.

use weft_proto::{Form, Head, Status, decode};

use super::Due;
use crate::{
    config::Scrub,
    pipeline::{
        export::{Part, scrubbed},
        link::{Is, link},
        spool::{Kind, Record},
    },
};

/// The record of the closure of what is `due`, made now. `None`: what was kept of it can no longer be read.
pub(in crate::pipeline::link) fn closure(due: &Due, now_ms: u64, scrub: &Scrub) -> Option<Record> {
    let mut batch = decode(&due.told).ok()?;
    let event = batch.events.first_mut()?;
    event.duration_ns = due.lasted_ns;
    event.status = Status::Unset;
    let (number, epoch) = (event.number, event.epoch);
    if batch.strings.get(event.name).is_empty() {
        event.name = batch.strings.intern(UNKNOWN);
    }
    // What a page says of an open event is written as what it says of others.
    let said = Record {
        taken: vec![number, 1],
        skew_ms: due.skew_ms,
        stamp: Some(due.stamp.clone()),
        user_agent: due.user_agent.clone(),
        ..Record::default()
    };
    let head = Head { form: Form::Plain, seed: due.seed, digest: 0, number: 0, send_time_ms: 0, epoch };
    let batch = scrubbed(scrub, &batch);
    let mut linked = link(&said, &head, &batch);
    let closure = linked.ids.closure(number);
    for event in &mut linked.events {
        (event.span_id, event.is) = (closure, Is::Closure);
    }
    Some(Record {
        kind: Kind::Closed.into(),
        key: due.owner.key.to_string(),
        application: due.owner.application.to_string(),
        receive_time_ms: now_ms,
        page: due.page.to_vec(),
        closed: number,
        body: Part::of(linked).bytes.into(),
        ..Record::default()
    })
}

/// Its name, where the first word of it never came.
const UNKNOWN: &str = "unknown";
