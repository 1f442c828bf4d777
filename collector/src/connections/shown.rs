//! The map as the admin port shows it, in JSON.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    causes::{self, Known, Likely},
    end::{Request, Route},
    latency::{Latency, Percentiles},
    map::{Map, WAIT_MS, Work},
    ranking::Tally,
};
use crate::{pipeline::link::hex, sessions::iso};

/// Names of what two ends met by, in their order.
const BY: [&str; 4] = ["traceparent", "x-request-id", "link", "document"];

#[derive(Serialize)]
struct Shown<'a> {
    since: String,
    connections: Vec<Row<'a>>,
    unconnected: Unconnected<'a>,
    waiting: Waiting,
    spans_remembered_since: String,
    not_judged: u64,
    not_looked_at: u64,
    beyond_bounds: BeyondBounds,
}

#[derive(Serialize)]
struct Unconnected<'a> {
    requests: Vec<Row<'a>>,
    backend_roots: Vec<Row<'a>>,
    backend_spans_without_parent: Vec<Row<'a>>,
    links: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Waiting {
    at_most_minutes: u64,
    requests: usize,
    backend_spans: usize,
    links: usize,
}

#[derive(Serialize)]
struct BeyondBounds {
    connections: u64,
    requests: u64,
    backend_roots: u64,
    backend_spans_without_parent: u64,
    links: u64,
    waiting: u64,
}

/// A row of any list.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    of: Of<'a>,
    count: u64,
    errors: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    joined_by: BTreeMap<&'static str, u64>,
    /// As the page saw the request, and the service what it did for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Latencies>,
    last_seen: String,
    example_trace_id: String,
    #[serde(flatten)]
    likely: Option<Likely>,
}

/// How long both ends of a connection took; what nothing is known of is left out.
#[derive(Serialize)]
struct Latencies {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Percentiles>,
    service: Percentiles,
}

/// What a row is of.
#[derive(Serialize)]
#[serde(untagged)]
enum Of<'a> {
    Connection { route: Option<&'a Route>, request: &'a Request, service: &'a str },
    Request { route: Option<&'a Route>, request: &'a Request },
    Work(&'a Work),
    Link { kind: &'a str },
}

/// `None` cannot be: all of it can be written.
pub(super) fn to_json(map: &Map, not_looked_at: u64) -> Option<Box<RawValue>> {
    let shown = Shown {
        since: iso(map.began_ms),
        connections: connections(map),
        unconnected: unconnected(map),
        waiting: Waiting {
            at_most_minutes: WAIT_MS / 60_000,
            requests: map.asked.len(),
            backend_spans: map.served.len(),
            links: map.led.len(),
        },
        spans_remembered_since: iso(map.passed.since_ms().max(map.began_ms)),
        not_judged: map.not_judged,
        not_looked_at,
        beyond_bounds: BeyondBounds {
            connections: map.connections.not_shown,
            requests: map.requests.not_shown,
            backend_roots: map.roots.not_shown,
            backend_spans_without_parent: map.orphans.not_shown,
            links: map.links.not_shown,
            waiting: map.pushed_out,
        },
    };
    to_raw_value(&shown).ok()
}

fn connections(map: &Map) -> Vec<Row<'_>> {
    let rows = map.connections.sorted().into_iter().map(|(of, tally)| {
        let (route, request, service) = (of.route.as_ref(), &of.request, &*of.service);
        row(Of::Connection { route, request, service }, tally, None)
    });
    rows.collect()
}

fn unconnected(map: &Map) -> Unconnected<'_> {
    let joined: HashSet<&str> = map.connections.keys().map(|of| &*of.request.host).collect();
    let has_backend = !joined.is_empty() || map.served.len() + map.roots.len() + map.orphans.len() > 0;
    let has_pages = !joined.is_empty() || map.asked.len() + map.requests.len() > 0;
    let requests = map.requests.sorted().into_iter().map(|(of, tally)| {
        let known = Known { has_backend, host_joins: joined.contains(&*of.request.host) };
        let likely = causes::of_request(of.why, known);
        row(Of::Request { route: of.route.as_ref(), request: &of.request }, tally, Some(likely))
    });
    let roots = map.roots.sorted().into_iter();
    let roots = roots.map(|(of, tally)| row(Of::Work(of), tally, Some(causes::of_root(has_pages))));
    let orphans = map.orphans.sorted().into_iter();
    let orphans = orphans
        .map(|((of, shares_trace), tally)| row(Of::Work(of), tally, Some(causes::of_orphan(*shares_trace))));
    let links = map.links.sorted().into_iter();
    let links = links.map(|(kind, tally)| row(Of::Link { kind }, tally, Some(causes::of_link(kind))));
    Unconnected {
        requests: requests.collect(),
        backend_roots: roots.collect(),
        backend_spans_without_parent: orphans.collect(),
        links: links.collect(),
    }
}

fn row<'a>(of: Of<'a>, tally: &Tally, likely: Option<Likely>) -> Row<'a> {
    let [request, service] = tally.took.each_ref().map(Latency::percentiles);
    Row {
        of,
        count: tally.count,
        errors: tally.errors,
        joined_by: BY.into_iter().zip(tally.by).filter(|(_, count)| *count > 0).collect(),
        latency: service.map(|service| Latencies { request, service }),
        last_seen: iso(tally.last_ms),
        example_trace_id: hex(&tally.trace_id),
        likely,
    }
}
