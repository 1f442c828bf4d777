//! Which route of a page asks which backend for what, and what is not connected: a map of what passed through, by
//! application, in memory, bounded, and empty after a restart.
//!
//! What is accepted is put into an inbox and looked at when there is time; whoever sends never waits for that. What finds
//! no room there is counted. No application has a share in the room of another.

mod address;
mod causes;
mod end;
mod key;
mod latency;
mod map;
mod page;
mod passed;
mod ranking;
mod recent;
mod said;
mod shown;
mod spans;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use self::end::SeenSpans;

use self::{
    key::Keyed,
    map::Map,
    page::{Names, Told},
};
use crate::{
    clock::Clock,
    config::CANARY,
    pipeline::{
        decode::Spans,
        spool::{Decoded, Intervals, Record},
    },
};

/// The maps of all applications, shared by whoever accepts, and the admin port.
#[derive(Debug)]
pub(crate) struct Connections {
    keyed: Keyed,
    applications: Mutex<BTreeMap<String, Arc<Application>>>,
    came: Notify,
}

#[derive(Debug)]
struct Application {
    keyed: Keyed,
    inbox: Mutex<Inbox>,
    map: Mutex<Map>,
    not_looked_at: AtomicU64,
}

#[derive(Debug, Default)]
struct Inbox {
    came: VecDeque<Came>,
    bytes: usize,
}

/// Something that was accepted.
#[derive(Debug)]
enum Came {
    Batch {
        receive_time_ms: u64,
        page: Vec<u8>,
        skew_ms: Option<i64>,
        decoded: Arc<Decoded>,
        taken: Intervals,
    },
    Spans {
        receive_time_ms: u64,
        seen: Box<SeenSpans>,
    },
}

/// How much there is of an application, for whoever measures.
pub(crate) struct Sizes {
    pub(crate) application: String,
    pub(crate) not_looked_at: u64,
    /// Rows by their list.
    pub(crate) rows: [(&'static str, usize); 5],
}

/// Bytes of an inbox: a tenth of a second of a machine at its limit.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Without traffic it is judged so often what met nothing.
const EVERY: Duration = Duration::from_secs(10);

impl Default for Connections {
    fn default() -> Self {
        Self { keyed: Keyed::new(), applications: Mutex::default(), came: Notify::new() }
    }
}

impl Connections {
    /// What of a request of OTLP will be of interest, if it is accepted.
    pub(crate) fn see(&self, spans: &Spans<'_>) -> Box<SeenSpans> {
        Box::new(spans::see(spans, self.keyed))
    }

    /// The events in `taken` of a batch were accepted. `None`: the batch was too large to be kept.
    pub(crate) fn put_batch(&self, record: &Record, decoded: Option<&Arc<Decoded>>, taken: &Intervals) {
        let events = taken.count();
        let receive_time_ms = record.receive_time_ms;
        let came = decoded.map(|decoded| Came::Batch {
            receive_time_ms,
            page: record.page.clone(),
            skew_ms: record.skew_ms,
            decoded: Arc::clone(decoded),
            taken: taken.clone(),
        });
        self.put(record, came, events);
    }

    /// The spans of a request of OTLP were accepted.
    pub(crate) fn put_spans(&self, record: &Record, seen: Box<SeenSpans>) {
        let spans = seen.len() as u64;
        self.put(record, Some(Came::Spans { receive_time_ms: record.receive_time_ms, seen }), spans);
    }

    fn put(&self, record: &Record, came: Option<Came>, events: u64) {
        if events == 0 || record.application == CANARY {
            return;
        }
        let application = self.of(&record.application, record.receive_time_ms);
        if application.put(came) {
            self.came.notify_one();
        } else {
            application.not_looked_at.fetch_add(events, Ordering::Relaxed);
        }
    }

    /// Looks at what comes until `stop`.
    pub(crate) async fn watch(self: Arc<Self>, clock: Clock, stop: CancellationToken) {
        while !stop.is_cancelled() {
            for application in self.all().into_values() {
                while application.look(clock.wall_ms()) {
                    // Others work here too, and have been asked for something.
                    tokio::task::yield_now().await;
                }
            }
            let news = async {
                tokio::select! {
                    () = self.came.notified() => {}
                    () = stop.cancelled() => {}
                }
            };
            let _ = clock.within(EVERY, news).await;
        }
    }

    /// Everything that was accepted until now.
    pub(crate) fn to_json(&self, now_ms: u64) -> String {
        let shown = self.all().into_iter().filter_map(|(name, application)| {
            while application.look(now_ms) {}
            let not_looked_at = application.not_looked_at.load(Ordering::Relaxed);
            Some((name, shown::to_json(&lock(&application.map), not_looked_at)?))
        });
        let applications = BTreeMap::from([("applications", shown.collect::<BTreeMap<_, _>>())]);
        serde_json::to_string(&applications).unwrap_or_default()
    }

    pub(crate) fn sizes(&self) -> Vec<Sizes> {
        let sizes = self.all().into_iter().map(|(name, application)| {
            let map = lock(&application.map);
            Sizes {
                application: name,
                not_looked_at: application.not_looked_at.load(Ordering::Relaxed),
                rows: [
                    ("connections", map.connections.len()),
                    ("requests", map.requests.len()),
                    ("backend_roots", map.roots.len()),
                    ("backend_spans_without_parent", map.orphans.len()),
                    ("links", map.links.len()),
                ],
            }
        });
        sizes.collect()
    }

    fn all(&self) -> BTreeMap<String, Arc<Application>> {
        lock(&self.applications).clone()
    }

    /// There are as many as the settings name.
    fn of(&self, name: &str, now_ms: u64) -> Arc<Application> {
        let mut all = lock(&self.applications);
        if let Some(known) = all.get(name) {
            return Arc::clone(known);
        }
        let new = Application {
            keyed: self.keyed,
            inbox: Mutex::default(),
            map: Mutex::new(Map::new(now_ms)),
            not_looked_at: AtomicU64::new(0),
        };
        Arc::clone(all.entry(name.to_owned()).or_insert(Arc::new(new)))
    }
}

impl Application {
    /// Whether there was room.
    fn put(&self, came: Option<Came>) -> bool {
        let Some(came) = came else { return false };
        let (mut inbox, bytes) = (lock(&self.inbox), came.bytes());
        if inbox.bytes + bytes > MOST_BYTES {
            return false;
        }
        inbox.bytes += bytes;
        inbox.came.push_back(came);
        true
    }

    /// Looks at the next that came, if any; whether there was one. Whoever looks holds the map first, so that each is seen
    /// in its turn, and all of it by whoever has looked until there was none.
    fn look(&self, now_ms: u64) -> bool {
        let mut map = lock(&self.map);
        let next = {
            let mut inbox = lock(&self.inbox);
            let next = inbox.came.pop_front();
            inbox.bytes -= next.as_ref().map_or(0, Came::bytes);
            next
        };
        match next {
            // Only now is it known that what an end waits for does not wait here itself.
            None => map.judge(now_ms),
            Some(Came::Spans { receive_time_ms, seen }) => {
                map.see(receive_time_ms, *seen);
                map.judge(receive_time_ms);
                return true;
            }
            Some(Came::Batch { receive_time_ms, page, skew_ms, decoded, taken }) => {
                let Decoded { head, batch, .. } = &*decoded;
                let (keyed, names) = (self.keyed, Names::of(batch));
                Told { keyed, receive_time_ms, page: &page, skew_ms, head, batch, taken: &taken, names }
                    .onto(&mut map);
                map.judge(receive_time_ms);
                return true;
            }
        }
        false
    }
}

impl Came {
    /// What it takes, about: beside its content, what the smallest takes.
    fn bytes(&self) -> usize {
        const LEAST: usize = 512;
        LEAST
            + match self {
                Self::Batch { decoded, taken, .. } => decoded.bytes() + taken.bytes(),
                Self::Spans { seen, .. } => seen.bytes(),
            }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
