//! What waited when the collector last ended: read from the spool, from the index's place on.

use std::time::Duration;

use super::{Linker, Starts, Waiting};
use crate::{
    config::Limits,
    pipeline::{
        decode,
        link::{
            Candidate, Rules,
            gather::{coding, spans_of},
        },
        spool::{Intervals, Kind, Placed, Reader, Record},
    },
    reject::Reject,
};

/// Bytes read at once.
const READ_BYTES: usize = 1024 * 1024;

impl Linker {
    /// Up to the end of the spool as it is now. What was released is known to be, and is not decided again.
    pub(super) fn replay(&mut self) {
        let (reader, end) = (Reader::new(&self.with.segments), self.with.segments.end());
        let mut place = self.with.index.place();
        while place < end {
            let chunk = match reader.read(place, READ_BYTES) {
                Ok(chunk) => chunk,
                Err(error) => {
                    tracing::error!(%error, "spool cannot be read: what waits in it is released at the next start");
                    self.unread = Some(place);
                    break;
                }
            };
            if chunk.next == place {
                break;
            }
            for placed in chunk.records {
                let start = std::mem::replace(&mut place, placed.end);
                self.recall(placed, start);
            }
            place = chunk.next;
        }
        let now_ms = self.with.clock.wall_ms();
        let (now, wait) = (self.with.clock.monotonic(), self.with.wait);
        for (due, waiting) in &mut self.queue {
            let waited = Duration::from_millis(now_ms.saturating_sub(waiting.record.receive_time_ms));
            *due = now + wait.saturating_sub(waited);
        }
        if !self.queue.is_empty() {
            tracing::info!(records = self.queue.len(), "events wait since before the start");
        }
    }

    fn recall(&mut self, placed: Placed, start: u64) {
        let Placed { record, end, decoded } = placed;
        match record.kind() {
            Kind::Released => return self.was_released(&record),
            Kind::Closed => return self.was_given_up(&record),
            _ if record.has_open => self.was_heard(&record, decoded.as_deref()),
            _ => {}
        }
        if record.waiting.is_empty() {
            return;
        }
        let Starts { rules, limits, .. } = &self.with;
        let candidates = candidates(&record, rules, limits).unwrap_or_else(|why| {
            tracing::error!(key = record.key, %why, "what waits can no longer be decoded");
            Vec::new()
        });
        let came = self.with.clock.monotonic();
        let waiting = Waiting { record, start, end, decoded, candidates, came };
        self.with.room.take(waiting.weight());
        self.take(waiting);
    }

    fn was_released(&mut self, record: &Record) {
        let Ok(at) = self.queue.binary_search_by_key(&record.origin, |(_, waiting)| waiting.end) else {
            return;
        };
        let Some((_, waiting)) = self.queue.remove(at) else { return };
        waiting.candidates.iter().for_each(|candidate| self.with.index.leaves(candidate, Some(record.knew)));
        self.with.room.give_back(waiting.weight());
    }
}

/// What waits of a record, as the rules of now see it. What no rule looks at any more leaves without links.
fn candidates(record: &Record, rules: &Rules, limits: &Limits) -> Result<Vec<Candidate>, Reject> {
    let found = match record.kind() {
        Kind::Batch => {
            let (head, batch) = decode::batch(&record.body, limits.body_bytes)?;
            rules.in_batch(record, &head, &batch)
        }
        _ => {
            let plain = decode::plain(&record.body, coding(record), limits.otlp_body_bytes)?;
            rules.in_otlp(&record.application, &spans_of(record, &plain)?)
        }
    };
    let mut found = found.into_iter().peekable();
    let waiting = Intervals::from_wire(&record.waiting);
    let candidate = |at| {
        while found.next_if(|candidate| candidate.at < at).is_some() {}
        found.next_if(|candidate| candidate.at == at).unwrap_or_else(|| Candidate::without_rule(at))
    };
    Ok(waiting.numbers().map(candidate).collect())
}
