//! Records → loads of linked spans, as many of one key together as fit a request, and never more at once than a
//! bound: a record of three kilobytes may link to megabytes, so the next is linked when the last has been sent.

use std::{panic::AssertUnwindSafe, sync::Arc, vec};

use weft_proto::{Batch, Head};

use super::{link, moments};
use crate::{
    config::{Destination, EventsAs, Limits, Scrub},
    ledger::Tally,
    pipeline::{
        admit::Coding,
        decode::{self, Spans},
        export::{Load, Part, scrubbed},
        signal::Signal,
        spool::{Chunk, Decoded, Erased, Intervals, Kind, Placed, Record},
    },
    reject::Reject,
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

/// What one record has come to for one destination.
struct Come {
    parts: Parts,
    /// Events of it whose sessions were erased: they are in no part.
    erased: u64,
}

/// What one record has come to, by signal; or why that cannot be told any more.
type Parts = Result<Vec<Part>, Arc<str>>;

/// Bytes of OTLP held at once, unless a single record has more: a few requests' worth, for several keys.
const STRETCH_BYTES: usize = 4 * 1024 * 1024;

/// Links the records of `chunk` that `to` takes, stretch by stretch.
pub(crate) fn gather(chunk: Chunk, to: &Destination, limits: &Limits, erased: &Arc<Erased>) -> Gather {
    let (to, limits) = (to.clone(), limits.clone());
    let Chunk { records, next } = chunk;
    Gather(Some(Box::new(Rest {
        records: records.into_iter(),
        ahead: None,
        next,
        skipped: Tally::default(),
        to,
        limits,
        erased_as_of: erased.version(),
        erased: Arc::clone(erased),
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
    ahead: Option<(Placed, Come)>,
    next: u64,
    skipped: Tally,
    to: Destination,
    limits: Limits,
    erased: Arc<Erased>,
    /// What was erased when the first of it was linked, by its version.
    erased_as_of: u64,
}

impl Rest {
    fn stretch(&mut self) -> Stretch {
        let (mut loads, mut size, mut next) = (Vec::new(), 0, 0);
        while let Some((placed, come)) = self.ahead.take().or_else(|| self.link_next()) {
            let bytes: usize = come.parts.iter().flatten().map(|part| part.bytes.len()).sum();
            let fits = loads.is_empty() || size + bytes <= STRETCH_BYTES;
            if !fits || !has_room(&loads, &placed.record, &come.parts) {
                self.ahead = Some((placed, come));
                return Stretch { loads, next, skipped: std::mem::take(&mut self.skipped) };
            }
            add(&mut loads, &placed.record, come, self.erased_as_of);
            size += bytes;
            next = placed.end;
        }
        Stretch { loads, next: self.next, skipped: std::mem::take(&mut self.skipped) }
    }

    fn link_next(&mut self) -> Option<(Placed, Come)> {
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
        let linking = AssertUnwindSafe(|| placed_linked(&placed, &self.limits, to.events_as));
        let linked = std::panic::catch_unwind(linking).unwrap_or_else(|_| Err("linking it panicked".into()));
        let come = leave_out_erased(&self.erased, &placed, linked);
        Some((placed, come))
    }
}

/// What is left of a record without sessions that were erased.
fn leave_out_erased(erased: &Erased, placed: &Placed, parts: Parts) -> Come {
    if erased.is_empty() {
        return Come { parts, erased: 0 };
    }
    let owner = placed.record.owner();
    let is_gone = |session: &[u8; 16]| erased.contains(&owner, session);
    // Mostly it is known which sessions these are, and nobody has erased any of them.
    let is_whole = |known: &Arc<Decoded>| !known.batch.sessions.iter().any(|session| is_gone(&session.id));
    match parts {
        Ok(parts) if erased.has_any(&owner) && !placed.decoded.as_ref().is_some_and(is_whole) => {
            let mut gone = 0;
            let parts = parts.into_iter().map(|part| {
                let (rest, some) = decode::without(&part.bytes, part.signal, is_gone)
                    .ok_or_else(|| Arc::from("its sessions cannot be read"))?;
                gone += some;
                Ok(Part { bytes: rest.into_owned(), spans: part.spans.saturating_sub(some), ..part })
            });
            let parts: Parts = parts
                .filter(|part| part.as_ref().is_ok_and(|part| part.spans > 0) || part.is_err())
                .collect();
            Come { erased: if parts.is_ok() { gone } else { 0 }, parts }
        }
        parts => Come { parts, erased: 0 },
    }
}

/// Whether every part finds room in the load of its key, where there is one.
fn has_room(loads: &[Load], record: &Record, parts: &Parts) -> bool {
    let has_room = |part: &Part| {
        let mut loads = loads.iter();
        loads
            .find(|load| load.is_of(&record.key, &record.application, part.signal))
            .is_none_or(|load| load.has_room(part))
    };
    parts.iter().flatten().all(has_room)
}

/// Adds a record to the loads of its key.
fn add(loads: &mut Vec<Load>, record: &Record, Come { parts, erased }: Come, as_of: u64) {
    match parts {
        Ok(parts) => {
            let here = parts.iter().map(|part| part.spans).sum::<u64>() + erased;
            for part in parts {
                load_of(loads, record, part.signal, as_of, |load| load.add(part));
            }
            if erased > 0 {
                load_of(loads, record, Signal::Traces, as_of, |load| load.pass_erased(erased));
            }
            // Whatever the record says it has is decided of.
            let missing = record.events.saturating_sub(here);
            if missing > 0 {
                load_of(loads, record, signal(record), as_of, |load| load.pass_undecodable(missing));
            }
        }
        Err(why) => {
            tracing::error!(key = record.key, events = record.events, %why, "a record can no longer be decoded");
            load_of(loads, record, signal(record), as_of, |load| load.pass_undecodable(record.events));
        }
    }
}

fn load_of(
    loads: &mut Vec<Load>,
    record: &Record,
    signal: Signal,
    as_of: u64,
    change: impl FnOnce(&mut Load),
) {
    match loads.iter_mut().find(|load| load.is_of(&record.key, &record.application, signal)) {
        Some(load) => change(load),
        None => {
            let mut load = Load::new(record.owner(), signal, record.receive_time_ms, as_of);
            change(&mut load);
            loads.push(load);
        }
    }
}

/// As [`linked`], without decoding what is known already.
pub(crate) fn placed_linked(placed: &Placed, limits: &Limits, events_as: EventsAs) -> Parts {
    match &placed.decoded {
        Some(known) => Ok(at_once(&placed.record, &known.head, &known.batch, events_as, &limits.scrub)),
        None => linked(&placed.record, limits, events_as),
    }
}

/// What a record comes to for a destination that wants moments as `events_as` says.
pub(crate) fn linked(record: &Record, limits: &Limits, events_as: EventsAs) -> Parts {
    let why = |error: Reject| Arc::from(error.to_string());
    match record.kind() {
        Kind::Batch => {
            let (head, batch) = decode::batch(&record.body, limits.body_bytes).map_err(why)?;
            Ok(at_once(record, &head, &batch, events_as, &limits.scrub))
        }
        Kind::Otlp if !record.whole || !record.waiting.is_empty() => {
            let plain = decode::plain(&record.body, coding(record), limits.otlp_body_bytes).map_err(why)?;
            let waiting = Intervals::from_wire(&record.waiting);
            let (bytes, spans) =
                spans_of(record, &plain).map_err(why)?.request(|at| !waiting.contains(at as u64));
            Ok(vec![Part { signal: Signal::Traces, bytes, spans }])
        }
        Kind::Released if record.body.is_empty() => Err("it could not be when it was released".into()),
        // We wrote it ourselves: whatever it has come to, it was within the bounds when it came.
        Kind::Released | Kind::Closed => {
            Ok(vec![Part { signal: Signal::Traces, bytes: record.body.to_vec(), spans: record.events }])
        }
        Kind::Otlp | Kind::Logs | Kind::Metrics => {
            let bytes = decode::plain(&record.body, coding(record), limits.otlp_body_bytes).map_err(why)?;
            Ok(vec![Part { signal: signal(record), bytes: bytes.into_owned(), spans: record.events }])
        }
        Kind::Erased => Ok(Vec::new()),
        Kind::Head | Kind::Unknown => Err("written by a later version".into()),
    }
}

/// The spans of an OTLP record: what was found to be valid on receipt is not looked through again.
pub(super) fn spans_of<'a>(record: &Record, plain: &'a [u8]) -> Result<Spans<'a>, Reject> {
    if record.whole { Spans::of_valid(plain) } else { Spans::of(plain) }
}

/// What of a batch does not wait. Of nothing there is no part: neither a resource without spans.
fn at_once(record: &Record, head: &Head, batch: &Batch, events_as: EventsAs, scrub: &Scrub) -> Vec<Part> {
    let batch = scrubbed(scrub, batch);
    let mut linked = link(record, head, &batch);
    if !record.waiting.is_empty() {
        let waiting = Intervals::from_wire(&record.waiting);
        linked.events.retain(|linked| !waiting.contains(linked.event.number));
    }
    if events_as == EventsAs::Spans {
        return if linked.events.is_empty() { Vec::new() } else { vec![Part::of(linked)] };
    }
    let moments = moments::take_out(&mut linked);
    let spans = (!linked.events.is_empty()).then(|| Part::of(linked.clone()));
    let logs = (!moments.is_empty()).then(|| Part::of_logs(linked, &moments));
    spans.into_iter().chain(logs).collect()
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
