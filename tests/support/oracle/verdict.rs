//! The end of every test with an oracle: each acknowledged event is there or named, and nothing else is.

use std::time::Duration;

use super::{Oracle, inferred};
use crate::{collector::Addresses, ledger::Ledger, sink::Sink};

/// How long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A destination by its name in the configuration.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// As in `[export.NAME]`.
    pub name: &'a str,
    /// What stands there.
    pub sink: &'a Sink,
}

impl Oracle {
    /// A collector was just killed.
    pub async fn was_killed(&self, destinations: &[At<'_>]) {
        self.shared.book().note_restart();
        for at in destinations {
            self.was_broken_off(*at).await;
        }
    }

    /// A collector was stopped as an operator does: it takes its counts with it, and leaves nothing half done.
    pub fn was_stopped(&self) {
        self.shared.book().note_restart();
    }

    /// The way to a destination was just broken off.
    pub async fn was_broken_off(&self, at: At<'_>) {
        // What was sent may still be in the destination's hands.
        at.sink.wait_until_alone().await;
        self.shared.book().note_death(at.name, at.sink.taken().len());
    }

    /// Waits until everything acknowledged so far is at a destination.
    ///
    /// # Panics
    /// If it is not within `patience`.
    pub async fn wait_until_all_is_at(&self, at: At<'_>, patience: Duration) {
        let ids: Vec<_> = self.shared.book().acknowledged().copied().collect();
        let came = tokio::time::timeout(patience, at.sink.wait_until_has(&ids)).await;
        let missing = at.sink.missing(&ids).len();
        assert!(came.is_ok(), "{missing} of {} are not at {} after {patience:?}", ids.len(), at.name);
    }

    /// Judges what became of everything acknowledged, and that a fresh event still flows.
    ///
    /// # Panics
    /// With everything that is wrong.
    pub async fn judge(&mut self, collector: Addresses, destinations: &[At<'_>]) {
        self.judge_copies(collector, destinations).await;
        self.send_of_page(collector, 1).await;
        self.judge_copies(collector, destinations).await;
    }

    async fn judge_copies(&self, collector: Addresses, destinations: &[At<'_>]) {
        let ledger = Ledger::settled(collector, PATIENCE).await;
        ledger.assert_balances();
        for at in destinations {
            let mut wrong: Vec<_> = self.missing(*at, &ledger).into_iter().collect();
            wrong.extend(self.surplus(*at));
            wrong.extend(self.changed_or_invented(*at));
            at.sink.assert_nothing_odd();
            assert!(wrong.is_empty(), "at {}:\n{}", at.name, wrong.join("\n"));
        }
    }

    /// Acknowledged, not here, and not named.
    fn missing(&self, at: At<'_>, ledger: &Ledger) -> Option<String> {
        let book = self.shared.book();
        let missing = at.sink.missing(book.acknowledged());
        let named = usize::try_from(ledger.named(at.name)).expect("a test makes few events");
        // A collector that was killed has taken its counts with it; one that was not has named just these.
        let fine = if book.was_restarted() { missing.len() <= named } else { missing.len() == named };
        let acknowledged = book.acknowledged().count();
        (!fine).then(|| {
            format!("of {acknowledged} acknowledged, {} are missing, but {named} are named", missing.len())
        })
    }

    /// More copies than can have been on their way.
    fn surplus(&self, at: At<'_>) -> Option<String> {
        let book = self.shared.book();
        let allowed =
            book.copies_allowed(at.name, &at.sink.taken(), self.shared.in_flight()) + at.sink.unsaid();
        let copies = at.sink.duplicates();
        println!("{}: {copies} copies, {allowed} could be", at.name);
        (copies > allowed)
            .then(|| format!("{copies} extra copies, and only {allowed} can have been in flight"))
    }

    fn changed_or_invented(&self, at: At<'_>) -> Vec<String> {
        let book = self.shared.book();
        let judge = |received| {
            let received: &crate::received::Received = received;
            match book.expected(&received.span.span_id) {
                Some(expected) => {
                    let mut wrong = expected.differences(received);
                    wrong.extend(inferred::mistakes(&book, expected, received));
                    wrong
                }
                None => vec![format!("nobody sent span {}", received.span_id())],
            }
        };
        at.sink.spans().iter().flat_map(judge).collect()
    }
}
