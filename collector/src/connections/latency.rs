//! How long something took, however often it happens: counts by buckets, of which each is a quarter wider than the one
//! before.

use serde::Serialize;

/// Counts of what took so long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Latency(Option<Box<[u32; BUCKETS]>>);

/// What is shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Percentiles {
    count: u64,
    /// So long at most half of them took.
    p50_ms: f64,
    /// So long at most 95 of a hundred.
    p95_ms: f64,
}

/// From a tenth of a millisecond to four minutes, in 256 bytes.
const BUCKETS: usize = 64;

/// The first ends here.
const LEAST_NS: f64 = 100_000.0;

/// So many buckets have what takes twice as long in the last one.
const TO_TWICE: f64 = 3.0;

impl Latency {
    pub(super) fn add(&mut self, took_ns: u64) {
        let at = (took_ns as f64 / LEAST_NS).max(1.0).log2() * TO_TWICE;
        let counts = self.0.get_or_insert_with(|| Box::new([0; BUCKETS]));
        if let Some(count) = counts.get_mut((at.ceil() as usize).min(BUCKETS - 1)) {
            *count = count.saturating_add(1);
        }
    }

    /// As the ends of buckets: a quarter too long at most. `None`: there was nothing yet.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        let counts = self.0.as_deref()?;
        let count: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let within = |percent: u64| {
            let (mut left, mut at) = ((count * percent).div_ceil(100), 0);
            for count in counts {
                left = left.saturating_sub(u64::from(*count));
                if left == 0 {
                    break;
                }
                at += 1;
            }
            LEAST_NS / 1e6 * (f64::from(at) / TO_TWICE).exp2()
        };
        Some(Percentiles { count, p50_ms: within(50), p95_ms: within(95) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn percentiles_are_never_too_short_and_a_quarter_too_long_at_most() {
        assert_eq!(Latency::default().percentiles(), None);
        for scale in [1, 7, 300] {
            let mut latency = Latency::default();
            (1..=100).for_each(|took| latency.add(took * scale * MS));
            let Percentiles { count, p50_ms, p95_ms } = latency.percentiles().unwrap();
            assert_eq!(count, 100);
            for (told, true_ms) in [(p50_ms, 50 * scale), (p95_ms, 95 * scale)] {
                let of_true = told / true_ms as f64;
                assert!((1.0 - 1e-9..1.27).contains(&of_true), "{told} for {true_ms}");
            }
        }
    }

    #[test]
    fn what_takes_no_time_or_weeks_is_counted_too() {
        let mut latency = Latency::default();
        [0, u64::MAX].into_iter().for_each(|took| latency.add(took));
        let Percentiles { count, p50_ms, p95_ms } = latency.percentiles().unwrap();
        assert_eq!((count, p50_ms), (2, 0.1));
        assert!(p95_ms > 200_000.0, "{p95_ms}");
    }
}
