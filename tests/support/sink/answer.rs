//! The parts a sink can play.

/// What the sink does with a request instead of taking it, or when it has taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 429 with this many seconds of `Retry-After`.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// 503 without `Retry-After`.
    Unavailable,
    /// 400: sending it again will not help.
    BadRequest,
    /// Any other refusal.
    Status(u16),
    /// No answer at all.
    Hang,
    /// Takes the spans and breaks the connection in the middle of saying so.
    TakeAndBreak,
    /// Takes the spans and never says so.
    TakeAndHang,
    /// Takes the spans and says so at one byte a second.
    TakeAndDribble,
    /// Takes the spans and says so with bytes that are no protobuf.
    TakeAndBabble,
    /// Takes all but so many spans, the first ones, and says that it did: a partial success.
    RejectSome(usize),
}

/// Requests the sink refuses whole, whatever else they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dislike {
    /// 400 for each with a span that has this attribute.
    Marked(&'static str),
    /// 413 for each with more spans than this.
    Larger(usize),
}

impl Answer {
    /// Whether whoever sent the spans never learns that they were taken.
    pub(super) fn takes_and_does_not_say(self) -> bool {
        matches!(self, Self::TakeAndBreak | Self::TakeAndHang | Self::TakeAndDribble)
    }
}
