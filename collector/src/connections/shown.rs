//! The map as the admin port shows it, in JSON.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    causes::{self, Known, Likely},
    end::{KnownBy, Request, Route},
    map::{Connection, Map, Unanswered, WAIT_MS, Work},
    ranking::Tally,
};
use crate::{pipeline::link::hex, sessions::iso};

/// Names of what two ends met by, in their order.
const BY: [&str; 4] = ["traceparent", "x-request-id", "link", "document"];

pub(super) fn to_json(map: &Map, not_looked_at: u64) -> Value {
    let connections = map.connections.sorted();
    let joined: HashSet<&str> = connections.iter().map(|(of, _)| &*of.request.host).collect();
    let has_backend = map.served.len() + map.roots.len() + map.orphans.len() + connections.len() > 0;
    let has_pages = map.asked.len() + map.requests.len() + connections.len() > 0;
    let requests = map.requests.sorted().into_iter().map(|(of, tally)| {
        let known = Known { has_backend, host_joins: joined.contains(&*of.request.host) };
        unanswered(of, tally, known)
    });
    let roots = map.roots.sorted().into_iter();
    let roots = roots.map(|(of, tally)| work(of, tally, causes::of_root(has_pages)));
    let orphans = map.orphans.sorted().into_iter();
    let orphans = orphans.map(|((of, shares), tally)| work(of, tally, causes::of_orphan(*shares)));
    let links = map.links.sorted().into_iter();
    let links = links.map(|(kind, tally)| with(json!({ "kind": kind }), tally, Some(causes::of_link(kind))));
    json!({
        "since": iso(map.began_ms),
        "connections": connections.iter().map(|(of, tally)| connection(of, tally)).collect::<Value>(),
        "unconnected": {
            "requests": requests.collect::<Value>(),
            "backend_roots": roots.collect::<Value>(),
            "backend_spans_without_parent": orphans.collect::<Value>(),
            "links": links.collect::<Value>(),
        },
        "waiting": {
            "at_most_minutes": WAIT_MS / 60_000,
            "requests": map.asked.len(),
            "backend_spans": map.served.len(),
            "links": map.led.len(),
        },
        "spans_remembered_since": iso(map.passed.since_ms().max(map.began_ms)),
        "not_judged": map.not_judged,
        "not_looked_at": not_looked_at,
        "beyond_bounds": {
            "connections": map.connections.not_shown,
            "requests": map.requests.not_shown,
            "backend_roots": map.roots.not_shown,
            "backend_spans_without_parent": map.orphans.not_shown,
            "links": map.links.not_shown,
            "waiting": map.pushed_out,
        },
    })
}

fn connection(Connection { route, request, service }: &Connection, tally: &Tally) -> Value {
    let joined = BY.iter().zip(tally.by).filter(|(_, count)| *count > 0);
    let joined: serde_json::Map<_, _> = joined.map(|(by, count)| ((*by).to_owned(), count.into())).collect();
    let row = json!({
        "route": shown(route.as_ref()),
        "request": asked(request),
        "service": service,
        "joined_by": joined,
    });
    with(row, tally, None)
}

fn unanswered(Unanswered { route, request, why }: &Unanswered, tally: &Tally, known: Known) -> Value {
    let row = json!({ "route": shown(route.as_ref()), "request": asked(request) });
    with(row, tally, Some(causes::of_request(*why, known)))
}

fn work(Work { service, name }: &Work, tally: &Tally, likely: Likely) -> Value {
    with(json!({ "service": service, "name": name }), tally, Some(likely))
}

fn shown(route: Option<&Route>) -> Value {
    let known_by = |known_by| match known_by {
        KnownBy::View => "view",
        KnownBy::Document => "document",
        KnownBy::Session => "session",
    };
    route.map_or(
        Value::Null,
        |route| json!({ "path": route.path, "origin": route.origin, "known_by": known_by(route.known_by) }),
    )
}

fn asked(Request { method, host, path }: &Request) -> Value {
    json!({ "method": method, "host": host, "path": path })
}

/// What every row has, and why it is one.
fn with(mut row: Value, tally: &Tally, likely: Option<Likely>) -> Value {
    let counted = json!({
        "count": tally.count,
        "errors": tally.errors,
        "last_seen": iso(tally.last_ms),
        "example_trace_id": hex(&tally.trace_id),
    });
    let likely = likely.and_then(|likely| serde_json::to_value(likely).ok()).unwrap_or_default();
    if let Some(row) = row.as_object_mut() {
        row.extend(
            [counted, likely]
                .into_iter()
                .filter_map(|more| match more {
                    Value::Object(more) => Some(more),
                    _ => None,
                })
                .flatten(),
        );
    }
    row
}
