//! What a site passes on to somebody else, as a proxy of its own origin would.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::http::try_send;

/// Where paths that begin alike are passed on to.
#[derive(Clone)]
pub(super) struct Onward {
    pub(super) prefix: String,
    /// Origin of who answers.
    pub(super) to: String,
    /// What is added to each request.
    pub(super) headers: Vec<(String, String)>,
}

impl Onward {
    pub(super) async fn answer(&self, head: &Parts, body: Vec<u8>) -> Response {
        let given = passed_on(&head.headers);
        let added = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = given.into_iter().chain(added).collect();
        let url = format!("{}{}", self.to, head.uri);
        let Ok(answer) = try_send(head.method.clone(), &url, &headers, Bytes::from(body)).await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let status = StatusCode::from_u16(answer.status).expect("a status");
        let kind = answer.header("content-type").unwrap_or("application/octet-stream").to_owned();
        (status, [(header::CONTENT_TYPE, kind)], answer.body).into_response()
    }
}

/// All but what is of the connection, or says who asks.
fn passed_on(headers: &HeaderMap) -> Vec<(&str, &str)> {
    const NOT: [header::HeaderName; 6] = [
        header::HOST,
        header::ORIGIN,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::COOKIE,
    ];
    let kept = headers.iter().filter(|(name, _)| !NOT.contains(name));
    kept.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}
