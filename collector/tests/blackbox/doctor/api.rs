//! Somebody's API: it does everything right, and each test takes something away.

use std::{
    future::Future,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// How many came before it.
    pub(super) number: usize,
}

/// What is answered.
pub(super) struct Answer {
    status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    never_ends: bool,
}

/// It listens, and remembers what it was asked.
pub(super) struct Api {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// What it remembers, and what it says.
type Told = (Arc<Mutex<Vec<Asked>>>, Arc<Says>);

type Says = dyn Fn(&Asked) -> Option<Answer> + Send + Sync;

impl Api {
    /// One that answers so.
    pub(super) async fn start(says: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_perhaps(move |asked| Some(says(asked))).await
    }

    /// One that may also say nothing, ever.
    pub(super) async fn start_perhaps(
        says: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let says: Arc<Says> = Arc::new(says);
        let router = Router::new().fallback(answer).with_state((Arc::clone(&asked), says));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, asked }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Requests so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// As it should be.
    pub(super) fn right(asked: &Asked) -> Answer {
        let allowed = Answer::new(204)
            .with("access-control-allow-origin", Some(super::SHOP))
            .with("vary", Some("Accept-Encoding, Origin"));
        if asked.method == "OPTIONS" {
            return allowed
                .with("access-control-allow-headers", Some("Content-Type, Traceparent, tracestate, baggage"))
                .with("access-control-allow-methods", Some("PUT, PATCH"))
                .with("access-control-max-age", Some("7200"));
        }
        allowed
            .body("application/json", "{}")
            .with("timing-allow-origin", Some(super::SHOP))
            .with("server-timing", Some(&continues(asked)))
            .with("x-request-id", Some("r-1"))
            .with("access-control-expose-headers", Some("X-Request-Id"))
    }
}

impl Answer {
    pub(super) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), never_ends: false }
    }

    /// With a body that begins and never goes on.
    pub(super) fn endless(self) -> Self {
        Self { never_ends: true, ..self }
    }

    /// With another status.
    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With a header in place of those of this name; or without them.
    pub(super) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.retain(|(had, _)| *had != name);
        self.headers.extend(value.map(|value| (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())));
        self
    }

    /// With one more header of this name.
    pub(super) fn and(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
        self
    }

    pub(super) fn body(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.status(200).with("content-type", Some(kind)) }
    }
}

/// `Server-Timing` of a server that goes on with the trace it was handed, or begins one.
pub(super) fn continues(asked: &Asked) -> String {
    let sent = asked.headers.get("traceparent").map(|value| value.to_str().unwrap().to_owned());
    let trace = sent.map_or_else(|| format!("{:032x}", asked.number + 1), |sent| sent[3..35].to_owned());
    format!("db;dur=3, traceparent;desc=\"00-{trace}-{:016x}-01\"", asked.number + 1)
}

fn answer(State((asked, says)): State<Told>, request: Request) -> impl Future<Output = Response> {
    let mut all = asked.lock().unwrap();
    let this = Asked {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        headers: request.headers().clone(),
        number: all.len(),
    };
    all.push(this.clone());
    let answer = says(&this);
    async move {
        let Some(answer) = answer else { return std::future::pending().await };
        let body = if answer.never_ends { never_ending(answer.body) } else { Body::from(answer.body) };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
        answer.headers.into_iter().for_each(|(name, value)| _ = response.headers_mut().append(name, value));
        response
    }
}

fn never_ending(beginning: Vec<u8>) -> Body {
    let beginning = tokio_stream::once(Ok::<_, std::io::Error>(beginning));
    Body::from_stream(tokio_stream::StreamExt::chain(beginning, tokio_stream::pending()))
}
