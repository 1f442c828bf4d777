//! Sends requests over a few connections: as fast as they are answered, or at a fixed pace.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::{Format, report::Latencies};
use crate::Failure;

/// A page has one or two; this many keep two processors busy without a queue in front of them.
const CONNECTIONS: usize = 8;

/// Where requests go and what they are.
#[derive(Clone)]
pub struct Sender {
    /// The whole address, key and all.
    pub url: String,
    /// What the bodies are.
    pub format: Format,
}

/// When the next request is due. `None`: as soon as there is a connection for it.
type Due = Option<Arc<tokio::sync::Mutex<mpsc::Receiver<Instant>>>>;

type Bodies = Arc<Mutex<Vec<Vec<u8>>>>;

impl Sender {
    /// Each connection sends the next when it has the answer to the last.
    ///
    /// # Errors
    /// One is refused.
    pub async fn send(&self, bodies: Vec<Vec<u8>>) -> Result<Latencies, Failure> {
        self.over_connections(CONNECTIONS, bodies, None).await
    }

    /// So many a second, whatever the answers are. Times count from when a request was due, so that a stall is
    /// felt by everything it delayed.
    ///
    /// # Errors
    /// One is refused.
    pub async fn send_at(&self, per_second: f64, bodies: Vec<Vec<u8>>) -> Result<Latencies, Failure> {
        let (tell, due) = mpsc::channel(1024);
        let count = bodies.len();
        let pacer = std::thread::spawn(move || pace(count, per_second, &tell));
        let due = Some(Arc::new(tokio::sync::Mutex::new(due)));
        let latencies = self.over_connections(CONNECTIONS * 4, bodies, due).await?;
        pacer.join().map_err(|_| "the pacer panicked")?;
        Ok(latencies)
    }

    async fn over_connections(
        &self,
        connections: usize,
        bodies: Vec<Vec<u8>>,
        due: Due,
    ) -> Result<Latencies, Failure> {
        let bodies = Arc::new(Mutex::new(bodies));
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(connections).build()?;
        let all: Vec<_> = (0..connections)
            .map(|_| {
                let (sender, client) = (self.clone(), client.clone());
                let (bodies, due) = (Arc::clone(&bodies), due.clone());
                tokio::spawn(async move { sender.one_connection(&client, &bodies, &due).await })
            })
            .collect();
        let mut micros = Vec::new();
        for one in all {
            micros.extend(one.await??);
        }
        Ok(Latencies::of(micros))
    }

    async fn one_connection(
        &self,
        client: &reqwest::Client,
        bodies: &Bodies,
        due: &Due,
    ) -> Result<Vec<u64>, String> {
        let mut micros = Vec::new();
        loop {
            let began = match due {
                None => Instant::now(),
                Some(due) => match due.lock().await.recv().await {
                    Some(at) => at,
                    None => return Ok(micros),
                },
            };
            let next = bodies.lock().map_or(None, |mut bodies| bodies.pop());
            let Some(body) = next else { return Ok(micros) };
            self.post(client, body).await?;
            micros.push(began.elapsed().as_micros() as u64);
        }
    }

    async fn post(&self, client: &reqwest::Client, body: Vec<u8>) -> Result<(), String> {
        let request = client.post(&self.url).body(body);
        let request = match self.format {
            Format::Otlp => request.bearer_auth("sk").header("content-type", "application/x-protobuf"),
            Format::Weft => request.header("origin", "http://shop.test").header("content-type", "text/plain"),
        };
        let response = request.send().await.map_err(|error| format!("{error:?}"))?;
        let status = response.status();
        let answer = response.bytes().await.map_err(|error| error.to_string())?;
        if status.is_success() {
            return Ok(());
        }
        Err(format!("{status}: {}", String::from_utf8_lossy(&answer)))
    }
}

/// On a thread of its own: the runtime's timer knows only milliseconds.
fn pace(count: usize, per_second: f64, tell: &mpsc::Sender<Instant>) {
    let began = Instant::now();
    for number in 0..count {
        let due = began + Duration::from_secs_f64(number as f64 / per_second);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if tell.blocking_send(due).is_err() {
            return;
        }
    }
}
