//! Times of a batch in the coarsest unit in which all of them are whole: browsers round to 100 µs or 5 µs, so nanoseconds
//! would be mostly zeros.

use crate::rows::{Field, Rows, at};

/// Nanoseconds in a unit, by its code.
const UNITS: [u64; 5] = [1_000_000, 100_000, 5_000, 1_000, 1];

/// The last of them: it holds every time.
const NANOSECONDS: u8 = UNITS.len() as u8 - 1;

/// Bit of a code: times are those of a clock that counts milliseconds in doubles.
const DUST: u8 = 8;

/// Whether such times are written: our SDK has none, it rounds to microseconds. They are always read.
pub(crate) const WRITES_DUST: bool = cfg!(feature = "dust");

/// How the times of a batch are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    unit: u64,
    code: u8,
}

/// A time as a batch holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) units: u64,
    /// What a double of milliseconds since 1970 is off, in steps of 1/4096 ms: what doubles of this time resolve
    /// (from 2004 to 2039: 2^40 to 2^41 ms).
    pub(crate) dust: i64,
}

impl Clock {
    /// The clock that loses nothing of what the rows say.
    pub(crate) fn of(rows: &Rows) -> Self {
        let mut code = 0;
        loop {
            let clock = Self::of_code(code).unwrap_or(Self { unit: 1, code: NANOSECONDS });
            if clock.holds_all(rows) {
                return clock;
            }
            code += 1;
            if code == NANOSECONDS && WRITES_DUST {
                let dusty =
                    (0..3).filter_map(|code| Self::of_code(code | DUST)).find(|clock| clock.holds_all(rows));
                if let Some(clock) = dusty {
                    return clock;
                }
            }
        }
    }

    fn holds_all(self, rows: &Rows) -> bool {
        for row in 0..rows.len() {
            if !self.holds(rows.get(row, Field::Start), rows.get(row, Field::Duration)) {
                return false;
            }
        }
        rows.points.chunks_exact(2).all(|point| self.holds(at(point, 1), 0))
    }

    /// The clock that a body names.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        let unit = *UNITS.get(usize::from(code & !DUST))?;
        // Nanoseconds have no dust.
        (code & DUST == 0 || unit > 1_000).then_some(Self { unit, code })
    }

    pub(crate) fn code(self) -> u8 {
        self.code
    }

    #[inline]
    pub(crate) fn has_dust(self) -> bool {
        self.code & DUST != 0
    }

    /// A time as it is written.
    pub(crate) fn read(self, ns: u64) -> Time {
        if WRITES_DUST && self.has_dust() {
            let steps = (u128::from(ns) * 64 + 7_812) / 15_625;
            let units = (steps * 15_625 + u128::from(self.unit) * 32) / (u128::from(self.unit) * 64);
            return Time { units: units as u64, dust: steps as i64 - self.steps(units as u64) as i64 };
        }
        Time { units: ns / self.unit, dust: 0 }
    }

    /// A duration as it is written, of what started at `start`: with dust it is the end that has some.
    pub(crate) fn read_duration(self, start: u64, duration: u64) -> Time {
        if !WRITES_DUST || !self.has_dust() {
            return self.read(duration);
        }
        let end = self.read(start.wrapping_add(duration));
        Time { units: end.units.wrapping_sub(self.read(start).units), ..end }
    }

    /// Nanoseconds of a time. `None`: OTLP's 64 bits do not hold it.
    #[inline]
    pub(crate) fn nanoseconds(self, time: Time) -> Option<u64> {
        if self.has_dust() {
            return self.dusty(time);
        }
        time.units.checked_mul(self.unit)
    }

    /// Nanoseconds of a duration of what started at `start`.
    #[inline]
    pub(crate) fn duration(self, start: Time, start_ns: u64, duration: Time) -> Option<u64> {
        if self.has_dust() {
            let units = start.units.checked_add(duration.units)?;
            return self.dusty(Time { units, ..duration })?.checked_sub(start_ns);
        }
        duration.units.checked_mul(self.unit)
    }

    fn dusty(self, time: Time) -> Option<u64> {
        time.units.checked_mul(self.unit)?;
        let steps = self.steps(time.units).checked_add_signed(time.dust)?;
        u64::try_from((u128::from(steps) * 15_625 + 32) / 64).ok()
    }

    /// Steps of 1/4096 ms (15 625/64 ns) nearest to so many units.
    fn steps(self, units: u64) -> u64 {
        ((u128::from(units) * u128::from(self.unit) * 64 + 7_812) / 15_625) as u64
    }

    fn holds(self, start: u64, duration: u64) -> bool {
        if WRITES_DUST && self.has_dust() {
            const NEAR: i64 = 2;
            let (from, end) = (self.read(start), self.read_duration(start, duration));
            return from.dust.abs() <= NEAR
                && end.dust.abs() <= NEAR
                && self.nanoseconds(from) == Some(start)
                && self.duration(from, start, end) == Some(duration);
        }
        start.is_multiple_of(self.unit) && duration.is_multiple_of(self.unit)
    }
}
