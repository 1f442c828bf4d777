//! What a person sees of sessions: recent ones as they were exported, in memory, within a bound of bytes.
//!
//! It reads the spool like a destination, but keeps nobody waiting: what it has no time for it passes over, and says so.
//! It holds nothing that was not exported, so forgetting all of it loses nothing (decision 0024).

mod api;
mod assets;
mod budget;
mod costs;
mod event;
mod feed;
mod fill;
mod health;
mod lanes;
mod look;
mod open;
mod paste;
mod saved;
mod search;
mod session;
mod store;
mod timeline;
mod together;
mod updates;
mod words;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use api::routes;
pub(crate) use assets::is_page;
pub(crate) use budget::Budget;
pub(crate) use feed::feed;

use self::{costs::Costs, look::Looked, paste::Paste, store::Store};
use crate::{
    config::{self, Config},
    pipeline::spool::Erased,
};

/// Recent sessions, shared by the one that reads the spool and those who look.
pub(crate) struct Explorer {
    kept: Mutex<Kept>,
    erased: Arc<Erased>,
    /// Grows with everything that can be seen anew.
    version: watch::Sender<u64>,
    passed_over: PassedOver,
    /// Those who are told when there is something new.
    listeners: Arc<Semaphore>,
    /// Nobody is told any more.
    closing: CancellationToken,
    /// Those who are answered at once.
    asking: Semaphore,
    paste: Paste,
    trace_url: Option<String>,
}

struct Kept {
    store: Store,
    costs: Costs,
}

/// What was not looked at, because there was no time to.
#[derive(Default)]
struct PassedOver {
    events: AtomicU64,
    bytes: AtomicU64,
}

/// Pages that are told of what is new, at once.
const MOST_LISTENERS: usize = 32;

/// Answers that are made at once: one may take tens of megabytes.
const MOST_ASKING: usize = 2;

impl Explorer {
    /// Empty.
    pub(crate) fn new(config: &Config, erased: &Arc<Erased>) -> Arc<Self> {
        let config::Explorer { most_bytes, trace_url, .. } = config.explorer.clone();
        Arc::new(Self {
            kept: Mutex::new(Kept { store: Store::new(most_bytes), costs: Costs::default() }),
            erased: Arc::clone(erased),
            version: watch::Sender::new(0),
            passed_over: PassedOver::default(),
            listeners: Arc::new(Semaphore::new(MOST_LISTENERS)),
            closing: CancellationToken::new(),
            asking: Semaphore::new(MOST_ASKING),
            paste: Paste::new(config),
            trace_url,
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a stretch of the spool has come to.
    fn take(&self, all: Vec<Looked>) {
        if all.is_empty() {
            return;
        }
        let mut kept = self.kept();
        let Kept { store, costs } = &mut *kept;
        for looked in all {
            match looked {
                Looked::Events(events) => {
                    costs.count(&events);
                    store.take(*events);
                }
                Looked::Erased { application, session } => store.forget(&application, &session),
                Looked::PassedOver { events, application, page } => {
                    self.passed_over.events.fetch_add(events, Ordering::Relaxed);
                    page.into_iter().for_each(|(page, numbers)| store.know(&application, page, &numbers));
                }
            }
        }
        drop(kept);
        self.version.send_modify(|version| *version += 1);
    }

    /// Where pages find the collector.
    pub(crate) fn is_at(&self, listen: std::net::SocketAddr) {
        self.paste.is_at(listen);
    }

    fn skip(&self, bytes: u64) {
        self.passed_over.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Which numbers were in there nobody has looked: what is missing now is no loss.
        self.kept().store.forget_numbers();
        self.version.send_modify(|version| *version += 1);
    }
}
