//! Who goes on and on although he is refused: an address, with one key. For a while nothing new of his is looked at. Pages of
//! his that were here before go on, and whoever owns the key sees why, and may lift it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    super::{address::Address, bucket::was_here},
    recent::Recent,
};
use crate::{clock::Clock, outcome::Outcome, reject::Reject};

/// Addresses that were refused of late, by the key that they used.
pub(super) struct Blocks {
    /// So many refusals in a minute are too many. 0: there is no such number.
    most: u32,
    clock: Clock,
    known: Recent<Offender, Arc<Mutex<Offences>>>,
    made: AtomicU64,
}

/// An address and the name of the key it used. `None`: there is no such key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Offender(Address, Option<Arc<str>>);

#[derive(Default)]
struct Offences {
    /// When the minute began in which they are counted.
    since: Duration,
    refused: u32,
    by: BTreeMap<Outcome, u32>,
    block: Option<Block>,
    /// Blocks one after the other: each is longer than the one before.
    times: usize,
    /// Somebody has lifted one: until then there is no other.
    spared_until: Duration,
}

/// One that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    number: u64,
    /// What most of the refusals were.
    why: Outcome,
    refused: u32,
    since: Duration,
    until: Duration,
    since_ms: u64,
    turned_away: u64,
}

/// A block as whoever runs the collector sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Blocked {
    pub(crate) number: u64,
    /// Of IPv6 the network of 64 bits.
    pub(crate) address: String,
    /// `None`: it used keys that there are not.
    pub(crate) key: Option<Arc<str>>,
    /// Name of what most of the refusals were.
    pub(crate) reason: &'static str,
    /// How often it was refused in one minute.
    pub(crate) refused: u32,
    pub(crate) since_ms: u64,
    pub(crate) until_ms: u64,
    /// Requests since.
    pub(crate) turned_away: u64,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The first, the second within a day, and so on.
const LENGTHS: [Duration; 4] = [Duration::from_secs(600), HOUR, Duration::from_secs(6 * 3600), DAY];

impl Blocks {
    pub(super) fn new(most: u32, clock: &Clock) -> Self {
        Self { most, clock: clock.clone(), known: Recent::default(), made: AtomicU64::new(0) }
    }

    /// Before the body is read. `has_pages`: some behind this address were here before, and may be let through.
    pub(super) fn may_come(
        &self,
        address: Address,
        key: Option<&Arc<str>>,
        has_pages: bool,
    ) -> Result<(), Reject> {
        self.unless_blocked(address, key, |_| has_pages)
    }

    /// Once it is known which page it is, and since when that is here.
    pub(super) fn may_send(
        &self,
        address: Address,
        key: &Arc<str>,
        page_since: Option<Duration>,
    ) -> Result<(), Reject> {
        self.unless_blocked(address, Some(key), |block| was_here(page_since, block.since))
    }

    fn unless_blocked(
        &self,
        address: Address,
        key: Option<&Arc<str>>,
        is_let_through: impl FnOnce(&Block) -> bool,
    ) -> Result<(), Reject> {
        let offences = self.known.with(&Offender(address, key.cloned()), |known| Arc::clone(known));
        let Some(offences) = offences else { return Ok(()) };
        let now = self.clock.monotonic();
        match &mut lock(&offences).block {
            Some(block) if now < block.until && !is_let_through(block) => {
                block.turned_away = block.turned_away.saturating_add(1);
                Err(Reject::Blocked { number: block.number, why: block.why, wait: block.until - now })
            }
            _ => Ok(()),
        }
    }

    /// It was refused: once too often, perhaps.
    pub(super) fn refused(&self, address: Address, key: Option<&Arc<str>>, reject: &Reject) {
        let weight = reject.blame();
        if self.most == 0 || weight == 0 {
            return;
        }
        let now = self.clock.monotonic();
        let offences = self.known.get_or_put(Offender(address, key.cloned()), Arc::default);
        let mut offences = lock(&offences);
        if now.saturating_sub(offences.since) >= MINUTE {
            (offences.since, offences.refused) = (now, 0);
            offences.by.clear();
        }
        offences.refused = offences.refused.saturating_add(weight);
        *offences.by.entry(reject.outcome()).or_default() += weight;
        if offences.refused >= self.most && now >= offences.spared_until {
            self.block(&mut offences, key, now);
        }
    }

    fn block(&self, offences: &mut Offences, key: Option<&Arc<str>>, now: Duration) {
        let before = offences.block.take();
        if before.as_ref().is_none_or(|block| now >= block.until.saturating_add(DAY)) {
            offences.times = 0;
        }
        let lasts = LENGTHS.get(offences.times).copied().unwrap_or(DAY);
        let most = offences.by.iter().max_by_key(|(_, count)| **count);
        let why = most.map_or(Outcome::AddressLimited, |(why, _)| *why);
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(
            number,
            key = key.map_or("unknown", |key| key),
            reason = why.name(),
            minutes = lasts.as_secs() / 60,
            "an address is blocked for what is new there: `weft blocks` shows it, and lifts it"
        );
        offences.block = Some(Block {
            number,
            why,
            refused: offences.refused,
            since: now,
            until: now + lasts,
            since_ms: self.clock.wall_ms(),
            turned_away: 0,
        });
        offences.times += 1;
        offences.refused = 0;
        offences.by.clear();
    }

    /// Those that hold, the last one first.
    pub(super) fn all(&self) -> Vec<Blocked> {
        let now = self.clock.monotonic();
        let known: Vec<_> =
            self.known.all().iter().map(|(who, known)| (who.clone(), Arc::clone(known))).collect();
        let mut all: Vec<_> = known
            .into_iter()
            .filter_map(|(who, offences)| {
                let block = lock(&offences).block.clone().filter(|block| now < block.until)?;
                Some(block.shown(&who))
            })
            .collect();
        all.sort_unstable_by_key(|block| std::cmp::Reverse(block.number));
        all
    }

    /// It holds no longer, and for a day there is no other for the same. Whether there was one.
    pub(super) fn lift(&self, number: u64) -> bool {
        let now = self.clock.monotonic();
        let known: Vec<_> = self.known.all().values().map(Arc::clone).collect();
        known.into_iter().any(|offences| {
            let mut offences = lock(&offences);
            let is_it =
                offences.block.as_ref().is_some_and(|block| block.number == number && now < block.until);
            if is_it {
                (offences.block, offences.times, offences.spared_until) = (None, 0, now + DAY);
            }
            is_it
        })
    }
}

impl Block {
    fn shown(&self, Offender(address, key): &Offender) -> Blocked {
        let lasts = u64::try_from((self.until - self.since).as_millis()).unwrap_or(u64::MAX);
        Blocked {
            number: self.number,
            address: address.to_string(),
            key: key.clone(),
            reason: self.why.name(),
            refused: self.refused,
            since_ms: self.since_ms,
            until_ms: self.since_ms.saturating_add(lasts),
            turned_away: self.turned_away,
        }
    }
}

fn lock(offences: &Mutex<Offences>) -> MutexGuard<'_, Offences> {
    offences.lock().unwrap_or_else(PoisonError::into_inner)
}
