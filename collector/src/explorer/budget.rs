//! How much of what comes is looked at: a person needs to see some sessions whole, not all of them in part, and looking
//! costs as much as a destination does. So under load fewer pages are looked at, each of them whole.

use std::time::Duration;

/// Room that empties with each event and fills with time.
pub(crate) struct Budget {
    room: f64,
    filled: Duration,
    per_second: f64,
}

/// What may come at once, in seconds of what may always come.
const MOST_SECONDS: f64 = 10.0;

impl Budget {
    pub(crate) fn new(events_per_second: u32) -> Self {
        let per_second = f64::from(events_per_second);
        Self { room: per_second * MOST_SECONDS, filled: Duration::ZERO, per_second }
    }

    /// Whether events of whom `who` stands for are looked at: the fewer, the less room there is.
    pub(super) fn takes(&mut self, who: u64, events: u64, now: Duration) -> bool {
        let (passed, most) = (now.saturating_sub(self.filled).as_secs_f64(), self.per_second * MOST_SECONDS);
        (self.room, self.filled) = ((self.room + passed * self.per_second).min(most), now);
        // Half of the room is for everybody, the next quarter for every second one, and so on.
        let part = (most / self.room.max(1.0)).log2().floor().clamp(0.0, 16.0) as u32;
        let is_taken = self.room >= 1.0 && who.is_multiple_of(1 << part);
        if is_taken {
            self.room = (self.room - events as f64).max(0.0);
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_load_fewer_pages_are_looked_at_and_those_whole() {
        let mut budget = Budget::new(2_000);
        let (mut whole, mut looked_at) = (0, 0);
        // A second of 100 000 pages with 10 events each, in turn.
        for page in 0..100_000_u64 {
            whole += u64::from(budget.takes(page, 10, Duration::from_secs(1)));
        }
        assert!((1_800..=2_200).contains(&whole), "{whole}");
        for page in 0..100_000_u64 {
            looked_at += u64::from(budget.takes(page, 10, Duration::from_secs(2)));
        }
        assert!(looked_at < 400, "{looked_at}");
        assert!(budget.takes(1, 1, Duration::from_secs(200)), "when it is quiet again, everybody is");
    }
}
