//! Long spans: what pages say is open is kept until it ends, or until its end is not waited for any more. Then a closure
//! says so, under an id of its own (decision 0011).
//!
//! What is decided here is only *when* to give up. Whether an end came first, and which came after, is decided by the
//! spool's writer, in the order of the spool; so nothing that is late or missing here makes a wrong span.

mod alone;
mod closure;
mod page;
mod store;
mod word;

use std::time::Duration;

use weft_proto::Seed;

pub(super) use self::closure::closure;
pub(crate) use self::{
    store::Longs,
    word::{Word, words},
};
use crate::{
    config::{self, Config},
    ledger::Owner,
    pipeline::spool::{Intervals, Record, Stamp},
};

/// What a durable record tells of the long spans of its page.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) owner: Owner,
    pub(crate) page: [u8; 16],
    /// When it was received.
    pub(crate) at_ms: u64,
    pub(crate) stamp: Stamp,
    pub(crate) user_agent: Option<String>,
    /// What has come of the page with it, ends of long spans among them.
    pub(crate) ended: Intervals,
    pub(crate) words: Vec<Word>,
}

impl Heard {
    /// Of `record`, with those of the `words` in it that the spool took.
    pub(crate) fn of(record: &Record, mut words: Vec<Word>) -> Option<Self> {
        let open = Intervals::from_wire(&record.open);
        words.retain(|word| open.contains(word.number));
        Some(Self {
            owner: record.owner(),
            page: record.page.as_slice().try_into().ok()?,
            at_ms: record.receive_time_ms,
            stamp: record.stamp.clone().unwrap_or_default(),
            user_agent: record.user_agent.clone(),
            ended: Intervals::from_wire(&record.taken),
            words,
        })
    }

    /// Bytes it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let words: usize = self.words.iter().map(Word::bytes).sum();
        512 + words
    }
}

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keeps {
    pub(crate) most: Sizes,
    pub(crate) patience: Patience,
}

/// How long ends are waited for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    pub(crate) interrupted: Duration,
    pub(crate) abandoned: Duration,
    /// Of a page that is known to be dead: an end may be in another batch of what it left behind.
    pub(crate) gone: Duration,
}

/// How much is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) open: u64,
    pub(crate) bytes: u64,
}

impl Keeps {
    /// As the settings say.
    pub(crate) fn of(config: &Config) -> Self {
        let config::LongSpans { interrupted_after, abandoned_after, most_open, most_bytes, .. } =
            config.long_spans;
        let gone = config.linker.wait;
        Self {
            most: Sizes { open: most_open, bytes: most_bytes },
            patience: Patience { interrupted: interrupted_after, abandoned: abandoned_after, gone },
        }
    }
}

impl Patience {
    /// As the store knows it.
    fn to_row(self) -> Vec<u8> {
        let Self { interrupted, abandoned, gone } = self;
        [interrupted, abandoned, gone].iter().flat_map(|time| time.as_millis().to_be_bytes()).collect()
    }
}

impl Sizes {
    fn and(self, more: Self) -> Self {
        Self { open: self.open + more.open, bytes: self.bytes + more.bytes }
    }

    fn less(self, gone: Self) -> Self {
        Self { open: self.open.saturating_sub(gone.open), bytes: self.bytes.saturating_sub(gone.bytes) }
    }
}

/// What is given up: everything that is known of it.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) owner: Owner,
    pub(super) page: [u8; 16],
    pub(super) seed: Seed,
    pub(super) stamp: Stamp,
    pub(super) user_agent: Option<String>,
    pub(super) number: u64,
    pub(super) lasted_ns: u64,
    pub(super) skew_ms: Option<i64>,
    /// A batch of this event alone.
    pub(super) told: Vec<u8>,
    pub(super) why: Why,
}

/// Why an end is not waited for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Its page was visible, and fell silent.
    Interrupted,
    /// Its page was idle, hidden or frozen, for very long.
    Abandoned,
    /// Another page says that its page is dead.
    Gone,
}

impl Why {
    /// Every reason there is.
    pub(crate) const ALL: [Self; 3] = [Self::Interrupted, Self::Abandoned, Self::Gone];

    /// The name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Abandoned => "abandoned",
            Self::Gone => "gone",
        }
    }
}
