//! What steps 4 to 6 share, and how what one step gives becomes what the next one takes.

mod answers;
mod decoding;
mod entries;
mod rehearsal;
mod skew;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::extract::Request;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

pub(super) use answers::{ack, erased, passed_on, taken, token};

use super::{
    admit::{self, Admitted, Blocked, Gate},
    decode::{DistinctValues, Full, PageDictionaries},
    link::{Rules, WaitingRoom},
    spool::{BodySeed, Entry, Spool},
};
use crate::{
    config::{Config, Distinct, Key, Limits},
    ledger::Ledger,
    memory::Memory,
    metrics::Meters,
    outcome::Outcome,
    reject::{Reject, Uncounted},
};

/// The ingest side of a collector.
pub(crate) struct Intake {
    pub(crate) path: String,
    pub(super) dictionaries: Arc<PageDictionaries>,
    distinct: DistinctValues,
    /// `None`: closed.
    spool: RwLock<Option<Spool>>,
    ledger: Ledger,
    limits: Limits,
    seed: BodySeed,
    changing: RwLock<Arc<Changing>>,
    memory: Arc<Memory>,
    waiting_room: Arc<WaitingRoom>,
    pub(crate) meters: Arc<Meters>,
    /// It is to go: whoever sends shall go elsewhere.
    draining: AtomicBool,
    /// Room for OTLP being decoded, in KiB of what it may inflate to.
    decoding: Arc<Semaphore>,
}

/// What it shares with the rest of a collector.
pub(crate) struct Parts {
    pub(crate) rules: Rules,
    pub(crate) spool: Spool,
    pub(crate) ledger: Ledger,
    pub(crate) memory: Arc<Memory>,
    pub(crate) waiting_room: Arc<WaitingRoom>,
    pub(crate) meters: Arc<Meters>,
}

/// How full what bounds keys is.
pub(crate) struct Fill {
    pub(crate) bounds: Distinct,
    /// What pages said today.
    pub(crate) distinct: Vec<Full>,
    /// Bytes of the page that has sent most today, and what one may send.
    pub(crate) most_sent: (u64, u64),
    /// By key: requests at once that are spent, and how many may be.
    pub(crate) spent: Vec<(Arc<str>, (u32, u32))>,
    /// The same, of all together.
    pub(crate) all_spent: (u32, u32),
}

/// What a reload may change.
struct Changing {
    gate: Gate,
    max_skew: Duration,
    distinct: Distinct,
    forwards_other: bool,
    rules: Rules,
    /// Whether beginnings of long spans are forwarded.
    announces: bool,
}

/// Requests of the largest size that are decoded at once. Each may take nine times its size for a moment.
const LARGEST_AT_ONCE: usize = 4;

impl Intake {
    pub(crate) fn new(config: &Config, gate: Gate, parts: Parts) -> Self {
        let Parts { rules, spool, ledger, memory, waiting_room, meters } = parts;
        let (path, limits) = (config.path.clone(), config.limits.clone());
        let decoding = Arc::new(Semaphore::new(LARGEST_AT_ONCE * kib(limits.otlp_body_bytes) as usize));
        let changing = RwLock::new(Arc::new(Changing::new(config, gate, rules)));
        let dictionaries = Arc::new(PageDictionaries::new(limits.page_dictionaries_bytes, &meters));
        let seed = spool.seed();
        let spool = RwLock::new(Some(spool));
        Self {
            path,
            dictionaries,
            distinct: DistinctValues::new(),
            spool,
            ledger,
            limits,
            seed,
            changing,
            draining: AtomicBool::new(false),
            memory,
            waiting_room,
            meters,
            decoding,
        }
    }

    /// From now on these keys and settings hold. Requests under way end as they began.
    pub(crate) fn change(&self, config: &Config, gate: Gate) {
        let mut changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        let (rules, gate) = (changing.rules.with(&config.linker), gate.after(&changing.gate));
        *changing = Arc::new(Changing::new(config, gate, rules));
    }

    /// From now on everything is turned away, to be sent elsewhere.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.waiting_room.close();
    }

    /// How full what bounds keys is.
    pub(crate) fn fill(&self, now_ms: u64) -> Fill {
        let changing = self.changing();
        let gate = &changing.gate;
        let spent = gate.others().map(|sender| (Arc::clone(&sender.key.name), sender.bucket.spent()));
        Fill {
            bounds: changing.distinct.clone(),
            distinct: self.distinct.full(now_ms),
            most_sent: (gate.crowd.most_sent(), gate.crowd.rates().page_bytes_a_day),
            spent: spent.collect(),
            all_spent: gate.crowd.spent(),
        }
    }

    /// Addresses of which nothing new is taken at present.
    pub(crate) fn blocked(&self) -> Vec<Blocked> {
        self.changing().gate.crowd.blocked()
    }

    /// Whether there was such a block, which holds no longer.
    pub(crate) fn lift(&self, block: u64) -> bool {
        self.changing().gate.crowd.lift(block)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Nothing can be stored any more: whoever writes may end.
    pub(crate) fn close(&self) {
        self.spool.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Where entries are stored. `None`: closed.
    pub(crate) fn spool(&self) -> Option<Spool> {
        self.spool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Step 6.
    pub(super) async fn store(&self, key: &Arc<Key>, entry: Entry) -> Result<(), Reject> {
        self.store_one(entry).await.map_err(|reject| self.note(key, reject))
    }

    /// Step 6 for all that came in one request: durable together, or to be sent again.
    pub(super) async fn store_all(&self, key: &Arc<Key>, entries: Vec<Entry>) -> Result<(), Reject> {
        let stored = join_all(entries.into_iter().map(|entry| self.store_one(entry))).await;
        stored.into_iter().collect::<Result<(), _>>().map_err(|reject| self.note(key, reject))
    }

    async fn store_one(&self, entry: Entry) -> Result<(), Reject> {
        match self.spool() {
            Some(spool) => spool.store(entry).await,
            None => {
                entry.carried.refuse_rest(Outcome::Draining);
                Err(Reject::Draining)
            }
        }
    }

    /// Step 4 for a batch.
    pub(super) async fn admit_batch(&self, request: Request) -> Result<Admitted, Reject> {
        let changing = self.open()?;
        admit::batch(&changing.gate, request).await.map_err(|refused| self.refuse(refused))
    }

    /// Step 4 for a page that wants a token.
    pub(super) fn admit_token(&self, request: Request) -> Result<String, Reject> {
        let changing = self.open()?;
        admit::token(&changing.gate, request).map_err(|refused| self.refuse(refused))
    }

    /// Step 4 for OTLP.
    pub(super) async fn admit_otlp(&self, request: Request) -> Result<Admitted, Reject> {
        let changing = self.open()?;
        admit::otlp(&changing.gate, request).await.map_err(|refused| self.refuse(refused))
    }

    /// Step 4 for what is only passed on, if it is.
    pub(super) async fn admit_other(&self, request: Request) -> Result<Admitted, Reject> {
        let admitted = self.admit_otlp(request).await?;
        if self.changing().forwards_other {
            return Ok(admitted);
        }
        Err(self.refuse(Reject::NotForwarded.by(Some(&admitted.key))))
    }

    fn open(&self) -> Result<Arc<Changing>, Reject> {
        match () {
            () if self.is_draining() => Err(self.refuse(Reject::Draining.by(None))),
            () if self.memory.sheds() => Err(self.refuse(Reject::OutOfMemory.by(None))),
            () => Ok(self.changing()),
        }
    }

    fn changing(&self) -> Arc<Changing> {
        Arc::clone(&self.changing.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a refusal that nothing has counted, as one body.
    pub(crate) fn refuse(&self, refused: Uncounted) -> Reject {
        let Uncounted { key, reject } = refused;
        let name = key.as_ref().map_or("unknown", |key| &key.name);
        tracing::debug!(key = name, outcome = reject.outcome().name(), why = %reject, "refused");
        self.ledger.refuse_body(key.as_deref(), reject.outcome());
        reject
    }

    /// A refusal whose events the spool's writer counts, or will count when it knows.
    pub(crate) fn note(&self, key: &Arc<Key>, reject: Reject) -> Reject {
        if reject.outcome() == Outcome::AnswerTimeout {
            return self.refuse(reject.by(Some(key)));
        }
        tracing::debug!(key = %key.name, outcome = reject.outcome().name(), why = %reject, "not durable");
        reject
    }
}

impl Changing {
    fn new(config: &Config, gate: Gate, rules: Rules) -> Self {
        Self {
            gate,
            max_skew: config.max_skew,
            distinct: config.distinct.clone(),
            forwards_other: config.forward_other,
            rules,
            announces: config.long_spans.announce_open,
        }
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
