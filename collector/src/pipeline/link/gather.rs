//! Records → loads of linked spans, as many of one key together as fit a request, and never more at once than a
//! bound: a record of three kilobytes may link to megabytes, so the next is linked when the last has been sent.

use std::{panic::AssertUnwindSafe, sync::Arc, vec};

use weft_proto::{Batch, Head};

use super::{link, only};
use crate::{
    config::{Destination, Limits},
    ledger::Tally,
    pipeline::{
        admit::Coding,
        decode::{self, Spans},
        export::{Load, Part},
        signal::Signal,
        spool::{Chunk, Intervals, Kind, Placed, Record},
    },
};

/// The records of a chunk on their way to one destination.
pub(crate) struct Gather(Option<Box<Rest>>);

/// Loads that are held at once, of records in a row. When all are sent, everything before `next` is decided.
pub(crate) struct Stretch {
    pub(crate) loads: Vec<Load>,
    pub(crate) next: u64,
    /// Events between that are for others.
    pub(crate) skipped: Tally,
}

/// Bytes of OTLP held at once, unless a single record has more: a few requests' worth, for several keys.
const STRETCH_BYTES: usize = 4 * 1024 * 1024;

/// Links the records of `chunk` that `to` takes, stretch by stretch.
pub(crate) fn gather(chunk: Chunk, to: &Destination, limits: &Limits) -> Gather {
    let (to, limits) = (to.clone(), limits.clone());
    let Chunk { records, next } = chunk;
    Gather(Some(Box::new(Rest {
        records: records.into_iter(),
        ahead: None,
        next,
        skipped: Tally::default(),
        to,
        limits,
    })))
}

impl Gather {
    /// The next loads, linked away from the threads that serve requests. The last stretch ends where the chunk does.
    pub(crate) async fn next(&mut self) -> Option<Stretch> {
        let mut rest = self.0.take()?;
        let linking = tokio::task::spawn_blocking(move || (rest.stretch(), rest));
        // Fails only when the process ends: then the cursor stays where it is.
        let (stretch, rest) = linking.await.ok()?;
        self.0 = rest.ahead.is_some().then_some(rest);
        Some(stretch)
    }
}

/// What is not in a stretch yet.
struct Rest {
    records: vec::IntoIter<Placed>,
    /// Linked, but there was no room for it.
    ahead: Option<(Placed, Result<Part, Arc<str>>)>,
    next: u64,
    skipped: Tally,
    to: Destination,
    limits: Limits,
}

impl Rest {
    fn stretch(&mut self) -> Stretch {
        let (mut loads, mut size, mut next) = (Vec::new(), 0, 0);
        while let Some((placed, linked)) = self.ahead.take().or_else(|| self.link_next()) {
            let bytes = linked.as_ref().map_or(0, |linked| linked.bytes.len());
            let fits = loads.is_empty() || size + bytes <= STRETCH_BYTES;
            let load = if fits { load_for(&mut loads, &placed.record, &linked) } else { None };
            let Some(load) = load else {
                self.ahead = Some((placed, linked));
                return Stretch { loads, next, skipped: std::mem::take(&mut self.skipped) };
            };
            add(load, &placed.record, linked);
            size += bytes;
            next = placed.end;
        }
        Stretch { loads, next: self.next, skipped: std::mem::take(&mut self.skipped) }
    }

    fn link_next(&mut self) -> Option<(Placed, Result<Part, Arc<str>>)> {
        let to = &self.to;
        let skipped = &mut self.skipped;
        let placed = self.records.find(|placed| {
            let is_wanted = to.takes(&placed.record.application);
            if !is_wanted {
                skipped.add(&placed.record.owner(), placed.record.events);
            }
            is_wanted
        })?;
        // A defect in linking costs the record that shows it, by name, and nothing else.
        let linking = AssertUnwindSafe(|| match &placed.decoded {
            Some(known) => Ok(at_once(&placed.record, &known.head, &known.batch)),
            None => linked(&placed.record, &self.limits),
        });
        let linked = std::panic::catch_unwind(linking).unwrap_or_else(|_| Err("linking it panicked".into()));
        Some((placed, linked))
    }
}

/// The load of the record's key, if there is room in it.
fn load_for<'a>(
    loads: &'a mut Vec<Load>,
    record: &Record,
    linked: &Result<Part, Arc<str>>,
) -> Option<&'a mut Load> {
    let signal = signal(record);
    let at = match loads.iter().position(|load| load.is_of(&record.key, &record.application, signal)) {
        Some(at) => at,
        None => {
            loads.push(Load::new(record.owner(), signal, record.receive_time_ms));
            loads.len() - 1
        }
    };
    loads.get_mut(at).filter(|load| linked.as_ref().map_or(true, |linked| load.has_room(linked)))
}

fn add(load: &mut Load, record: &Record, linked: Result<Part, Arc<str>>) {
    load.passed += record.events;
    match linked {
        Ok(linked) => load.add(linked),
        Err(why) => {
            tracing::error!(key = record.key, events = record.events, %why, "a record can no longer be decoded");
            load.undecodable += record.events;
        }
    }
}

pub(crate) fn linked(record: &Record, limits: &Limits) -> Result<Part, Arc<str>> {
    let why = |error: crate::reject::Reject| Arc::from(error.to_string());
    match record.kind() {
        Kind::Batch => {
            let (head, batch) = decode::batch(&record.body, limits.body_bytes).map_err(why)?;
            Ok(at_once(record, &head, &batch))
        }
        Kind::Otlp if !record.whole || !record.waiting.is_empty() => {
            let plain = decode::plain(&record.body, coding(record), limits.otlp_body_bytes).map_err(why)?;
            let waiting = Intervals::from_wire(&record.waiting);
            let (bytes, spans) = Spans::of(&plain).map_err(why)?.request(|at| !waiting.contains(at as u64));
            Ok(Part { bytes, spans })
        }
        Kind::Released if record.body.is_empty() => Err("it could not be when it was released".into()),
        Kind::Otlp | Kind::Logs | Kind::Metrics | Kind::Released => {
            let bytes = decode::plain(&record.body, coding(record), limits.otlp_body_bytes).map_err(why)?;
            Ok(Part { bytes: bytes.into_owned(), spans: record.events })
        }
        Kind::Head | Kind::Unknown => Err("written by a later version".into()),
    }
}

/// What of a batch does not wait.
fn at_once(record: &Record, head: &Head, batch: &Batch) -> Part {
    let linked = link(record, head, batch);
    if record.waiting.is_empty() {
        return Part::of(linked);
    }
    let taken = Intervals::from_wire(&record.taken);
    let linked = only(&taken.minus(&Intervals::from_wire(&record.waiting)), linked);
    // When all of it waits, there is nothing to send: neither a resource without spans.
    if linked.events.is_empty() { Part::default() } else { Part::of(linked) }
}

pub(super) fn coding(record: &Record) -> Coding {
    if record.gzip { Coding::Gzip } else { Coding::Identity }
}

fn signal(record: &Record) -> Signal {
    match record.kind() {
        Kind::Logs => Signal::Logs,
        Kind::Metrics => Signal::Metrics,
        _ => Signal::Traces,
    }
}

#[cfg(test)]
mod tests;
