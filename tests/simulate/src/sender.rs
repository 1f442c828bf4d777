//! Whoever sends to the collector: one connection for ten thousands of requests.

use http_body_util::{BodyExt, Full};
use hyper::{Request as HttpRequest, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use support::{collector::Addresses, page::ORIGIN};

/// A request of a page or a server.
#[derive(Clone, Debug)]
pub struct Request {
    path: String,
    headers: [(&'static str, String); 2],
    body: Bytes,
}

impl Request {
    /// A batch of a page with this key.
    #[must_use]
    pub fn of_page(key: &str, body: Vec<u8>) -> Self {
        let headers = [("origin", ORIGIN.to_owned()), ("content-type", "text/plain".to_owned())];
        Self { path: format!("/api/telemetry?key={key}"), headers, body: body.into() }
    }

    /// OTLP of a server with this key.
    #[must_use]
    pub fn of_server(key: &str, body: Vec<u8>) -> Self {
        let headers = [
            ("authorization", format!("Bearer {key}")),
            ("content-type", "application/x-protobuf".to_owned()),
        ];
        Self { path: "/v1/traces".to_owned(), headers, body: body.into() }
    }
}

/// Sends, and keeps its connections.
#[derive(Clone)]
pub struct Sender {
    to: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Sender {
    /// To this collector.
    #[must_use]
    pub fn new(to: Addresses) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            to: format!("http://{}", to.ingest),
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Sends, and waits until it is acknowledged.
    ///
    /// # Panics
    /// If it is not.
    pub async fn send(&self, request: &Request) {
        let mut http = HttpRequest::post(format!("{}{}", self.to, request.path));
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        let http = http.body(Full::new(request.body.clone())).expect("a valid request");
        let answer = self.client.request(http).await.unwrap_or_else(|error| panic!("{}: {error}", self.to));
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a whole answer").to_bytes();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    }
}
