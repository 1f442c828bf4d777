//! CORS headers on every answer, refusals too: who writes a page should read our sentence, not a riddle.
//!
//! The origin is reflected, never trusted: whether it may send is decided by its key, and credentials are never allowed.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
    middleware::Next,
};

/// Two hours: the longest Chromium keeps a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// What a page needs of our refusals to decide when to send again, and whether to.
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, Weft-Refused");

/// Answers preflights, and adds headers to what everything else answers.
pub(super) async fn reflect(request: Request, next: Next) -> Response<Body> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        preflight(request.headers())
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    // Whatever header a page wants to send may arrive: the refusal that follows says more than a failed preflight.
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let wanted = wanted.unwrap_or(HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.append(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    response
}
