//! What steps 4 to 6 share, and how what one step gives becomes what the next one takes.

mod entries;
mod skew;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, header},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::sync::Semaphore;
use weft_proto::{Ack, Batch, Head};

use super::{
    admit::{self, Admitted, Coding, Gate},
    decode::{self, Counted, Spans},
    link::{Candidate, Rules, WaitingRoom},
    spool::{BodySeed, Entry, Spool},
};
use crate::{
    config::{Config, Key, Limits},
    ledger::Ledger,
    memory::Memory,
    outcome::Outcome,
    reject::{Reject, Uncounted},
};

/// The ingest side of a collector.
pub(crate) struct Intake {
    pub(crate) path: String,
    /// `None`: closed.
    spool: RwLock<Option<Spool>>,
    ledger: Ledger,
    limits: Limits,
    seed: BodySeed,
    changing: RwLock<Arc<Changing>>,
    memory: Arc<Memory>,
    waiting_room: Arc<WaitingRoom>,
    /// It is to go: whoever sends shall go elsewhere.
    draining: AtomicBool,
    /// Room for OTLP being decoded, in KiB of what it may inflate to.
    decoding: Arc<Semaphore>,
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

/// DEFLATE makes at most so many bytes of one.
const MOST_INFLATED: usize = 1032;

impl Intake {
    pub(crate) fn new(
        config: &Config,
        gate: Gate,
        rules: Rules,
        spool: Spool,
        ledger: Ledger,
        memory: &Arc<Memory>,
        waiting_room: &Arc<WaitingRoom>,
    ) -> Self {
        let (path, limits) = (config.path.clone(), config.limits.clone());
        let decoding = Arc::new(Semaphore::new(LARGEST_AT_ONCE * kib(limits.otlp_body_bytes) as usize));
        let changing = RwLock::new(Arc::new(Changing::new(config, gate, rules)));
        let seed = spool.seed();
        let spool = RwLock::new(Some(spool));
        Self {
            path,
            spool,
            ledger,
            limits,
            seed,
            changing,
            draining: AtomicBool::new(false),
            memory: Arc::clone(memory),
            waiting_room: Arc::clone(waiting_room),
            decoding,
        }
    }

    /// From now on these keys and settings hold. Requests under way end as they began.
    pub(crate) fn change(&self, config: &Config, gate: Gate) {
        let mut changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        let rules = changing.rules.with(&config.linker);
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
        let stored = match self.spool() {
            Some(spool) => spool.store(entry).await,
            None => {
                entry.carried.refuse_rest(Outcome::Draining);
                Err(Reject::Draining)
            }
        };
        stored.map_err(|reject| self.note(key, reject))
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

    pub(crate) fn decode_batch(&self, admitted: &Admitted) -> Result<(Head, Batch), Reject> {
        let decoded = decode::batch(&admitted.body, self.limits.body_bytes);
        decoded.map_err(|reject| self.refuse(reject.by(Some(&admitted.key))))
    }

    /// Step 5 for OTLP: what it holds, and which of its spans rules look at.
    pub(crate) async fn decode_otlp(&self, admitted: &Admitted) -> Result<(Counted, Vec<Candidate>), Reject> {
        let (changing, key) = (self.changing(), Arc::clone(&admitted.key));
        let look = move |plain: &[u8]| {
            let spans = Spans::of(plain)?;
            let rules = Some(&changing.rules).filter(|rules| rules.look_at(&key));
            let candidates = rules.map_or_else(Vec::new, |rules| rules.in_otlp(&key.application, &spans));
            Ok((spans.counted(), candidates))
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

    /// Large requests are looked at away from the threads that serve requests, and only so many at once.
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
        let look = move || look(&decode::plain(&body, coding, limit)?);
        let looked = if most <= SMALL {
            look()
        } else {
            // Nothing closes it; and who waits here waits for decoding, which always ends.
            let _room = self.decoding.acquire_many(kib(most.min(limit))).await;
            tokio::task::spawn_blocking(look).await.unwrap_or(Err(Reject::SpoolBusy))
        };
        looked.map_err(|reject| self.refuse(reject.by(Some(&admitted.key))))
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

/// The answer to a batch.
pub(super) fn ack((head, _): &(Head, Batch)) -> Response<Body> {
    protobuf(Ack { digest: head.digest, number: head.number, wait_ms: 0 }.encode())
}

/// The answer to OTLP.
pub(super) fn taken(counted: Counted) -> Response<Body> {
    let partial_success = (counted.refused > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(counted.refused).unwrap_or(i64::MAX),
        error_message:
            "Spans were refused whose trace id is not 16 bytes, whose span, parent or link id is not 8, \
                        or whose id is all zero: check the SDK that made them."
                .to_owned(),
    });
    protobuf(ExportTraceServiceResponse { partial_success }.encode_to_vec())
}

/// The answer to logs and metrics: an empty message of either says that all was taken.
pub(super) fn passed_on() -> Response<Body> {
    protobuf(Vec::new())
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

fn protobuf(body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    response
}

#[cfg(test)]
mod tests;
