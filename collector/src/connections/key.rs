//! What the ends of a connection are found by: keyed hashes, so that nobody can make two that are alike.

use weft_proto::{SpanId, TraceId};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::hashed::seed;

/// Makes keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed(u64);

/// A hash of what something is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) u64);

/// By what two ends meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The backend's span names the request's as its parent.
    Traceparent = 0,
    /// Both have the same request id.
    RequestId = 1,
    /// The backend's span has a link to the request's.
    Link = 2,
    /// The document names the span that rendered it, or its trace.
    Document = 3,
    /// Both are in one trace, and nothing more is known: no connection.
    Trace = 4,
}

/// Everything that one end may meet another by, the surest first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meets([Option<(By, Key)>; 7]);

impl Keyed {
    pub(super) fn new() -> Self {
        Self(seed())
    }

    pub(super) fn span(self, trace: &TraceId, span: &SpanId) -> Key {
        let mut both = [0; 24];
        let (first, second) = both.split_at_mut(16);
        first.copy_from_slice(trace);
        second.copy_from_slice(span);
        Key(xxh3_64_with_seed(&both, self.0))
    }

    pub(super) fn trace(self, trace: &TraceId) -> Key {
        Key(xxh3_64_with_seed(trace, self.0))
    }

    /// Of any text that names something else than what other texts do.
    pub(super) fn text(self, what: &str, text: &str) -> Key {
        Key(xxh3_64_with_seed(text.as_bytes(), xxh3_64_with_seed(what.as_bytes(), self.0)))
    }

    /// Of a view of a page.
    pub(super) fn view(self, page: &[u8], number: u64) -> Key {
        Key(xxh3_64_with_seed(page, xxh3_64_with_seed(&number.to_le_bytes(), self.0)))
    }
}

impl Meets {
    /// What there is no room for is not met by.
    pub(super) fn add(&mut self, by: By, key: Key) {
        if let Some(free) = self.0.iter_mut().find(|place| place.is_none()) {
            // One span may be a parent and a target: these are two things to be met by.
            *free = Some((by, Key(key.0.rotate_left(8 * (by as u32 + 1)))));
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (By, Key)> {
        self.0.iter().flatten().copied()
    }
}
