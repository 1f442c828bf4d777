//! Which event numbers of which page are taken: the reason why a retry counts once.
//!
//! Pages in use are kept in memory, all of a week in a store on disk. The store is a cursor over the spool: it learns
//! of claims after their records are durable, and what it has not learned is read again from the segments.

mod bodies;
mod keeper;
mod open;
mod store;
mod taken;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

pub(super) use self::{
    bodies::Bodies,
    keeper::Keeper,
    open::GivenOpen,
    store::{Store, StoreError},
};

use self::taken::{Taken, day};
use super::{Missing, PageTag, erased::Erasure, intervals::Intervals, record::Held};
use crate::{
    config,
    ledger::{Ledger, Owner},
};

/// A page of a key.
pub(super) type Page = (Owner, [u8; 16]);

/// Numbers taken, per key and page. Owned by the writer alone.
pub(super) struct Claims {
    pages: HashMap<Page, Taken>,
    /// Pages by when they were last used, oldest first.
    by_use: BTreeMap<u64, Page>,
    /// Pages that the store does not know as they are.
    changed: Vec<Page>,
    /// Erasures that it does not know.
    erased: Vec<Erasure>,
    uses: u64,
    /// Intervals of all pages together.
    pieces: usize,
    most_pages: usize,
    most_pieces: usize,
    forgotten: u64,
    window_ms: u64,
    /// Days that a page with something open is remembered longer, so that its end is not missed.
    more_days: u32,
    store: Arc<Store>,
    missing: Arc<Missing>,
}

/// What a batch wants.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Numbers of its events.
    pub(super) numbers: &'a Intervals,
    /// Numbers of what it says is open.
    pub(super) open: &'a Intervals,
    /// How many numbers will never come, because the SDK was told to withhold their events.
    pub(super) withheld: u64,
}

/// What it was given of that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// Numbers that nobody has taken.
    pub(super) numbers: Intervals,
    pub(super) open: GivenOpen,
    /// Of a batch that was not here before.
    pub(super) withheld: u64,
}

const DAY: Duration = Duration::from_secs(86_400);

/// Intervals remembered of one page: the gaps of a batch as the SDK seals them, if every other event is missing.
/// Retries are of the latest.
const MAX_PIECES: usize = 256;

impl Claims {
    pub(super) fn new(settings: &config::Spool, waits: Duration, store: &Arc<Store>) -> Self {
        let beyond = (waits + DAY).saturating_sub(settings.dedupe_window).as_secs().div_ceil(DAY.as_secs());
        Self {
            pages: HashMap::new(),
            by_use: BTreeMap::new(),
            changed: Vec::new(),
            erased: Vec::new(),
            uses: 0,
            pieces: 0,
            most_pages: settings.pages,
            most_pieces: settings.pieces,
            forgotten: 0,
            window_ms: u64::try_from(settings.dedupe_window.as_millis()).unwrap_or(u64::MAX),
            more_days: u32::try_from(beyond).unwrap_or(u32::MAX),
            store: Arc::clone(store),
            missing: Arc::default(),
        }
    }

    /// What is missing of pages, as it is and will be.
    pub(super) fn missing(&self) -> Arc<Missing> {
        Arc::clone(&self.missing)
    }

    /// Takes what of `wanted` nobody has taken, and says what that is.
    pub(super) fn take(&mut self, owner: &Owner, page: [u8; 16], wanted: Wanted<'_>, at_ms: u64) -> Given {
        let kept_as_of = day(at_ms).saturating_add(self.more_days);
        self.change(owner, page, at_ms, |taken| {
            let before = taken.day;
            let numbers = taken.take(wanted.numbers, at_ms);
            let open = taken.take_open(wanted.open, &numbers, kept_as_of);
            let is_new = !numbers.is_empty() || wanted.numbers.is_empty();
            let withheld = if is_new { wanted.withheld } else { 0 };
            taken.withheld = taken.withheld.saturating_add(withheld);
            // A page that only says that something is open is to be remembered as long as one that ends things.
            let has_changed = !numbers.is_empty() || (open.any && before != taken.day);
            let has_changed = has_changed || !open.first.is_empty() || withheld > 0;
            (Given { numbers, open, withheld }, has_changed)
        })
    }

    /// Gives up `number`, which is open. Not if it has ended or was given up already: then it says so.
    pub(super) fn close(&mut self, owner: &Owner, page: [u8; 16], number: u64, at_ms: u64) -> bool {
        self.change(owner, page, at_ms, |taken| {
            let may = taken.close(number, at_ms);
            (may, may)
        })
    }

    /// Something of a page still waits: what is missing of it is of interest.
    pub(super) fn recalls(&mut self, owner: &Owner, page: [u8; 16], at_ms: u64) {
        self.change(owner, page, at_ms, |_| ((), false));
    }

    /// A session was erased, in a record that is durable.
    pub(super) fn erase(&mut self, erasure: Erasure) {
        self.erased.push(erasure);
    }

    /// Changes what is known of a page. `change` says whether it has.
    fn change<T>(
        &mut self,
        owner: &Owner,
        page: [u8; 16],
        at_ms: u64,
        change: impl FnOnce(&mut Taken) -> (T, bool),
    ) -> T {
        let key = (owner.clone(), page);
        let known = self.pages.remove(&key).inspect(|taken| {
            self.pieces -= taken.pieces();
            self.by_use.remove(&taken.used);
        });
        // What the store has forgotten meanwhile is forgotten here too.
        let oldest = day(at_ms.saturating_sub(self.window_ms));
        let known = known.filter(|taken| taken.changed || taken.day >= oldest);
        let mut taken = known.unwrap_or_else(|| self.recall(&key));
        let (given, has_changed) = change(&mut taken);
        self.forgotten += taken.forget(MAX_PIECES.min(self.most_pieces));
        tell(&self.missing, &key, &mut taken);
        self.pieces += taken.pieces();
        self.uses += 1;
        taken.used = self.uses;
        self.by_use.insert(self.uses, key.clone());
        if has_changed && !taken.changed {
            taken.changed = true;
            self.changed.push(key.clone());
        }
        self.pages.insert(key, taken);
        given
    }

    /// Undoes [`Self::take`]: what it gave did not become durable.
    pub(super) fn give_back(&mut self, owner: &Owner, page: [u8; 16], given: &Given) {
        self.undo(owner, page, |taken| taken.give_back(given));
    }

    /// Undoes [`Self::close`].
    pub(super) fn reopen(&mut self, owner: &Owner, page: [u8; 16], number: u64) {
        self.undo(owner, page, |taken| taken.reopen(number));
    }

    fn undo(&mut self, owner: &Owner, page: [u8; 16], undo: impl FnOnce(&mut Taken)) {
        let key = (owner.clone(), page);
        if let Some(taken) = self.pages.get_mut(&key) {
            self.pieces -= taken.pieces();
            undo(taken);
            tell(&self.missing, &key, taken);
            self.pieces += taken.pieces();
        }
    }

    /// Everything in the spool up to what the newest segment `held` is durable: so may be its claims.
    pub(super) fn commit(&mut self, held: &Held, ledger: &Ledger) -> Result<(), StoreError> {
        let mut changes = Vec::with_capacity(self.changed.len());
        for page in &self.changed {
            if let Some(taken) = self.pages.get(page) {
                changes.push((page, taken));
            }
        }
        self.store.commit(held, &changes, &self.erased, ledger)?;
        self.erased.clear();
        for page in std::mem::take(&mut self.changed) {
            if let Some(taken) = self.pages.get_mut(&page) {
                taken.is_stored();
            }
        }
        self.make_room();
        Ok(())
    }

    /// Whether so much is not stored yet that it should be.
    pub(super) fn is_behind(&self) -> bool {
        self.changed.len() + self.erased.len() >= self.most_pages.min(10_000)
    }

    /// Event numbers that were forgotten to stay within bounds.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// What the store knows of a page. Where it cannot be read, duplicates may be accepted; that is counted.
    fn recall(&mut self, page: &Page) -> Taken {
        self.store.get(page).unwrap_or_else(|error| {
            tracing::error!(%error, "claims cannot be read: what comes again is accepted again");
            self.forgotten += 1;
            Taken::default()
        })
    }

    fn make_room(&mut self) {
        while self.pages.len() > self.most_pages || self.pieces > self.most_pieces {
            let Some((_, page)) = self.by_use.pop_first() else { return };
            let Some(taken) = self.pages.remove(&page) else { continue };
            self.pieces -= taken.pieces();
            if taken.has_gaps {
                self.missing.set(PageTag::of(&page), Intervals::default());
            }
        }
    }
}

/// Tells what is missing of a page. Most pages have never lacked anything.
fn tell(missing: &Missing, page: &Page, taken: &mut Taken) {
    if taken.has_gaps || taken.numbers.pieces() > 1 || taken.low > Some(0) {
        let gaps = taken.gaps();
        taken.has_gaps = !gaps.is_empty();
        missing.set(PageTag::of(page), gaps);
    }
}

#[cfg(test)]
mod tests;
