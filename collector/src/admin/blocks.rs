//! Whom nothing new is taken of at present, why, and how to end that.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
    response::IntoResponse,
};

use super::{Admin, JSON};

/// What `weft blocks --lift` sends with its request: the number of the block. No page can, as with [`super::DRAIN`].
pub(crate) const LIFT: HeaderName = HeaderName::from_static("weft-lift");

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    (JSON, serde_json::json!({ "blocks": admin.intake.blocked() }).to_string())
}

pub(super) async fn lift(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> (StatusCode, String) {
    let number = headers.get(LIFT).and_then(|value| value.to_str().ok()?.parse().ok());
    match number {
        None => (StatusCode::FORBIDDEN, "Name the number of the block in the header weft-lift.\n".to_owned()),
        Some(number) if admin.intake.lift(number) => {
            tracing::info!(number, "block lifted: the address is not blocked again for a day");
            (
                StatusCode::OK,
                format!("{number} is lifted: there is no other for the same address and key for a day\n"),
            )
        }
        Some(number) => (
            StatusCode::NOT_FOUND,
            format!("There is no block {number}: it is over, or was lifted. See /api/blocks.\n"),
        ),
    }
}
