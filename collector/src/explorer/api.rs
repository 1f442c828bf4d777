//! The explorer's part of the admin port: its page, and what that asks for. `explorer/openapi.json` describes all of it.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value as Json, json};

use super::{Explorer, assets, event::End, fill, health, saved, together::With, updates};
use crate::{admin::Admin, pipeline::decode::session_id};

/// What is served below `/`, and below `/api`.
pub(crate) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .merge(assets::routes())
        .route("/api/openapi.json", get(async || (JSON, include_str!("../../explorer/openapi.json"))))
        .route("/api/explorer/sessions", get(sessions))
        .route("/api/explorer/sessions/{application}/{id}", get(session))
        .route("/api/explorer/sessions/{application}/{id}/events/{event}", get(event))
        .route("/api/explorer/costs", get(costs))
        .route("/api/explorer/health", get(health))
        .route("/api/explorer/paste", get(paste))
        .route("/api/explorer/updates", get(updates::updates))
}

/// Characters of what is looked for.
const MOST_WANTED: usize = 200;

async fn sessions(State(admin): State<Arc<Admin>>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let wanted = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q");
    let wanted: String = wanted.map(|(_, text)| text.chars().take(MOST_WANTED).collect()).unwrap_or_default();
    answer(&admin.explorer, move |explorer| Some(explorer.sessions_json(&wanted))).await
}

async fn session(
    State(admin): State<Arc<Admin>>,
    Path((application, id)): Path<(String, String)>,
    uri: Uri,
) -> Response {
    let with = if uri.query() == Some("alone") { With::Nothing } else { With::ItsPages };
    answer(&admin.explorer, move |explorer| explorer.timeline_json(&application, &id, with)).await
}

async fn event(
    State(admin): State<Arc<Admin>>,
    Path((application, id, event)): Path<(String, String, String)>,
) -> Response {
    let Some(end) = end(&event) else {
        return (StatusCode::NOT_FOUND, "Name an event as traceid-spanid, in hexadecimal.\n").into_response();
    };
    let maps = Arc::clone(&admin.source_maps);
    answer(&admin.explorer, move |explorer| explorer.event_json(&application, &id, end, &maps)).await
}

async fn costs(State(admin): State<Arc<Admin>>) -> Response {
    let explorer = Arc::clone(&admin.explorer);
    answer(&explorer, move |explorer| {
        let (book, fill) = (admin.ledger.snapshot(), admin.intake.fill(admin.clock.wall_ms()));
        let kept = explorer.kept();
        let (costs, saved) = (kept.costs.to_json(), saved::to_json(&book, &kept.costs));
        drop(kept);
        let bounds = fill::to_json(&fill);
        Some(json!({ "costs": costs, "saved": saved, "bounds": bounds, "kept": explorer.kept_json() }))
    })
    .await
}

async fn health(State(admin): State<Arc<Admin>>) -> Response {
    let explorer = Arc::clone(&admin.explorer);
    answer(&explorer, move |_| Some(health::to_json(&admin))).await
}

async fn paste(State(admin): State<Arc<Admin>>) -> Response {
    (JSON, admin.explorer.paste.to_json().to_string()).into_response()
}

impl Explorer {
    /// How much is kept, and what was not looked at: beside every number that may be too small for it.
    pub(super) fn kept_json(&self) -> Json {
        use std::sync::atomic::Ordering::Relaxed;
        let kept = self.kept();
        let (bytes, most_bytes) = kept.store.bytes();
        json!({
            "sessions": kept.store.sessions().count(),
            "sessions_forgotten": kept.store.forgotten,
            "bytes": bytes,
            "most_bytes": most_bytes,
            "events_passed_over": self.passed_over.events.load(Relaxed),
            "spool_bytes_passed_over": self.passed_over.bytes.load(Relaxed),
        })
    }
}

/// What `ask` comes to, away from the threads that serve requests, and few at once: a session may be large.
async fn answer(
    explorer: &Arc<Explorer>,
    ask: impl FnOnce(&Explorer) -> Option<Json> + Send + 'static,
) -> Response {
    let explorer = Arc::clone(explorer);
    let Ok(_turn) = explorer.asking.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let asked = Arc::clone(&explorer);
    let asked = tokio::task::spawn_blocking(move || ask(&asked).map(|json| json.to_string()));
    match asked.await {
        Ok(Some(text)) => (JSON, text).into_response(),
        Ok(None) => {
            (StatusCode::NOT_FOUND, "It is not here: it was never, was erased, or made room for others.\n")
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn end(name: &str) -> Option<End> {
    let (trace, span) = name.split_once('-')?;
    let is_span = span.len() == 16 && span.bytes().all(|digit| digit.is_ascii_hexdigit());
    let span = is_span.then(|| u64::from_str_radix(span, 16).ok())??;
    Some((session_id(trace)?, span.to_be_bytes()))
}

const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
