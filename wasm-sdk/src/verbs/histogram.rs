//! Durations, counted in buckets that grow by a quarter of an octave: OpenTelemetry's exponential histogram at scale 2, so
//! that any percentile is known to within 9 %.

use alloc::vec::Vec;

/// Of the histogram: each octave has 2^SCALE buckets.
pub(super) const SCALE: i64 = 2;

/// Mantissas at which a bucket ends, within an octave: 2^(1/4), 2^(1/2), 2^(3/4), of 52 bits.
const ENDS: [u64; 3] = [0x3_06fe_0a31_b715, 0x6_a09e_667f_3bcd, 0xa_e89f_995a_d3ae];

/// The first and the last bucket: from a microsecond to a fortnight.
const FIRST: i64 = -40;
const LAST: i64 = 120;

/// How often durations fell into each bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histogram {
    /// Bucket of the first count.
    pub(super) offset: i64,
    pub(super) counts: Vec<u64>,
    /// Durations of nothing.
    pub(super) zero: u64,
}

impl Histogram {
    /// Counts one.
    pub(super) fn add(&mut self, duration_ms: f64) {
        if duration_ms <= 0.0 || duration_ms.is_nan() {
            self.zero += 1;
            return;
        }
        let index = index(duration_ms);
        if self.counts.is_empty() {
            self.offset = index;
        }
        while index < self.offset {
            self.counts.insert(0, 0);
            self.offset -= 1;
        }
        let at = (index - self.offset) as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
    }
}

/// The bucket: from above 2^(index / 4) on, up to 2^((index + 1) / 4).
fn index(value: f64) -> i64 {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1023;
    let mantissa = bits & ((1 << 52) - 1);
    let mut index = exponent << SCALE;
    for end in ENDS {
        if mantissa > end {
            index += 1;
        }
    }
    // A power of two is the end of the bucket below it.
    if mantissa == 0 {
        index -= 1;
    }
    index.clamp(FIRST, LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_what_opentelemetry_calls_by_its_index() {
        for value in [0.001, 0.3, 0.999, 1.0, 1.1, 1.19, 1.2, 1.5, 2.0, 2.1, 17.3, 100.0, 1_000.0, 65_536.0] {
            let meant = (f64::log2(value) * 4.0).ceil() as i64 - 1;
            assert_eq!(index(value), meant, "{value}");
        }
    }

    #[test]
    fn whatever_is_counted_there_are_few_buckets_and_nothing_is_lost() {
        let mut histogram = Histogram::default();
        let all = [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE, 1e-300, 5.0];
        for value in all {
            histogram.add(value);
        }
        assert!(histogram.counts.len() <= (LAST - FIRST + 1) as usize);
        assert_eq!(histogram.zero + histogram.counts.iter().sum::<u64>(), all.len() as u64);
    }
}
