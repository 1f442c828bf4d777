//! Lines that may come with every request are said seldom, with how many were not said.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::clock::Clock;

/// One reason for lines.
#[derive(Debug)]
pub(crate) struct Seldom {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Duration>,
    unsaid: u64,
}

/// Often enough to see that it goes on, seldom enough to fill no disk.
const EVERY: Duration = Duration::from_secs(10);

impl Seldom {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), state: Mutex::default() }
    }

    /// Says it, unless that was done a moment ago.
    pub(crate) fn say(&self, say: impl FnOnce()) {
        let Some(unsaid) = self.turn() else { return };
        say();
        if unsaid > 0 {
            tracing::info!(unsaid, "lines like the one before were left out");
        }
    }

    /// `None`: not now. Else how many were left out since the last.
    fn turn(&self) -> Option<u64> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| now.saturating_sub(last) < EVERY) {
            state.unsaid += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_a_thousand_times_is_said_once_and_counted() {
        let seldom = Seldom::new(&Clock::system());
        let mut said = 0;
        (0..1000).for_each(|_| seldom.say(|| said += 1));
        assert_eq!((said, seldom.state.lock().unwrap().unsaid), (1, 999));
    }
}
