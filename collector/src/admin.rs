//! The admin port: is it alive, is it ready, what happened to every event, which sessions are there, what is
//! connected to what; and the explorer, which shows it to people.

mod blocks;
mod guard;
mod source_maps;

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};

pub(crate) use blocks::LIFT;
pub(crate) use guard::Guard;
pub(crate) use source_maps::SOURCE_MAP;

use crate::{
    bounds::Bounds,
    clock::Clock,
    connections::Connections,
    explorer::{self, Explorer},
    ledger::Ledger,
    memory::Memory,
    metrics::Metrics,
    pipeline::{self, Intake, spool::Segments},
    sessions::Sessions,
    sourcemaps::SourceMaps,
};

/// What the admin port shows.
pub(crate) struct Admin {
    pub(crate) ledger: Ledger,
    pub(crate) sessions: Sessions,
    pub(crate) connections: Arc<Connections>,
    pub(crate) explorer: Arc<Explorer>,
    pub(crate) source_maps: Arc<SourceMaps>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) metrics: Metrics,
    pub(crate) intake: Arc<Intake>,
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) clock: Clock,
    pub(crate) guard: Guard,
}

/// The routes of the admin port.
pub(crate) fn routes(admin: Arc<Admin>) -> Router {
    Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/sessions", get(sessions))
        .route("/api/connections", get(connections))
        .route("/api/ledger", get(ledger))
        .route("/api/drain", post(drain))
        .route("/api/erase", post(erase))
        .route("/api/blocks", get(blocks::list))
        .route("/api/blocks/lift", post(blocks::lift))
        .route("/api/sourcemaps", get(source_maps::list).post(source_maps::take))
        .merge(explorer::routes())
        .layer(middleware::from_fn_with_state(admin.guard.clone(), guard::guard))
        .with_state(admin)
}

/// Alive is not ready: a collector whose disk fails must live on to recover, and must not be sent traffic.
async fn ready(State(admin): State<Arc<Admin>>) -> (StatusCode, String) {
    let health = &admin.segments.health;
    let mut reasons = Vec::new();
    if health.failing.load(Ordering::Relaxed) {
        reasons.push("spool is not writable: look at the disk of `data`\n");
    }
    // Where there is room again it is ready, whether or not somebody has tried.
    if admin.bounds.is_full() {
        reasons.push(
            "spool is full: a destination has not taken events for long, or the disk is full; see /metrics\n",
        );
    }
    if admin.memory.sheds() {
        reasons.push("memory: memory_limit_mib is reached\n");
    }
    if admin.intake.is_draining() {
        reasons.push("draining: about to go\n");
    }
    if reasons.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, reasons.concat())
    }
}

async fn metrics(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], admin.metrics.encode())
}

async fn sessions(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    (JSON, admin.sessions.to_json().to_string())
}

async fn connections(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    (JSON, admin.connections.to_json(admin.clock.wall_ms()))
}

/// What `weft drain` sends with its request. A page in a browser on this machine cannot: it would have to ask first.
pub(crate) const DRAIN: HeaderName = HeaderName::from_static("weft-drain");

async fn drain(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> StatusCode {
    if !headers.contains_key(DRAIN) {
        return StatusCode::FORBIDDEN;
    }
    tracing::info!("draining: everything is turned away from now on");
    admin.intake.drain();
    StatusCode::ACCEPTED
}

/// What `weft erase` sends with its request, as [`DRAIN`].
pub(crate) const ERASE: HeaderName = HeaderName::from_static("weft-erase");

/// The session that is named in that header leaves no more, whichever key it is of.
async fn erase(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> (StatusCode, String) {
    let Some(session) = headers.get(ERASE).and_then(|value| value.to_str().ok()) else {
        return (StatusCode::FORBIDDEN, "Name the session in the header weft-erase.\n".to_owned());
    };
    match pipeline::erase(&admin.intake, session).await {
        Ok(keys) => (StatusCode::OK, format!("erased, for {keys} keys\n")),
        Err(reject) => (reject.status(), format!("{}\n", reject.sentence())),
    }
}

async fn ledger(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    let book = serde_json::to_value(admin.ledger.snapshot()).unwrap_or_default();
    (JSON, book.to_string())
}

const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
