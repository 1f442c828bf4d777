//! How long to wait before the next try: longer each time, never in step with others.

use std::time::Duration;

/// Grows from a fifth of a second, which a restarting receiver needs, to half a minute.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

/// Where somebody has to change something first: rare enough to bother nobody, and soon enough for who just has.
const FOR_SOMEBODY: Duration = Duration::from_secs(60);

/// A destination may not silence us for longer than an operator would notice.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next wait, at least as long as the destination asked for.
    pub(super) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let most = self.next;
        self.next = (most * 2).min(LONGEST);
        let jittered = most.mul_f64(0.5 + fastrand::f64() / 2.0);
        jittered.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// The next wait where only a person can help.
    pub(super) fn wait_for_somebody(&self) -> Duration {
        FOR_SOMEBODY.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_jitter_up_to_a_bound_and_never_undercut_what_was_asked() {
        let mut backoff = Backoff::new();
        let mut most = FIRST;
        for _ in 0..20 {
            let wait = backoff.wait(None);
            assert!(wait >= most / 2 && wait <= most, "{wait:?} of {most:?}");
            most = (most * 2).min(LONGEST);
        }
        assert!(backoff.wait(Some(Duration::from_secs(120))) >= Duration::from_secs(120));
        assert_eq!(backoff.wait(Some(Duration::from_secs(86_400))), LONGEST_ASKED);
        assert!(Backoff::new().wait_for_somebody() >= FOR_SOMEBODY / 2, "from the first time on");
    }
}
