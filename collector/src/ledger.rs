//! The count of every event's fate. Per key: received = accepted + refused + in_flight. Per key and destination:
//! recovered + accepted + made_here = delivered + rejected_by_destination + dropped + pending.
//!
//! No term is computed from the others, so a stage that forgets an event shows as an equation that fails.

mod carried;
mod gaps;
mod made;
mod tally;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use weft_sdk::verbs::VERBS;

pub use carried::Carried;
pub use gaps::Gaps;
pub use made::Made;
pub use tally::{Owner, Tally};

use crate::{config::Destinations, outcome::Outcome};

/// Counts, shared by all stages.
#[derive(Clone, Debug)]
pub struct Ledger {
    book: Arc<Mutex<Book>>,
}

/// One consistent state of the ledger.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Book {
    /// Where accepted events go.
    #[serde(skip)]
    destinations: Arc<Destinations>,
    /// By name of the key.
    pub keys: BTreeMap<Arc<str>, Page>,
    /// Bodies refused before their key was known.
    pub without_key: BTreeMap<Outcome, u64>,
}

/// The counts of one key. The unit is the event, but for `bodies_refused`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Page {
    /// Application of the key.
    pub application: Arc<str>,
    /// Events in bodies that could be decoded.
    pub received: u64,
    /// Events that became durable.
    pub accepted: u64,
    /// Events that did not.
    pub refused: BTreeMap<Outcome, u64>,
    /// Events received and not decided yet.
    pub in_flight: u64,
    /// Bodies that were refused unread or could not be read.
    pub bodies_refused: BTreeMap<Outcome, u64>,
    /// Attributes removed from accepted events: only the collector may set them, or they were said before.
    pub reserved_attributes_removed: u64,
    /// What the SDKs say they dropped, by their reasons.
    pub sdk_dropped: BTreeMap<String, u64>,
    /// What the policy had the SDKs leave out or merge, by verb.
    pub sdk_reduced: BTreeMap<&'static str, u64>,
    /// What the numbers of its pages' events show.
    pub gaps: Gaps,
    /// By name of the destination.
    pub destinations: BTreeMap<Arc<str>, Fates>,
}

/// What became of the accepted events of one key at one destination.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Fates {
    /// Found in the spool at start.
    pub recovered: u64,
    /// Accepted since start.
    pub accepted: u64,
    /// Events the collector itself made, by what they say.
    pub made_here: BTreeMap<Made, u64>,
    /// The destination has them.
    pub delivered: u64,
    /// The destination does not want them.
    pub rejected_by_destination: u64,
    /// Given up here.
    pub dropped: BTreeMap<Outcome, u64>,
    /// In the spool beyond the destination's cursor.
    pub pending: u64,
}

/// What accepting a batch tells beside the number of events.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    /// Attributes that will be removed.
    pub reserved_attributes: u64,
    /// What the SDK says it dropped.
    pub sdk_dropped: Vec<(String, u64)>,
}

/// What became of the events that a destination's cursor passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The destination has them.
    pub delivered: u64,
    /// The destination does not want them.
    pub rejected: u64,
    /// Given up: can no longer be decoded.
    pub undecodable: u64,
    /// Given up: of sessions that were erased.
    pub erased: u64,
    /// Events of the records the cursor passed.
    pub passed: u64,
}

/// Reasons an SDK may name before the rest is counted together: a client must not fill our memory with names.
const MAX_SDK_REASONS: usize = 64;

impl Ledger {
    /// Empty, for these destinations.
    #[must_use]
    pub fn new(destinations: Arc<Destinations>) -> Self {
        Self { book: Arc::new(Mutex::new(Book { destinations, ..Book::default() })) }
    }

    /// From now on accepted events go there.
    pub fn forward_to(&self, destinations: Arc<Destinations>) {
        self.book().destinations = destinations;
    }

    /// Every count, at one instant.
    #[must_use]
    pub fn snapshot(&self) -> Book {
        self.book().clone()
    }

    /// A body of `key` (`None`: unknown) was refused unread or could not be read.
    pub fn refuse_body(&self, key: Option<&crate::config::Key>, outcome: Outcome) {
        let mut book = self.book();
        let counts = match key {
            Some(key) => &mut book.page(&key.name, &key.application).bodies_refused,
            None => &mut book.without_key,
        };
        *counts.entry(outcome).or_default() += 1;
    }

    /// `events` found in the spool lie beyond the cursor of `destination`.
    pub fn recover(&self, owner: &Owner, destination: &Arc<str>, events: u64) {
        let mut book = self.book();
        let fates = book.fates(owner, destination);
        fates.recovered += events;
        fates.pending += events;
    }

    /// `destination` has decided of events of `owner`.
    pub fn settle(&self, owner: &Owner, destination: &Arc<str>, settled: Settled) {
        let mut book = self.book();
        let fates = book.fates(owner, destination);
        fates.delivered += settled.delivered;
        fates.rejected_by_destination += settled.rejected;
        let dropped = [(Outcome::Undecodable, settled.undecodable), (Outcome::Erased, settled.erased)];
        for (outcome, events) in dropped.into_iter().filter(|(_, events)| *events > 0) {
            *fates.dropped.entry(outcome).or_default() += events;
        }
        fates.pending = fates.pending.saturating_sub(settled.passed);
    }

    /// Events for `destination` are given up here.
    pub fn drop_pending(&self, destination: &Arc<str>, dropped: &Tally, outcome: Outcome) {
        let mut book = self.book();
        for (owner, events) in dropped.iter() {
            let fates = book.fates(owner, destination);
            *fates.dropped.entry(outcome).or_default() += events;
            fates.pending = fates.pending.saturating_sub(events);
        }
    }

    /// What is missing of the pages of `owner`, as it is now.
    pub fn miss(&self, owner: &Owner, gaps: Gaps) {
        self.book().page(&owner.key, &owner.application).gaps = gaps;
    }

    fn receive(&self, owner: &Owner, events: u64) {
        let mut book = self.book();
        let page = book.page(&owner.key, &owner.application);
        page.received += events;
        page.in_flight += events;
    }

    fn refuse(&self, owner: &Owner, outcome: Outcome, events: u64) {
        let mut book = self.book();
        let page = book.page(&owner.key, &owner.application);
        *page.refused.entry(outcome).or_default() += events;
        page.in_flight = page.in_flight.saturating_sub(events);
    }

    fn accept(&self, owner: &Owner, events: u64, remarks: &Remarks) {
        let mut book = self.book();
        let destinations = Arc::clone(&book.destinations);
        let page = book.page(&owner.key, &owner.application);
        page.accepted += events;
        page.in_flight = page.in_flight.saturating_sub(events);
        page.reserved_attributes_removed += remarks.reserved_attributes;
        for (reason, count) in &remarks.sdk_dropped {
            if let Some(verb) = verb_of(reason) {
                let total = page.sdk_reduced.entry(verb).or_default();
                *total = total.saturating_add(*count);
                continue;
            }
            let room = page.sdk_dropped.len() < MAX_SDK_REASONS || page.sdk_dropped.contains_key(reason);
            let reason = if room { reason.clone() } else { "other".to_owned() };
            let total = page.sdk_dropped.entry(reason).or_default();
            *total = total.saturating_add(*count);
        }
        for (destination, local) in destinations.taking(&owner.application) {
            let fates = page.destinations.entry(destination).or_default();
            fates.accepted += events;
            *if local { &mut fates.delivered } else { &mut fates.pending } += events;
        }
    }

    /// The collector itself has made `events` of a page of `owner`, and they are durable.
    pub(crate) fn make(&self, owner: &Owner, made: Made, events: u64) {
        let mut book = self.book();
        let destinations = Arc::clone(&book.destinations);
        let page = book.page(&owner.key, &owner.application);
        for (destination, local) in destinations.taking(&owner.application) {
            let fates = page.destinations.entry(destination).or_default();
            *fates.made_here.entry(made).or_default() += events;
            *if local { &mut fates.delivered } else { &mut fates.pending } += events;
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Counts are plain additions: a panic elsewhere cannot have left them half done.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn page(&mut self, key: &Arc<str>, application: &Arc<str>) -> &mut Page {
        self.keys
            .entry(Arc::clone(key))
            .or_insert_with(|| Page { application: Arc::clone(application), ..Page::default() })
    }

    fn fates(&mut self, owner: &Owner, destination: &Arc<str>) -> &mut Fates {
        let page = self.page(&owner.key, &owner.application);
        page.destinations.entry(Arc::clone(destination)).or_default()
    }
}

impl Page {
    /// Whether every event of this key is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        let refused: u64 = self.refused.values().sum();
        self.received == self.accepted + refused + self.in_flight
            && self.destinations.values().all(Fates::balance)
    }
}

impl Fates {
    fn balance(&self) -> bool {
        let dropped: u64 = self.dropped.values().sum();
        let made: u64 = self.made_here.values().sum();
        self.recovered + self.accepted + made
            == self.delivered + self.rejected_by_destination + dropped + self.pending
    }
}

/// The verb of a policy by which the SDK names a reason (WIRE.md, "Policies"). `None`: it is another reason.
fn verb_of(reason: &str) -> Option<&'static str> {
    let verb = reason.strip_prefix("policy_")?;
    VERBS.into_iter().skip(1).chain(["off"]).find(|known| *known == verb)
}
