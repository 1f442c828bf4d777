//! What the network does to a request: mostly nothing.

use support::random::Random;

/// A second and a minute, in milliseconds.
pub const SECOND: u64 = 1_000;
/// See [`SECOND`].
pub const MINUTE: u64 = 60 * SECOND;
/// See [`SECOND`].
pub const HOUR: u64 = 60 * MINUTE;
/// See [`SECOND`].
pub const DAY: u64 = 24 * HOUR;

/// A try in so many is lost.
const LOST_TRY: u64 = 10;

/// A try that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    /// When it was sent.
    pub sent_ms: u64,
    /// When it arrived.
    pub arrived_ms: u64,
}

/// Tries of a request that is first sent at `at_ms`, as far as they arrive: several, where an answer is lost; none, if it is
/// lost for good.
pub fn arrivals(random: &mut Random, at_ms: u64) -> Vec<Try> {
    let first = match random.below(1_000) {
        0..4 => return Vec::new(),
        // A phone in a tunnel, and in an aeroplane.
        4..24 => at_ms + 30 * SECOND + random.below(60 * SECOND),
        24..34 => at_ms + 5 * MINUTE + random.below(10 * MINUTE),
        _ => at_ms,
    };
    let (mut arrivals, mut now, mut wait) = (Vec::new(), first, SECOND + random.below(3 * SECOND));
    loop {
        let sent_ms = now;
        now += 20 + random.below(300);
        let is_lost = random.once_in(LOST_TRY);
        // Of what seems lost, half was read: only the answer did not come back.
        if !is_lost || random.once_in(2) {
            arrivals.push(Try { sent_ms, arrived_ms: now });
        }
        if !is_lost {
            break;
        }
        now += wait;
        wait *= 2;
    }
    if random.once_in(100) {
        let sent_ms = now + random.below(MINUTE);
        arrivals.push(Try { sent_ms, arrived_ms: sent_ms + 50 });
    }
    arrivals
}
