//! What steps 4 to 6 share, and how what one step gives becomes what the next one takes.

mod answers;
mod entries;
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

pub(super) use answers::{ack, erased, passed_on, taken};

use super::{
    admit::{self, Admitted, Coding, Gate},
    decode::{self, Counted, PageDictionaries, Posted, Spans, json},
    link::{Candidate, Rules, WaitingRoom},
    spool::{BodySeed, Entry, Spool},
};
use crate::{
    config::{Config, Key, Limits},
    connections::SeenSpans,
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
    /// `None`: closed.
    spool: RwLock<Option<Spool>>,
    ledger: Ledger,
    limits: Limits,
    seed: BodySeed,
    changing: RwLock<Arc<Changing>>,
    memory: Arc<Memory>,
    waiting_room: Arc<WaitingRoom>,
    meters: Arc<Meters>,
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

/// What a reload may change.
struct Changing {
    gate: Gate,
    max_skew: Duration,
    forwards_other: bool,
    rules: Rules,
    /// Whether beginnings of long spans are forwarded.
    announces: bool,
}

/// Requests of the largest size that are decoded at once. Each may take nine times its size for a moment.
const LARGEST_AT_ONCE: usize = 4;

/// What cannot inflate to more is decoded at once: a third of a millisecond, and another thread would cost two switches.
const SMALL: usize = 256 * 1024;

/// What was posted as JSON takes about so many times its size while it is read, recorded and deflated, and the time
/// of a batch inflated to that.
const JSON_TAKES: usize = 16;

/// DEFLATE makes at most so many bytes of one.
const MOST_INFLATED: usize = 1032;

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

    /// Step 4 for OTLP.
    pub(super) async fn admit_otlp(&self, request: Request) -> Result<Admitted, Reject> {
        let changing = self.open()?;
        admit::otlp(&changing.gate, request).await.map_err(|refused| self.refuse(refused))
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

    /// Step 5 for an erasure, if it is one: the session it names.
    pub(super) fn erases(&self, admitted: &Admitted) -> Result<Option<[u8; 16]>, Reject> {
        let Some(session) = &admitted.erase else { return Ok(None) };
        let session = decode::session_id(session).filter(|_| admitted.body.is_empty());
        let session = session.ok_or_else(|| self.refuse(Reject::NotAnErasure.by(Some(&admitted.key))))?;
        Ok(Some(session))
    }

    /// Step 5 for what a page has posted.
    pub(crate) async fn decode_batch(&self, admitted: &Admitted) -> Result<Posted, Reject> {
        let (bytes, limit) = (admitted.body.clone(), self.limits.body_bytes);
        let most = if json::is_json(&bytes) { bytes.len().saturating_mul(JSON_TAKES) } else { 0 };
        let (key, dictionaries) = (Arc::clone(&admitted.key.name), Arc::clone(&self.dictionaries));
        let decoded = self.aside(most, move || decode::of_page(bytes, limit, &key, &dictionaries)).await;
        decoded.map_err(|reject| self.refuse(reject.by(Some(&admitted.key))))
    }

    /// Step 5 for OTLP: what it holds, which of its spans rules look at, and what the map of connections is made of.
    pub(crate) async fn decode_otlp(
        &self,
        admitted: &Admitted,
    ) -> Result<(Counted, Vec<Candidate>, Box<SeenSpans>), Reject> {
        let (changing, key) = (self.changing(), Arc::clone(&admitted.key));
        let meters = Arc::clone(&self.meters);
        let look = move |plain: &[u8]| {
            let spans = Spans::of(plain)?;
            let rules = Some(&changing.rules).filter(|rules| rules.look_at(&key));
            let candidates = rules.map_or_else(Vec::new, |rules| rules.in_otlp(&key.application, &spans));
            Ok((spans.counted(), candidates, meters.connections.see(&spans)))
        };
        self.look(admitted, look).await
    }

    /// How many items it has. Nothing else of it is looked at.
    pub(crate) async fn count_other(&self, admitted: &Admitted) -> Result<Counted, Reject> {
        if !self.changing().forwards_other {
            return Err(self.refuse(Reject::NotForwarded.by(Some(&admitted.key))));
        }
        self.look(admitted, decode::count_items).await
    }

    async fn look<T: Send + 'static>(
        &self,
        admitted: &Admitted,
        look: impl FnOnce(&[u8]) -> Result<T, Reject> + Send + 'static,
    ) -> Result<T, Reject> {
        let (body, coding, limit) = (admitted.body.clone(), admitted.coding, self.limits.otlp_body_bytes);
        let most = match coding {
            Coding::Identity => body.len(),
            Coding::Gzip => body.len().saturating_mul(MOST_INFLATED).min(limit),
        };
        let looked = self.aside(most, move || look(&decode::plain(&body, coding, limit)?)).await;
        looked.map_err(|reject| self.refuse(reject.by(Some(&admitted.key))))
    }

    /// What takes long is done away from the threads that serve requests, and only so much at once. `most`: bytes it may
    /// take.
    async fn aside<T: Send + 'static>(
        &self,
        most: usize,
        work: impl FnOnce() -> Result<T, Reject> + Send + 'static,
    ) -> Result<T, Reject> {
        if most <= SMALL {
            return work();
        }
        // Nothing closes it; and who waits here waits for decoding, which always ends.
        let _room = self.decoding.acquire_many(kib(most.min(self.limits.otlp_body_bytes))).await;
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Reject::SpoolBusy))
    }
}

impl Changing {
    fn new(config: &Config, gate: Gate, rules: Rules) -> Self {
        Self {
            gate,
            max_skew: config.max_skew,
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
