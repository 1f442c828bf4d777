//! Source maps are taken here, and only what each is called and takes is told again: what is in them is seen in stacks alone.

use std::{sync::Arc, time::UNIX_EPOCH};

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
    response::IntoResponse,
};
use serde_json::json;

use super::{Admin, JSON};
use crate::sourcemaps::{DebugId, Kept, MOST_MAP_BYTES, NotKept};

/// What `weft sourcemaps upload` sends with each: its debug id. No page can, as with [`super::DRAIN`].
pub(crate) const SOURCE_MAP: HeaderName = HeaderName::from_static("weft-source-map");

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    let all = tokio::task::spawn_blocking(move || admin.source_maps.all()).await.unwrap_or_default();
    let one = |kept: &Kept| {
        let since_ms = kept.since.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        json!({ "debug_id": kept.id.to_string(), "bytes": kept.bytes, "since_ms": since_ms })
    };
    let all: Vec<_> = all.iter().map(one).collect();
    (JSON, json!({ "source_maps": all }).to_string())
}

pub(super) async fn take(
    State(admin): State<Arc<Admin>>,
    headers: HeaderMap,
    body: Body,
) -> (StatusCode, String) {
    let id = headers.get(SOURCE_MAP).and_then(|value| DebugId::read(value.to_str().ok()?));
    let Some(id) = id else {
        return (
            StatusCode::FORBIDDEN,
            "Name the debug id, a UUID, in the header weft-source-map.\n".to_owned(),
        );
    };
    let Ok(map) = to_bytes(body, MOST_MAP_BYTES).await else {
        let most = MOST_MAP_BYTES >> 20;
        return (StatusCode::PAYLOAD_TOO_LARGE, format!("A source map has at most {most} MiB.\n"));
    };
    let kept = tokio::task::spawn_blocking(move || admin.source_maps.keep(id, &map)).await;
    match kept {
        Ok(Ok(())) => (StatusCode::OK, format!("{id} is kept\n")),
        Ok(Err(why)) => (status(&why), format!("{id}: {why}\n")),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{id}: it cannot be read\n")),
    }
}

fn status(why: &NotKept) -> StatusCode {
    match why {
        NotKept::Off => StatusCode::NOT_FOUND,
        NotKept::NoMap(_) => StatusCode::BAD_REQUEST,
        NotKept::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        NotKept::Disk(error) => {
            tracing::warn!(%error, "source map cannot be written: look at the disk of data");
            StatusCode::INSUFFICIENT_STORAGE
        }
    }
}
