//! A small website of its own origin: pages that hold nothing but what a person can press, the SDK as it was
//! built, and answers that apps get from their backends. It remembers what it was asked.

mod asked;
mod onward;
mod streams;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    http::{Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
    task::JoinHandle,
};

pub use asked::Asked;

use onward::Onward;

const PATIENCE: Duration = Duration::from_secs(30);

/// What stands in every page under `/page` that a test gave no other content.
pub const PAGE: &str = r##"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,"></head>
<body>
  <button id="press" data-weft="press">Press</button>
  <label id="agree-label" for="agree">Agree</label><input id="agree" type="checkbox">
  <a id="next" href="/page/next">Next page</a>
</body>
</html>"##;

/// The website. It ends with the test. Under
/// `/page` are pages, see also [`Site::page`],
/// `/weft/` the SDK's files,
/// `/held/` the same, and anything else, once it is released,
/// `/alone/` the SDK's files without those that it fetches when it needs them,
/// `/mistyped/` the SDK's files as plain text,
/// `/missing/` nothing: 404,
/// `/out/` a redirect to elsewhere,
/// `/shared/` an answer that pages of every origin may have, with the headers that join traces,
/// `/shared-out/` a redirect to elsewhere that they may follow,
/// `/endless/` an answer that never ends,
/// `/events` a stream of events for an `EventSource`,
/// `/socket` an echo for a `WebSocket`,
/// what [`Site::pass_on`] was told, whatever somebody else answers,
/// and everywhere else an answer.
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
    /// What the streams of events say; nothing: they end.
    said: broadcast::Sender<Option<String>>,
    pages: Mutex<BTreeMap<String, Page>>,
    onward: Mutex<Vec<Onward>>,
}

impl Shared {
    fn onward(&self, path: &str) -> Option<Onward> {
        let all = self.onward.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|onward| path.starts_with(&onward.prefix)).cloned()
    }
}

/// A page as a test wants it.
#[derive(Clone)]
struct Page {
    html: String,
    headers: Vec<(String, String)>,
}

impl Site {
    /// Listens on a free port; `/out/…` is redirected to `out`.
    pub async fn start(out: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (asked, released) = (watch::Sender::new(Vec::new()), watch::Sender::new(false));
        let said = broadcast::Sender::new(16);
        let (pages, onward) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { out, asked, released, said, pages, onward });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shared, server }
    }

    /// Its address, without a slash at the end: its origin.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same site by another name: to a browser another origin, and another site.
    #[must_use]
    pub fn url_of_another_site(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// The same site by a name that browsers do not know to be this machine's: without TLS it is no secure context.
    #[must_use]
    pub fn url_by_name(&self) -> String {
        format!("http://shop.test:{}", self.address.port())
    }

    /// Answers to this path with this page and these headers.
    pub fn page(&self, path: &str, html: &str, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let page = Page { html: html.to_owned(), headers };
        self.shared.pages.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), page);
    }

    /// Passes on what is asked for under paths that begin like this, with these headers more, and without those that say
    /// where it comes from.
    pub fn pass_on(&self, prefix: &str, to: &str, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let onward = Onward { prefix: prefix.to_owned(), to: to.to_owned(), headers };
        self.shared.onward.lock().unwrap_or_else(PoisonError::into_inner).push(onward);
    }

    /// Says something to every stream of events that is open.
    pub fn say(&self, text: &str) {
        // Nobody may be listening.
        _ = self.shared.said.send(Some(text.to_owned()));
    }

    /// Ends every stream of events that is open.
    pub fn end_events(&self) {
        _ = self.shared.said.send(None);
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
    let (mut head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if let Some(page) = shared.pages.lock().unwrap_or_else(PoisonError::into_inner).get(&path) {
        return page.clone().into_response();
    }
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((&path[1..], ""));
    match first {
        "page" => return Html(PAGE).into_response(),
        "weft" => return file(rest),
        "alone" if !rest.starts_with("chunk-") => return file(rest),
        "alone" => return StatusCode::NOT_FOUND.into_response(),
        _ => {}
    }
    let body = to_bytes(body, 16 << 20).await.unwrap_or_default().to_vec();
    shared.asked.send_modify(|asked| asked.push(Asked::new(&head, body.clone())));
    if let Some(onward) = shared.onward(&path) {
        return onward.answer(&head, body).await;
    }
    match first {
        "held" => {
            // It fails only if the site is gone, and then nobody waits.
            _ = shared.released.subscribe().wait_for(|released| *released).await;
            let file = file(rest);
            if file.status() == StatusCode::OK { file } else { "an answer".into_response() }
        }
        "mistyped" => ([(header::CONTENT_TYPE, "text/plain")], file(rest).into_body()).into_response(),
        "missing" => StatusCode::NOT_FOUND.into_response(),
        "shared" => (SHARED, "an answer").into_response(),
        "shared-out" if head.method == Method::OPTIONS => (SHARED, "").into_response(),
        "shared-out" => {
            let to = [(header::LOCATION, shared.out.as_str())];
            (StatusCode::TEMPORARY_REDIRECT, SHARED, to).into_response()
        }
        "endless" => streams::endless(),
        "events" => streams::events(shared.said.subscribe()),
        "socket" => match WebSocketUpgrade::from_request_parts(&mut head, &()).await {
            Ok(upgrade) => upgrade.on_upgrade(streams::echo),
            Err(refused) => refused.into_response(),
        },
        // 307 keeps the method.
        "out" => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, shared.out.as_str())]).into_response(),
        _ => "an answer".into_response(),
    }
}

/// What a server says that is prepared to be joined from other origins.
const SHARED: [(header::HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "traceparent, tracestate, baggage"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "x-request-id"),
    (header::HeaderName::from_static("x-request-id"), SHARED_ID),
];

/// What it calls each of these requests.
pub const SHARED_ID: &str = "7f3c9a52-shared";

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = Html(self.html).into_response();
        for (name, value) in self.headers {
            let name = header::HeaderName::try_from(name).expect("a header's name");
            let value = value.parse().expect("a header's value");
            if name == header::CONTENT_TYPE {
                response.headers_mut().insert(name, value);
            } else {
                response.headers_mut().append(name, value);
            }
        }
        response
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
