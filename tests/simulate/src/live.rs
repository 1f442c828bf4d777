//! A million live sessions before the released program: what memory and disk it takes to remember them.

mod process;

use std::{path::Path, time::Duration};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use support::{metrics::Metrics, random::Random};

use crate::{
    drive::bytes_below,
    history::BEGAN_MS,
    sender::{Request, Sender},
};

use process::Weft;

/// Roots of each session: one that begins it, and one that is linked to that.
const ROOTS: u64 = 2;

/// Roots in a request: big ones, because it is not the requests that are measured.
const TOGETHER: u64 = 2_000;

/// Bytes that may wait before another request is sent: less than there may be, so that all of it is looked at.
const MOST_WAITING: u64 = 40 << 20;

/// Before it is asked again how much waits.
const AGAIN: Duration = Duration::from_millis(20);

/// What it took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    /// Sessions that are remembered at the end.
    pub values: u64,
    /// Roots that were sent.
    pub roots: u64,
    /// Links that were found.
    pub links: u64,
    /// Roots that found no room to wait.
    pub not_looked_at: u64,
    /// Resident memory at the end, and at most.
    pub resident: u64,
    /// See above.
    pub peak: u64,
    /// Bytes of the link index on the disk: at the end, and when the program has stopped.
    pub links_bytes: u64,
    /// See above.
    pub links_bytes_stopped: u64,
    /// How long it took.
    pub seconds: u64,
}

/// Loads `weft`, the released program, with so many sessions.
///
/// # Panics
/// If it does not take them.
pub async fn load(weft: &Path, sessions: u64, seed: u64) -> Taken {
    let running = Weft::start(weft).await;
    let sender = Sender::new(running.to);
    let key = Random::of(seed).next();
    let (mut roots, clock) = (0, weft_collector::clock::Clock::system());
    for number in 0..ROOTS {
        // The second time in another order: sessions do not take turns.
        let stride = if number == 0 { 1 } else { coprime(sessions) };
        for first in (0..sessions).step_by(usize::try_from(TOGETHER).unwrap_or(1)) {
            let these = (first..sessions.min(first + TOGETHER)).map(|at| (at * stride) % sessions);
            let spans: Vec<Span> = these.map(|session| root(key, session, number)).collect();
            roots += spans.len() as u64;
            room(&running, &clock).await;
            sender.send(&Request::of_server("sk_shop", request(spans))).await;
        }
        eprintln!("{roots} roots in {:?}: {} MiB", clock.monotonic(), running.status("VmRSS:") >> 20);
    }
    while Metrics::of(running.to).await.sum("weft_destination_events_pending") > 0 {
        clock.sleep(AGAIN).await;
    }
    let metrics = Metrics::of(running.to).await;
    let taken = Taken {
        values: metrics.sum("weft_linker_values").saturating_sub(metrics.sum("weft_linker_values_forgotten")),
        roots,
        links: metrics.sum("weft_linker_links_total"),
        not_looked_at: metrics.sum("weft_linker_not_looked_at"),
        resident: running.status("VmRSS:"),
        peak: running.status("VmHWM:"),
        links_bytes: bytes_below(&running.data().join("links")),
        seconds: clock.monotonic().as_secs(),
        ..Taken::default()
    };
    Taken { links_bytes_stopped: bytes_below(&running.stop().await.path().join("spool/links")), ..taken }
}

/// Until there is room to wait.
async fn room(weft: &Weft, clock: &weft_collector::clock::Clock) {
    while Metrics::of(weft.to).await.row("weft_linker_waiting_bytes{}") > MOST_WAITING {
        clock.sleep(AGAIN).await;
    }
}

/// A root of a session, the first of it or a later one.
fn root(key: u64, session: u64, number: u64) -> Span {
    let mut own = Random::of(key ^ (session * ROOTS + number));
    let id = format!("{:016x}{session:016x}", key);
    let value = Some(AnyValue { value: Some(Value::StringValue(id)) });
    let start = (BEGAN_MS + number * 60_000 + session % 60_000) * 1_000_000;
    Span {
        trace_id: own.bytes::<16>().to_vec(),
        span_id: own.bytes::<8>().to_vec(),
        name: "click".to_owned(),
        kind: 1,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1_000_000,
        attributes: vec![KeyValue { key: "session.id".to_owned(), value, ..KeyValue::default() }],
        ..Span::default()
    }
}

fn request(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// A step that comes to every session once.
fn coprime(sessions: u64) -> u64 {
    let divides = |mut one: u64, mut other: u64| {
        while other != 0 {
            (one, other) = (other, one % other);
        }
        one
    };
    (sessions / 3 + 1..).find(|step| divides(*step, sessions) == 1).unwrap_or(1)
}
