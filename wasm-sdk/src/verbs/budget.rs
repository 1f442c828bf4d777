//! Bytes that a page, and a browser in a day, may send. As they run out, fewer and fewer events are kept, errors last.

use super::{Now, Verdict, document::Verb, seen::Seen};

/// Part of the bytes that is spent before anything is left out; of errors all of it, and as much again.
const FREELY: f64 = 0.5;

/// What becomes of an event.
pub(super) fn look(verb: &Verb, seen: &Seen<'_>, now: &Now) -> Verdict {
    let mut used: f64 = 0.0;
    for (limit, spent) in [(verb.number, now.page_bytes), (verb.more, now.day_bytes)] {
        if limit > 0 {
            used = used.max(spent / limit as f64);
        }
    }
    if seen.failed() {
        used /= 2.0;
        return if used < 1.0 { Verdict::Keep } else { Verdict::Budget };
    }
    // Of what is left, a part that shrinks to nothing.
    let lost = (used - FREELY) / (1.0 - FREELY);
    if spread(seen.ended.number) < lost { Verdict::Budget } else { Verdict::Keep }
}

/// Event numbers, spread from 0 up to and without 1 (Knuth's multiplicative hash).
fn spread(number: u64) -> f64 {
    f64::from((number as u32).wrapping_mul(2_654_435_769)) / 4_294_967_296.0
}
