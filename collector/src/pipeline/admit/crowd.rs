//! Everybody who sends, from narrow to wide: the address, the page, the key, and all together. What is refused takes nothing
//! of what is wider.

mod blocks;
mod neighbours;
mod recent;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

pub(crate) use self::blocks::Blocked;
use self::{blocks::Blocks, neighbours::Neighbours, recent::Recent};
use super::{
    address::Address,
    bucket::{Bucket, Plain, was_here},
};
use crate::{
    clock::{Clock, DAY_MS},
    config::Rates,
    reject::{Limit, Reject},
};

/// What is known of who sends.
pub(crate) struct Crowd {
    rates: Rates,
    clock: Clock,
    addresses: Recent<Address, Arc<Neighbours>>,
    /// Pages that have been here for long: no flood of new ones makes these forgotten.
    pages: Recent<PageId, Known>,
    newcomers: Recent<PageId, Known>,
    all: Bucket,
    blocks: Blocks,
    /// What the page that has sent most this day has sent; above that the day, so that a new one begins with nothing.
    most_sent: AtomicU64,
}

/// Bits of a page's bytes: its bound has 40.
const DAY_AT: u32 = 48;

/// Who sends something.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) address: Option<Address>,
    /// Name of the key it uses.
    pub(crate) key: Arc<str>,
    /// Nothing that is no batch is of a page.
    pub(crate) page: Option<PageId>,
    pub(crate) bytes: usize,
}

/// A page of a key, as this is told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageId(u128);

/// A page that was admitted before.
#[derive(Clone)]
struct Known {
    since: Duration,
    limiter: Arc<Plain>,
    day: u64,
    bytes: u64,
}

impl Crowd {
    pub(crate) fn new(rates: Rates, clock: &Clock) -> Self {
        Self {
            rates,
            clock: clock.clone(),
            addresses: Recent::default(),
            pages: Recent::default(),
            newcomers: Recent::default(),
            all: Bucket::new(rates.all, clock),
            blocks: Blocks::new(rates.block_after, clock),
            most_sent: AtomicU64::new(0),
        }
    }

    pub(crate) fn rates(&self) -> Rates {
        self.rates
    }

    /// Bytes of the page that has sent most today.
    pub(crate) fn most_sent(&self) -> u64 {
        let most = self.most_sent.load(Relaxed);
        if most >> DAY_AT == self.day() { most & ((1 << DAY_AT) - 1) } else { 0 }
    }

    /// Requests of everybody that are spent, and may be at once.
    pub(crate) fn spent(&self) -> (u32, u32) {
        self.all.spent()
    }

    /// Before anything else is looked at: whether an address is not blocked for the key it uses, and has anything left.
    pub(crate) fn may_come(&self, address: Option<Address>, key: Option<&Arc<str>>) -> Result<(), Reject> {
        let Some(address) = address else { return Ok(()) };
        let neighbours = self.neighbours(address);
        self.blocks.may_come(address, key, neighbours.have_pages())?;
        has_some(&neighbours.bucket, Limit::Address)
    }

    /// It was refused, and may be blocked for it.
    pub(crate) fn refused(&self, address: Option<Address>, key: Option<&Arc<str>>, reject: &Reject) {
        address.into_iter().for_each(|address| self.blocks.refused(address, key, reject));
    }

    /// Whom nothing new is taken of at present.
    pub(crate) fn blocked(&self) -> Vec<Blocked> {
        self.blocks.all()
    }

    /// Whether there was such a block.
    pub(crate) fn lift(&self, number: u64) -> bool {
        self.blocks.lift(number)
    }

    /// Before the body is read: whether it could be admitted at all.
    pub(crate) fn could_spend(&self, key: &Bucket) -> Result<(), Reject> {
        has_some(key, Limit::Key)?;
        has_some(&self.all, Limit::All)
    }

    /// It was refused before it was known what it is: it costs its address all the same; and its key, but not what that
    /// keeps for pages that are here.
    pub(crate) fn charge(&self, address: Option<Address>, key: Option<&Bucket>) {
        address.into_iter().for_each(|address| self.neighbours(address).bucket.waste());
        // What is not there cannot be taken.
        let _ = key.map(|key| key.spend(None));
    }

    /// Takes a request of a page. How long the page should pause.
    pub(crate) fn spend(&self, who: &Who, key: &Bucket) -> Result<Duration, Reject> {
        let now = self.clock.monotonic();
        let since = who.page.and_then(|page| self.known(page, now));
        let mut pause = Duration::ZERO;
        if let Some(address) = who.address {
            let neighbours = self.neighbours(address);
            self.blocks.may_send(address, &who.key, since)?;
            pause = neighbours.bucket.spend(since).map_err(|wait| limited(Limit::Address, wait))?;
            if since.is_none() && who.page.is_some() {
                neighbours.new_pages.spend(now).map_err(|wait| limited(Limit::NewPages, wait))?;
            }
            if was_here(since, now) {
                neighbours.have_a_page();
            }
        }
        if let Some(page) = who.page {
            self.spend_page(page, now)?;
        }
        pause = pause.max(key.spend(since).map_err(|wait| limited(Limit::Key, wait))?);
        pause = pause.max(self.all.spend(since).map_err(|wait| limited(Limit::All, wait))?);
        who.page.into_iter().for_each(|page| self.has_sent(page, who.bytes as u64, now));
        Ok(pause)
    }

    /// Takes a request of a server, of which the operator knows.
    pub(crate) fn spend_server(&self, key: &Bucket) -> Result<(), Reject> {
        let since = Some(Duration::ZERO);
        key.spend(since).map_err(|wait| limited(Limit::Key, wait))?;
        self.all.spend(since).map_err(|wait| limited(Limit::All, wait))?;
        Ok(())
    }

    /// An address has tried a key that there is not, or that is not for this door. After many it is told nothing more.
    pub(crate) fn has_failed(&self, address: Option<Address>) -> Result<(), Reject> {
        let Some(address) = address else { return Ok(()) };
        self.blocks.may_come(address, None, false)?;
        let failed = self.neighbours(address).have_failed(self.clock.monotonic());
        failed.map_err(|wait| limited(Limit::WrongKeys, wait))
    }

    /// A secret key is right. Whether that may be said: not to an address that has guessed, unless it knew the key before.
    pub(crate) fn has_succeeded(&self, address: Option<Address>, key: &Arc<str>) -> Result<(), Reject> {
        let Some(address) = address else { return Ok(()) };
        let succeeded = self.neighbours(address).have_succeeded(key, self.clock.monotonic());
        succeeded.map_err(|wait| limited(Limit::WrongKeys, wait))
    }

    /// Since when a page is known. One that has been here for long is no newcomer any more.
    fn known(&self, page: PageId, now: Duration) -> Option<Duration> {
        if let Some(since) = self.pages.with(&page, |known| known.since) {
            return Some(since);
        }
        let known = self.newcomers.with(&page, |known| known.clone())?;
        let since = known.since;
        if was_here(Some(since), now) {
            self.newcomers.all().remove(&page);
            self.pages.put(page, known);
        }
        Some(since)
    }

    fn spend_page(&self, page: PageId, now: Duration) -> Result<(), Reject> {
        let (day, most) = (self.day(), self.rates.page_bytes_a_day);
        let Some(known) = self.of(page, |known| known.clone()) else { return Ok(()) };
        if known.day == day && known.bytes >= most {
            return Err(limited(Limit::PageBytes, self.until_tomorrow()));
        }
        known.limiter.spend(now).map_err(|wait| limited(Limit::Page, wait))
    }

    fn has_sent(&self, page: PageId, bytes: u64, now: Duration) {
        let day = self.day();
        let sent = self.of(page, |known| {
            known.bytes = if known.day == day { known.bytes + bytes } else { bytes };
            known.day = day;
            known.bytes
        });
        self.most_sent.fetch_max(day << DAY_AT | sent.unwrap_or(bytes), Relaxed);
        if sent.is_none() {
            let limiter = Arc::new(Plain::new(self.rates.page, &self.clock));
            self.newcomers.put(page, Known { since: now, limiter, day, bytes });
        }
    }

    fn of<T>(&self, page: PageId, then: impl Fn(&mut Known) -> T) -> Option<T> {
        self.pages.with(&page, &then).or_else(|| self.newcomers.with(&page, &then))
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

    /// Addresses, pages and newcomers that are remembered.
    #[cfg(test)]
    fn sizes(&self) -> [usize; 3] {
        [self.addresses.all().len(), self.pages.all().len(), self.newcomers.all().len()]
    }
}

fn has_some(bucket: &Bucket, by: Limit) -> Result<(), Reject> {
    bucket.is_empty().map_or(Ok(()), |wait| Err(limited(by, wait)))
}

impl PageId {
    /// A page by the seed of its batches, or by its token, in a key of this name.
    pub(crate) fn of(key: &str, it: &[u8]) -> Self {
        Self(xxh3_128_with_seed(it, xxh3_64(key.as_bytes())))
    }
}

/// Clients that are all told the same come back together.
const SPREAD: Duration = Duration::from_secs(4);

fn limited(by: Limit, wait: Duration) -> Reject {
    let spread = wait.max(SPREAD).as_millis().min(60_000) as u64;
    Reject::Limited { by, wait: wait + Duration::from_millis(fastrand::u64(0..spread)) }
}

#[cfg(test)]
mod tests;
