//! Everybody who sends, from narrow to wide: the address, the page, the key, and all together. What is refused takes nothing
//! of what is wider.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hashlink::LinkedHashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::{
    address::Address,
    bucket::{Bucket, Left, Plain},
};
use crate::{
    clock::Clock,
    config::{Rate, Rates},
    reject::{Limit, Reject},
};

/// What is known of who sends.
pub(crate) struct Crowd {
    rates: Rates,
    clock: Clock,
    addresses: Recent<Address, Arc<Neighbours>>,
    pages: Recent<PageId, Known>,
    all: Bucket,
}

/// Who sends something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    pub(crate) address: Option<Address>,
    /// Nothing that is no batch is of a page.
    pub(crate) page: Option<PageId>,
    pub(crate) bytes: usize,
}

/// A page of a key, as this is told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageId(u128);

/// All behind one address.
struct Neighbours {
    bucket: Bucket,
    new_pages: Plain,
    failures: Plain,
    /// Whoever tries keys waits until then.
    barred_until: Mutex<Duration>,
}

/// A page that was admitted before.
struct Known {
    since: Duration,
    limiter: Arc<Plain>,
    day: u64,
    bytes: u64,
}

/// Addresses, and pages, that are remembered: 30 MB. Who was not heard of for longest is forgotten first, and begins anew.
pub(super) const MOST: usize = 65_536;

/// Wrong keys of one address: a typing mistake takes few, and guessing many.
const FAILURES: Rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(30).unwrap() };

/// How long whoever has used these up is turned away.
const BARRED: Duration = Duration::from_secs(60);

const DAY_MS: u64 = 86_400_000;

impl Crowd {
    pub(crate) fn new(rates: Rates, clock: &Clock) -> Self {
        let (addresses, pages) = (Recent::default(), Recent::default());
        Self { rates, clock: clock.clone(), addresses, pages, all: Bucket::new(rates.all, clock) }
    }

    pub(crate) fn rates(&self) -> Rates {
        self.rates
    }

    /// Before the body is read: whether it could be admitted at all.
    pub(crate) fn could_spend(&self, address: Option<Address>, key: &Bucket) -> Result<(), Reject> {
        let neighbours = address.map(|address| self.neighbours(address));
        let empty = |bucket: &Bucket, by| bucket.is_empty().map_or(Ok(()), |wait| Err(limited(by, wait)));
        neighbours.map_or(Ok(()), |neighbours| empty(&neighbours.bucket, Limit::Address))?;
        empty(key, Limit::Key)?;
        empty(&self.all, Limit::All)
    }

    /// Takes a request of a page. What is left where least is.
    pub(crate) fn spend(&self, who: &Who, key: &Bucket) -> Result<Left, Reject> {
        let now = self.clock.monotonic();
        let since = who.page.and_then(|page| self.pages.with(&page, |known| known.since));
        let mut least = Left(100);
        if let Some(address) = who.address {
            let neighbours = self.neighbours(address);
            least = neighbours.bucket.spend(since).map_err(|wait| limited(Limit::Address, wait))?;
            if since.is_none() {
                neighbours.new_pages.spend(now).map_err(|wait| limited(Limit::NewPages, wait))?;
            }
        }
        if let Some(page) = who.page {
            self.spend_page(page, who.bytes as u64, now)?;
        }
        least = least.min(key.spend(since).map_err(|wait| limited(Limit::Key, wait))?);
        least = least.min(self.all.spend(since).map_err(|wait| limited(Limit::All, wait))?);
        if let Some(page) = who.page.filter(|_| since.is_none()) {
            let limiter = Arc::new(Plain::new(self.rates.page, &self.clock));
            let known = Known { since: now, limiter, day: self.day(), bytes: who.bytes as u64 };
            self.pages.put(page, known);
        }
        Ok(least)
    }

    /// Takes a request of a server, of which the operator knows.
    pub(crate) fn spend_server(&self, key: &Bucket) -> Result<(), Reject> {
        let since = Some(Duration::ZERO);
        key.spend(since).map_err(|wait| limited(Limit::Key, wait))?;
        self.all.spend(since).map_err(|wait| limited(Limit::All, wait))?;
        Ok(())
    }

    /// Whether an address may try a key.
    pub(crate) fn may_try(&self, address: Option<Address>) -> Result<(), Reject> {
        let Some(until) = address.and_then(|address| self.addresses.with(&address, |it| *it.barred_until()))
        else {
            return Ok(());
        };
        match until.saturating_sub(self.clock.monotonic()) {
            Duration::ZERO => Ok(()),
            wait => Err(limited(Limit::WrongKeys, wait)),
        }
    }

    /// An address has tried a key that there is not.
    pub(crate) fn has_failed(&self, address: Option<Address>) {
        let Some(address) = address else { return };
        let (neighbours, now) = (self.neighbours(address), self.clock.monotonic());
        if neighbours.failures.spend(now).is_err() {
            *neighbours.barred_until() = now + BARRED;
        }
    }

    fn spend_page(&self, page: PageId, bytes: u64, now: Duration) -> Result<(), Reject> {
        let (day, most) = (self.day(), self.rates.page_bytes_a_day);
        let limiter = self.pages.with(&page, |known| {
            if known.day != day {
                (known.day, known.bytes) = (day, 0);
            }
            if known.bytes >= most {
                return Err(limited(Limit::PageBytes, self.until_tomorrow()));
            }
            known.bytes += bytes;
            Ok(Arc::clone(&known.limiter))
        });
        limiter
            .transpose()?
            .map_or(Ok(()), |limiter| limiter.spend(now).map_err(|wait| limited(Limit::Page, wait)))
    }

    fn neighbours(&self, address: Address) -> Arc<Neighbours> {
        self.addresses.get_or_put(address, || Arc::new(Neighbours::new(&self.rates, &self.clock)))
    }

    fn day(&self) -> u64 {
        self.clock.wall_ms() / DAY_MS
    }

    fn until_tomorrow(&self) -> Duration {
        Duration::from_millis(DAY_MS - self.clock.wall_ms() % DAY_MS)
    }

    /// Addresses and pages that are remembered.
    #[cfg(test)]
    fn sizes(&self) -> (usize, usize) {
        (self.addresses.all().len(), self.pages.all().len())
    }
}

impl PageId {
    /// The page that a batch says it is of, in a key of this name.
    pub(crate) fn of(key: &str, seed: &[u8; 16]) -> Self {
        Self(xxh3_128_with_seed(seed, xxh3_64(key.as_bytes())))
    }
}

impl Neighbours {
    fn new(rates: &Rates, clock: &Clock) -> Self {
        Self {
            bucket: Bucket::new(rates.address, clock),
            new_pages: Plain::new(rates.new_pages, clock),
            failures: Plain::new(FAILURES, clock),
            barred_until: Mutex::default(),
        }
    }

    fn barred_until(&self) -> MutexGuard<'_, Duration> {
        self.barred_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clients that are all told the same come back together.
const SPREAD: Duration = Duration::from_secs(4);

fn limited(by: Limit, wait: Duration) -> Reject {
    let spread = wait.max(SPREAD).as_millis().min(60_000) as u64;
    Reject::Limited { by, wait: wait + Duration::from_millis(fastrand::u64(0..spread)) }
}

/// What was used of late, at most [`MOST`].
struct Recent<K, V>(Mutex<LinkedHashMap<K, V>>);

impl<K: Hash + Eq, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::new(LinkedHashMap::new()))
    }
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// It is in use.
    fn with<T>(&self, key: &K, then: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.all().to_back(key).map(then)
    }

    fn put(&self, key: K, value: V) {
        let mut all = self.all();
        all.insert(key, value);
        if all.len() > MOST {
            all.pop_front();
        }
    }

    fn all(&self) -> MutexGuard<'_, LinkedHashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Copy, V: Clone> Recent<K, V> {
    fn get_or_put(&self, key: K, value: impl FnOnce() -> V) -> V {
        if let Some(known) = self.with(&key, |known| known.clone()) {
            return known;
        }
        let value = value();
        self.put(key, value.clone());
        value
    }
}

#[cfg(test)]
mod tests;
