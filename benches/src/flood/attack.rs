//! Attacks, one after the other: what a refusal costs the collector, and what memory it takes.

use std::{
    collections::BTreeMap,
    fmt,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::{Compression, write::DeflateEncoder};
use weft_proto::Form;

use super::{PAGES, Request, address, changed, clicks, origin, with_head};
use crate::{
    Failure,
    load::{sink::Sink, subject::exposed},
};

/// A request that is made again and again, by its number.
pub struct Attack {
    /// As the table calls it.
    pub name: &'static str,
    /// How many there are.
    pub requests: u64,
    make: Box<dyn Fn(u64) -> Request + Send + Sync>,
}

/// Connections at once.
const CONNECTIONS: usize = 16;

/// Enough for a hundredth of a second of CPU to be little.
const MANY: u64 = 60_000;

/// Of those whose body takes long to send.
const LESS: u64 = 4_000;

/// Every one of them, in the order of how far they get.
#[must_use]
pub fn all() -> Vec<Attack> {
    let bomb = bomb();
    let deep = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    let attack =
        |name, requests, make: Box<dyn Fn(u64) -> Request + Send + Sync>| Attack { name, requests, make };
    let page = |headers, body| Request { path: PAGES, headers, body };
    let one = || vec![address(7), origin()];
    let each = |at: u64| vec![address(u32::try_from(at).unwrap_or(0)), origin()];
    vec![
        attack(
            "no key, each from another address",
            MANY,
            Box::new(move |at| Request { path: "/api/telemetry", headers: each(at), body: clicks(1, 0) }),
        ),
        attack(
            "a made-up key, each from another address",
            MANY,
            Box::new(move |at| Request {
                path: "/api/telemetry?key=pk_made_up",
                headers: each(at),
                body: clicks(1, 0),
            }),
        ),
        attack(
            "made-up keys from one address",
            MANY,
            Box::new(move |_| Request {
                path: "/api/telemetry?key=pk_made_up",
                headers: one(),
                body: clicks(1, 0),
            }),
        ),
        attack(
            "another origin, each from another address",
            MANY,
            Box::new(move |at| {
                let headers = vec![each(at).swap_remove(0), ("origin", "https://evil.example".to_owned())];
                page(headers, clicks(1, 0))
            }),
        ),
        attack("made-up pages from one address", MANY, Box::new(move |at| page(one(), clicks(at, 0)))),
        attack(
            "4 KiB that are no batch, each from another address",
            MANY,
            Box::new(move |at| page(each(at), vec![0xff; 4096])),
        ),
        attack(
            "4 KiB that were changed on their way, each from another address",
            MANY,
            Box::new(move |at| page(each(at), changed(at))),
        ),
        attack(
            "64 KiB that inflate to 64 MiB, each from another address",
            LESS,
            Box::new(move |at| page(each(at), with_head(Form::Deflate, at, 0, 0, &bomb))),
        ),
        attack(
            "80 KB of nested JSON, each from another address",
            LESS,
            Box::new(move |at| page(each(at), deep.clone().into_bytes())),
        ),
        attack(
            "a body of 1 MiB, each from another address",
            LESS,
            Box::new(move |at| page(each(at), vec![0x0a; 1 << 20])),
        ),
        attack(
            "OTLP with a made-up secret, each from another address",
            MANY,
            Box::new(move |at| {
                let headers = vec![
                    each(at).swap_remove(0),
                    ("authorization", "Bearer sk_made_up".to_owned()),
                    ("content-type", "application/x-protobuf".to_owned()),
                ];
                Request { path: "/v1/traces", headers, body: vec![0x0a; 512] }
            }),
        ),
    ]
}

/// What one attack came to.
pub struct Row {
    name: &'static str,
    statuses: BTreeMap<u16, u64>,
    cpu: f64,
    wall: f64,
    mib: [u64; 2],
}

impl Row {
    /// What is above the rows.
    pub const HEAD: &str = "\
| attack | answers | µs of CPU each | refusals/s per core | requests/s here | MiB before, at most |
|---|---|--:|--:|--:|--:|";
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.statuses.values().sum::<u64>() as f64;
        let statuses: Vec<_> =
            self.statuses.iter().map(|(status, count)| format!("{status} × {count}")).collect();
        write!(
            f,
            "| {} | {} | {:.0} | {:.0} | {:.0} | {}, {} |",
            self.name,
            statuses.join(", "),
            self.cpu / count * 1e6,
            count / self.cpu,
            count / self.wall,
            self.mib[0],
            self.mib[1]
        )
    }
}

impl Attack {
    /// Does it to a collector of its own, as it is by default but that keys and all together may send as much as they like:
    /// what is measured is what an attack costs that is not over.
    ///
    /// # Errors
    /// The collector does not answer, or takes what it should not.
    pub async fn run(self, weft: &Path) -> Result<Row, Failure> {
        let sink = Sink::start().await?;
        let running = exposed(weft, sink.endpoint(), "[rates]\nper_second = 1000000\n", 1_000_000)?;
        let (this, next) = (Arc::new(self), Arc::new(AtomicU64::new(0)));
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(CONNECTIONS).build()?;
        let before = running.peak_mib()?;
        let (cpu, began) = (running.cpu()?, std::time::Instant::now());
        let all: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (this, next, client) = (Arc::clone(&this), Arc::clone(&next), client.clone());
                let ingest = running.ingest().to_owned();
                tokio::spawn(async move { this.one_connection(&client, &ingest, &next).await })
            })
            .collect();
        let mut statuses = BTreeMap::new();
        for one in all {
            for (status, count) in one.await? {
                *statuses.entry(status).or_default() += count;
            }
        }
        Ok(Row {
            name: this.name,
            statuses,
            cpu: running.cpu()? - cpu,
            wall: began.elapsed().as_secs_f64(),
            mib: [before, running.peak_mib()?],
        })
    }

    /// How often it got which answer. 0: the connection was closed instead.
    async fn one_connection(
        &self,
        client: &reqwest::Client,
        ingest: &str,
        next: &AtomicU64,
    ) -> BTreeMap<u16, u64> {
        let mut statuses = BTreeMap::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= self.requests {
                return statuses;
            }
            let status = send(client, ingest, (self.make)(at)).await;
            *statuses.entry(status).or_default() += 1;
        }
    }
}

/// The status of the answer, which is read to its end. 0: there was none.
pub(super) async fn send(client: &reqwest::Client, ingest: &str, request: Request) -> u16 {
    let Request { path, headers, body } = request;
    let made = client.post(format!("{ingest}{path}")).body(body);
    let made = headers.into_iter().fold(made, |made, (name, value)| made.header(name, value));
    let Ok(answer) = made.send().await else { return 0 };
    let status = answer.status().as_u16();
    answer.bytes().await.map_or(0, |_| status)
}

/// Zeros, deflated.
fn bomb() -> Vec<u8> {
    let mut bomb = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    _ = bomb.write_all(&vec![0; 64 << 20]);
    bomb.finish().unwrap_or_default()
}
