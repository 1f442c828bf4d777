//! The page itself: what `cargo xtask explorer` has made of `explorer/`, or a word on how to make it.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use crate::admin::Admin;

/// What was there when the collector was built; in debug builds, what is there now.
#[derive(RustEmbed)]
#[folder = "explorer/dist"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.svg"]
#[allow_missing = true]
struct Built;

/// Paths of the page and its parts, their files and types. None of them says anything of anybody, so they need no token:
/// the page asks for one.
const FILES: [(&str, &str, &str); 4] = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/explorer.js", "explorer.js", "text/javascript; charset=utf-8"),
    ("/explorer.css", "explorer.css", "text/css; charset=utf-8"),
    ("/icon.svg", "icon.svg", "image/svg+xml"),
];

/// Its own script and style, and nothing that anybody else could have written into it; no text becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>weft</title>\
    <h1>The explorer is not built in</h1>\
    <p>This collector was built without it. <code>cargo xtask explorer</code> makes it, with Node; build the collector \
    again behind that. Everything it shows is below <code>/api</code>, as <a href=\"/api/openapi.json\">described \
    here</a>.</p></html>";

/// Whether this is a part of the page.
pub(crate) fn is_page(path: &str) -> bool {
    FILES.iter().any(|(known, ..)| *known == path)
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    FILES.into_iter().fold(Router::new(), |router, (path, file, kind)| {
        router.route(path, get(async move || serve(file, kind)))
    })
}

fn serve(file: &str, kind: &'static str) -> Response {
    let bytes = match Built::get(file) {
        Some(found) => found.data,
        None if file == "index.html" => Cow::Borrowed(NOT_BUILT.as_bytes()),
        None => return (StatusCode::NOT_FOUND, "The explorer is not built in.\n").into_response(),
    };
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, bytes.into_owned()).into_response()
}
