//! How far a device's clock is off, as far as that can be told from when a batch was sent and when it arrived.

use std::time::Duration;

/// Longest that a batch is on its way: the SDK gives a try up after 45 s, and a busy device stamps a little earlier
/// than it sends.
const LONGEST_WAY: Duration = Duration::from_secs(60);

/// How far the clock of the sender is ahead of ours (negative: behind), if that is more than is tolerated.
///
/// A batch that took long to arrive looks like one from a clock that is behind, never like one that is ahead. So
/// only beyond the longest way is a clock called behind.
pub(super) fn of(send_time_ms: u64, receive_time_ms: u64, tolerated: Duration) -> Option<i64> {
    let skew_ms = i64::try_from(i128::from(send_time_ms) - i128::from(receive_time_ms)).ok()?;
    let most = if skew_ms < 0 { tolerated + LONGEST_WAY } else { tolerated };
    (u128::from(skew_ms.unsigned_abs()) > most.as_millis()).then_some(skew_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn skew(ahead_ms: i64) -> Option<i64> {
        of(NOW_MS.saturating_add_signed(ahead_ms), NOW_MS, Duration::from_secs(5))
    }

    #[test]
    fn a_batch_that_was_on_its_way_for_long_is_not_from_a_clock_that_is_behind() {
        for took_ms in [0, 200, 5_001, 20_000, 45_000, 65_000] {
            assert_eq!(skew(-took_ms), None, "{took_ms} ms on the way");
        }
        assert_eq!(skew(-65_001), Some(-65_001));
        assert_eq!(skew(-86_400_000), Some(-86_400_000));
    }

    #[test]
    fn a_clock_that_is_ahead_is_told_as_soon_as_it_is_beyond_what_is_tolerated() {
        assert_eq!(skew(5_000), None);
        assert_eq!(skew(5_001), Some(5_001));
        assert_eq!(of(u64::MAX, 0, Duration::ZERO), None, "no time that anybody could be corrected by");
    }
}
