//! Batches as they were decoded on receipt, for destinations that keep up: they need not be decoded again. A bounded
//! number of bytes; whoever comes later decodes the record.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use weft_proto::{Batch, Head, Value};

/// What a batch's bytes say.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) head: Head,
    pub(crate) batch: Batch,
    bytes: usize,
}

/// Those that no destination has passed, by where their record ends.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    batches: BTreeMap<u64, Arc<Decoded>>,
    bytes: usize,
    /// The fastest destination has come so far.
    passed: u64,
}

/// A fifth of a second of a machine at its limit, which is as long as requests are gathered.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// One that is larger is not worth its memory: few are, and they cost little for what they hold.
const LARGEST: usize = 512 * 1024;

impl Decoded {
    /// `None`: too large to be kept.
    pub(crate) fn new(head: Head, batch: Batch) -> Option<Arc<Self>> {
        let bytes = bytes(&batch);
        (bytes <= LARGEST).then(|| Arc::new(Self { head, batch, bytes }))
    }

    /// What it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Recent {
    /// Keeps `decoded`, whose record ends at `end`, at the cost of what a destination has passed. Without that it is not
    /// kept: whoever lags looks for the oldest first, and would find none of them if the newest came in their place.
    pub(super) fn put(&self, end: u64, decoded: Arc<Decoded>) {
        let mut ring = self.ring();
        let passed = ring.passed;
        while ring.bytes + decoded.bytes > MOST_BYTES {
            let oldest = ring.batches.first_entry().filter(|oldest| *oldest.key() <= passed);
            let Some(oldest) = oldest.map(|oldest| oldest.remove()) else { return };
            ring.bytes -= oldest.bytes;
        }
        ring.bytes += decoded.bytes;
        ring.batches.insert(end, decoded);
    }

    /// A destination needs nothing before `place` any more.
    pub(super) fn pass(&self, place: u64) {
        let mut ring = self.ring();
        ring.passed = ring.passed.max(place);
    }

    /// The batch whose record ends at `end`, if it is still here.
    pub(super) fn get(&self, end: u64) -> Option<Arc<Decoded>> {
        self.ring().batches.get(&end).cloned()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(batch: &Batch) -> usize {
    let strings = batch.strings.iter().map(|(_, text)| text.len() + 16);
    let values = batch.attributes.iter().chain(&batch.resource).map(|attribute| beside(&attribute.value));
    strings.sum::<usize>()
        + values.sum::<usize>()
        + size_of_val(batch.events.as_slice())
        + size_of_val(batch.attributes.as_slice())
        + size_of_val(batch.links.as_slice())
        + size_of_val(batch.points.as_slice())
}

/// What a value takes beside itself. Depth is bounded by the decoder.
fn beside(value: &Value) -> usize {
    match value {
        Value::Bytes(bytes) => bytes.len(),
        Value::List(values) => values.iter().map(|value| size_of::<Value>() + beside(value)).sum(),
        Value::Map(pairs) => pairs.iter().map(|(_, value)| 2 * size_of::<Value>() + beside(value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use weft_proto::{Event, Form, Seed};

    use super::*;

    fn of(events: usize) -> Option<Arc<Decoded>> {
        let head =
            Head { form: Form::Plain, seed: Seed([1; 16]), digest: 0, number: 0, send_time_ms: 0, epoch: 0 };
        Decoded::new(head, Batch { events: vec![Event::default(); events], ..Batch::default() })
    }

    fn bytes(recent: &Recent) -> usize {
        recent.ring().bytes
    }

    #[test]
    fn what_no_destination_has_passed_is_kept_within_its_bytes() {
        let (recent, one) = (Recent::default(), of(1000).unwrap());
        for end in 1..=1000 {
            recent.put(end, Arc::clone(&one));
            assert!(bytes(&recent) <= MOST_BYTES);
        }
        assert!(recent.get(1).is_some() && recent.get(1000).is_none(), "nobody has passed anything");
        recent.pass(1);
        recent.put(1001, Arc::clone(&one));
        assert!(recent.get(1).is_none() && recent.get(1001).is_some());
        let kept = recent.ring().batches.len();
        assert_eq!(bytes(&recent), kept * one.bytes());
        assert!(of(100_000).is_none(), "too large");
    }
}
