//! A flood, and pages that were there before it: how many of their batches are taken at the first try.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{PAGES, Request, address, attack::send, clicks, origin};
use crate::{
    Failure,
    load::{report::Latencies, sink::Sink, subject::exposed},
};

/// Who floods.
pub struct Flood {
    /// As the table calls it.
    pub name: &'static str,
    /// From how many addresses.
    pub addresses: u32,
    /// Whether the honest pages are behind the first of these, or each behind its own.
    pub behind_the_same: bool,
    /// Setting `rates.block_after`.
    pub block_after: u32,
}

/// Pages that somebody uses, each of which sends once in so long.
const PAGES_HERE: u64 = 50;
const EVERY: Duration = Duration::from_secs(2);

/// Pages are here for so long before it begins: for longer than a minute.
const BEFORE: Duration = Duration::from_secs(66);

/// How long it lasts.
const LASTS: Duration = Duration::from_secs(30);

/// Made-up pages, and connections to send them by.
const FORGED: u64 = 1_000;
const CONNECTIONS: usize = 32;

/// What came of it.
pub struct Row {
    name: &'static str,
    tried: u64,
    taken: u64,
    latencies: Latencies,
    flooded: u64,
    flood_taken: u64,
    cpu: f64,
    wall: f64,
    peak_mib: u64,
}

impl Row {
    /// What is above the rows.
    pub const HEAD: &str = "\
| flood | requests/s | of it taken/s | honest batches | taken at first try | answered after p50, p99 ms | CPU of the collector | peak MiB |
|---|--:|--:|--:|--:|--:|--:|--:|";
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| {} | {:.0} | {:.0} | {} | {:.1} % | {} | {:.0} % | {} |",
            self.name,
            self.flooded as f64 / self.wall,
            self.flood_taken as f64 / self.wall,
            self.tried,
            self.taken as f64 / self.tried.max(1) as f64 * 100.0,
            self.latencies,
            self.cpu / self.wall * 100.0,
            self.peak_mib
        )
    }
}

/// What a flood has done so far.
#[derive(Default)]
struct Tally {
    next: AtomicU64,
    taken: AtomicU64,
    is_over: AtomicBool,
}

impl Flood {
    /// Does it to a collector as it is by default.
    ///
    /// # Errors
    /// The collector does not answer.
    pub async fn run(self, weft: &Path) -> Result<Row, Failure> {
        let sink = Sink::start().await?;
        let tables = format!("[rates]\nblock_after = {}\n", self.block_after);
        let running = exposed(weft, sink.endpoint(), &tables, 500)?;
        let ingest: Arc<str> = running.ingest().into();
        let client = reqwest::Client::builder().no_proxy().build()?;
        for page in 0..PAGES_HERE {
            send(&client, &ingest, self.honest(page, 0)).await;
        }
        tokio::time::sleep(BEFORE).await;
        let (tally, this) = (Arc::new(Tally::default()), Arc::new(self));
        let (cpu, began) = (running.cpu()?, Instant::now());
        let flood: Vec<_> = (0..CONNECTIONS)
            .map(|_| tokio::spawn(Arc::clone(&this).flood(Arc::clone(&ingest), Arc::clone(&tally))))
            .collect();
        let pages: Vec<_> = (0..PAGES_HERE)
            .map(|page| tokio::spawn(Arc::clone(&this).page(page, Arc::clone(&ingest), began)))
            .collect();
        let (mut tried, mut micros) = (0, Vec::new());
        for page in pages {
            let (count, taken) = page.await?;
            tried += count;
            micros.extend(taken);
        }
        let (cpu, wall) = (running.cpu()? - cpu, began.elapsed().as_secs_f64());
        tally.is_over.store(true, Ordering::Relaxed);
        for one in flood {
            one.await?;
        }
        Ok(Row {
            name: this.name,
            tried,
            taken: micros.len() as u64,
            latencies: Latencies::of(micros),
            flooded: tally.next.load(Ordering::Relaxed),
            flood_taken: tally.taken.load(Ordering::Relaxed),
            cpu,
            wall,
            peak_mib: running.peak_mib()?,
        })
    }

    fn honest(&self, page: u64, batch: u64) -> Request {
        let number = if self.behind_the_same { 0 } else { 1_000_000 + u32::try_from(page).unwrap_or(0) };
        Request { path: PAGES, headers: vec![address(number), origin()], body: clicks(page, batch) }
    }

    /// One page until the end. How often it sent, and after how many microseconds each batch was acknowledged that was.
    async fn page(self: Arc<Self>, page: u64, ingest: Arc<str>, began: Instant) -> (u64, Vec<u64>) {
        let (mut tried, mut micros) = (0, Vec::new());
        let Ok(client) = reqwest::Client::builder().no_proxy().build() else { return (1, micros) };
        let mut due = began + EVERY * u32::try_from(page).unwrap_or(0) / PAGES_HERE as u32;
        while due < began + LASTS {
            tokio::time::sleep_until(due.into()).await;
            tried += 1;
            if send(&client, &ingest, self.honest(page, tried)).await == 200 {
                micros.push(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            due += EVERY;
        }
        (tried, micros)
    }

    async fn flood(self: Arc<Self>, ingest: Arc<str>, tally: Arc<Tally>) {
        let Ok(client) = reqwest::Client::builder().no_proxy().build() else { return };
        while !tally.is_over.load(Ordering::Relaxed) {
            let at = tally.next.fetch_add(1, Ordering::Relaxed);
            let from = u32::try_from(at % u64::from(self.addresses)).unwrap_or(0);
            let body = clicks(1_000 + at % FORGED, at / FORGED);
            let request = Request { path: PAGES, headers: vec![address(from), origin()], body };
            if send(&client, &ingest, request).await == 200 {
                tally.taken.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
