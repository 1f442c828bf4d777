//! Words: what a batch says of events that have not ended.

use weft_proto::{Batch, Event, Head, OpenState, Seed, encode};

use super::{super::skew_of, alone::alone};
use crate::pipeline::spool::Record;

/// What a page says of one of its events that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) number: u64,
    pub(crate) seed: Seed,
    pub(crate) state: OpenState,
    /// From its start until it was last seen.
    pub(crate) lasted_ns: u64,
    /// How far the device's clock was ahead when it started, where that is corrected.
    pub(crate) skew_ms: Option<i64>,
    /// Whether it says what the event is. Later words may leave that out.
    pub(crate) is_told: bool,
    /// A batch of this event alone. `None`: too large to be kept.
    pub(crate) told: Option<Vec<u8>>,
}

/// Bytes kept of one event: more than any name and some dozens of attributes take.
const MOST_TOLD: usize = 16 * 1024;

/// Words of one batch that are listened to: as many as a page may have open.
const MOST_WORDS: usize = 64;

/// The words of a batch.
pub(crate) fn words(record: &Record, head: &Head, batch: &Batch) -> Vec<Word> {
    let open = batch.events.iter().filter_map(|event| Some((event, event.open?)));
    open.take(MOST_WORDS).map(|(event, state)| word(record, head, batch, event, state)).collect()
}

fn word(record: &Record, head: &Head, batch: &Batch, event: &Event, state: OpenState) -> Word {
    let told = encode(&alone(record, batch, event));
    Word {
        number: event.number,
        seed: head.seed,
        state,
        lasted_ns: event.duration_ns,
        skew_ms: skew_of(record, head, event),
        is_told: !batch.strings.get(event.name).is_empty(),
        told: (told.len() <= MOST_TOLD).then_some(told),
    }
}

impl Word {
    /// Bytes it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.told.as_ref().map_or(0, Vec::len)
    }
}
