//! Events on their way through the stages, as a guard: a stage passes them on or decides; forgetting is counted.

use std::sync::Arc;

use super::{Ledger, Made, Owner, Remarks};
use crate::{config::Key, outcome::Outcome};

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// Somebody sent them.
    Sender,
    /// They were counted when they came, and have waited since.
    Waiting,
    /// Nobody sent them: they count once they are durable, and not before.
    Here(Made),
}

/// Events that were received and not decided yet.
#[derive(Debug)]
#[must_use = "dropping it undecided is counted as a defect"]
pub struct Carried {
    ledger: Ledger,
    owner: Owner,
    undecided: u64,
    from: From,
}

impl Carried {
    /// Counts `events` of `key` as received.
    pub fn receive(ledger: &Ledger, key: &Key, events: u64) -> Self {
        let owner = Owner { key: Arc::clone(&key.name), application: Arc::clone(&key.application) };
        ledger.receive(&owner, events);
        Self { ledger: ledger.clone(), owner, undecided: events, from: From::Sender }
    }

    /// Events that were accepted before and have waited: neither received nor accepted again.
    pub(crate) fn again(ledger: &Ledger, owner: Owner, events: u64) -> Self {
        Self { ledger: ledger.clone(), owner, undecided: events, from: From::Waiting }
    }

    /// An event that the collector makes.
    pub(crate) fn made(ledger: &Ledger, owner: Owner, made: Made) -> Self {
        Self { ledger: ledger.clone(), owner, undecided: 1, from: From::Here(made) }
    }

    /// Whose they are.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// How many are undecided.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.undecided
    }

    /// `events` of them are durable.
    pub fn accept(&mut self, events: u64, remarks: &Remarks) {
        let events = self.take(events);
        match self.from {
            From::Sender => self.ledger.accept(&self.owner, events, remarks),
            From::Here(made) if events > 0 => self.ledger.make(&self.owner, made, events),
            From::Here(_) | From::Waiting => {}
        }
    }

    /// `events` of them are refused.
    pub fn refuse(&mut self, outcome: Outcome, events: u64) {
        let events = self.take(events);
        if events > 0 && self.from == From::Sender {
            self.ledger.refuse(&self.owner, outcome, events);
        }
    }

    /// All that are left are refused.
    pub fn refuse_rest(mut self, outcome: Outcome) {
        self.refuse(outcome, self.undecided);
    }

    fn take(&mut self, events: u64) -> u64 {
        debug_assert!(events <= self.undecided, "more decided than carried");
        let events = events.min(self.undecided);
        self.undecided -= events;
        events
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        // What has waited is in the spool, whatever becomes of this; and what was made here nobody knows of.
        if self.undecided == 0 || self.from != From::Sender {
            return;
        }
        let events = self.undecided;
        self.refuse(Outcome::Undecided, events);
        tracing::error!(key = %self.owner.key, events, "events were let go of without a decision");
        debug_assert!(std::thread::panicking(), "{events} events were let go of without a decision");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn carry(events: u64) -> (Ledger, Carried) {
        let config = Config::from_toml(crate::config::TEN_LINES).unwrap();
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let key = config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        let carried = Carried::receive(&ledger, key, events);
        (ledger, carried)
    }

    #[test]
    fn a_decided_batch_balances_and_shows_as_pending_at_its_destination() {
        let (ledger, mut carried) = carry(3);
        carried.accept(2, &Remarks::default());
        carried.refuse_rest(Outcome::Duplicate);
        let page = &ledger.snapshot().keys["shop-web"];
        assert!(page.balances());
        assert_eq!((page.received, page.accepted, page.refused[&Outcome::Duplicate]), (3, 2, 1));
        assert_eq!(page.destinations["main"].pending, 2);
    }

    #[test]
    fn forgetting_a_batch_is_loud_in_debug_builds_and_counted_in_all() {
        let (ledger, carried) = carry(5);
        let forgot = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(carried)));
        assert_eq!(forgot.is_err(), cfg!(debug_assertions));
        let page = &ledger.snapshot().keys["shop-web"];
        assert_eq!(page.refused[&Outcome::Undecided], 5);
        assert!(page.balances());
    }
}
