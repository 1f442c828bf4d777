//! The routes of the SDK. Nobody needs a key for them, and no rate is spent.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
    routing::any,
};

use super::{
    CLASSIC, Sdk,
    file::{Coding, File},
};

/// Files never change below a name that is made of them.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// What leads to them changes with each version: five minutes is how long pages may lag behind.
const SHORTLY: &str = "public, max-age=300";

/// A version that is not here may be at the next try: another machine may have it already, or still.
const NEVER: &str = "no-store";

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// What is served below the SDK's path. `None`: this collector was built without it, and says so.
pub(crate) fn routes(path: &str, sdk: Option<Arc<Sdk>>) -> Router {
    Router::new().route(&format!("{path}/{{*rest}}"), any(serve)).with_state(sdk)
}

async fn serve(
    State(sdk): State<Option<Arc<Sdk>>>,
    Path(rest): Path<String>,
    request: Request,
) -> Response<Body> {
    let mut response = if matches!(*request.method(), Method::GET | Method::HEAD) {
        match sdk {
            Some(sdk) => get(&sdk, &rest, request.headers()).await,
            None => said(StatusCode::NOT_FOUND, "This collector was built without the SDK.\n"),
        }
    } else {
        let mut response = said(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CORP, HeaderValue::from_static("cross-origin"));
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    response
}

async fn get(sdk: &Sdk, rest: &str, headers: &HeaderMap) -> Response<Body> {
    let (directory, name) = match rest.split_once('/') {
        Some((directory, name)) => (Some(directory), name),
        None => (None, rest),
    };
    match (sdk.files.get(name), directory) {
        (Some(file), Some(directory)) if directory == sdk.directory => whole(file, headers).await,
        (Some(_), None) => leads_to(&sdk.directory, name),
        _ => said(StatusCode::NOT_FOUND, "No such file in this version of the SDK.\n"),
    }
}

async fn whole(file: &Arc<File>, headers: &HeaderMap) -> Response<Body> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let (file, coding) = (Arc::clone(file), accepted.map_or(Coding::Identity, Coding::of));
    let kind = file.kind;
    // Compressing is work, once: away from the threads that serve requests.
    let coded = tokio::task::spawn_blocking(move || file.coded(coding)).await;
    let Ok((bytes, name)) = coded else {
        return said(StatusCode::INTERNAL_SERVER_ERROR, "It could not be compressed.\n");
    };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(name) = name {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

/// To the file of this version. A module is passed on by a module, so that whoever names it twice has one of it; anything
/// else is somewhere else.
fn leads_to(directory: &str, name: &str) -> Response<Body> {
    let to = format!("./{directory}/{name}");
    let is_module = name.ends_with(".js") && name != CLASSIC;
    let mut response = if is_module {
        let mut response = Response::new(Body::from(format!("export * from \"{to}\";\n")));
        let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    } else {
        let mut response = said(StatusCode::FOUND, "");
        if let Ok(to) = HeaderValue::from_str(&to) {
            response.headers_mut().insert(header::LOCATION, to);
        }
        response
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(SHORTLY));
    response
}

fn said(status: StatusCode, sentence: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(sentence));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(NEVER));
    response
}
