//! A small website of its own origin: pages that hold nothing but what a person can press, the SDK as it was
//! built, and answers that apps get from their backends. It remembers what it was asked.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use http_body_util::Channel;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

const PATIENCE: Duration = Duration::from_secs(30);

/// What stands in every page.
const PAGE: &str = r##"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,"></head>
<body>
  <button id="press" data-weft="press">Press</button>
  <label id="agree-label" for="agree">Agree</label><input id="agree" type="checkbox">
  <a id="next" href="/page/next">Next page</a>
</body>
</html>"##;

/// The website. It ends with the test.
pub struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    /// Where `/out/…` redirects to.
    out: String,
    asked: watch::Sender<Vec<Asked>>,
    /// Whether what is asked for under `/held/` is answered.
    released: watch::Sender<bool>,
}

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path with its query.
    pub path: String,
    /// Its headers, names in lower case; values of one name joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl Site {
    /// Listens on a free port; `/out/…` is redirected to `out`.
    pub async fn start(out: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (asked, released) = (watch::Sender::new(Vec::new()), watch::Sender::new(false));
        let shared = Arc::new(Shared { out, asked, released });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shared, server }
    }

    /// Its address, without a slash at the end: its origin.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked since this was called last, without pages and the SDK's own files.
    #[must_use]
    pub fn take_asked(&self) -> Vec<Asked> {
        self.shared.asked.send_replace(Vec::new())
    }

    /// Waits until something was asked for by this path.
    ///
    /// # Panics
    /// After half a minute.
    pub async fn wait_for(&self, path: &str) {
        let mut asked = self.shared.asked.subscribe();
        let came = asked.wait_for(|asked| asked.iter().any(|asked| asked.path == path));
        let came = tokio::time::timeout(PATIENCE, came).await;
        assert!(came.is_ok_and(|came| came.is_ok()), "nobody asked for {path}");
    }

    /// Answers what is asked for under `/held/`, now and from now on.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let of_sdk = path.strip_prefix("/weft/");
    if path == "/page" || path.starts_with("/page/") {
        return Html(PAGE).into_response();
    }
    if of_sdk.is_none() {
        let body = to_bytes(body, 16 << 20).await.unwrap_or_default().to_vec();
        shared.asked.send_modify(|asked| asked.push(Asked::new(&head, body)));
    }
    match path.split('/').nth(1).unwrap_or_default() {
        "weft" => file(of_sdk.unwrap_or_default()),
        "held" => {
            // It fails only if the site is gone, and then nobody waits.
            _ = shared.released.subscribe().wait_for(|released| *released).await;
            file(path.trim_start_matches("/held/"))
        }
        "endless" => endless(),
        // 307 keeps the method.
        "out" => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, shared.out.as_str())]).into_response(),
        _ => "an answer".into_response(),
    }
}

/// An answer that has begun and never ends. To Firefox it has begun when there is a first byte of it.
fn endless() -> Response {
    let (mut sender, body) = Channel::<Bytes, std::convert::Infallible>::new(1);
    tokio::spawn(async move {
        // Whoever has gone meanwhile needs no more of it.
        _ = sender.send_data(Bytes::from_static(b"an")).await;
        std::future::pending::<()>().await;
    });
    Body::new(body).into_response()
}

impl Asked {
    fn new(head: &axum::http::request::Parts, body: Vec<u8>) -> Self {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let of_name = headers.entry(name.to_string());
            of_name.and_modify(|values| *values = format!("{values}, {value}")).or_insert(value.into_owned());
        }
        Self { method: head.method.to_string(), path: head.uri.to_string(), headers, body }
    }
}

/// A file of the SDK as `cargo xtask wasm` leaves it.
fn file(name: &str) -> Response {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-sdk/dist").join(name);
    let kind = if name.ends_with(".wasm") { "application/wasm" } else { "text/javascript" };
    match std::fs::read(path) {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
