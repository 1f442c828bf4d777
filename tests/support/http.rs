//! A plain HTTP client: what a hostile or broken sender would use.

use std::collections::HashMap;

use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, body::Bytes};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

/// Why nothing came back, or not all of it.
#[derive(Clone, Debug)]
pub struct NoAnswer {
    /// Whether the request may have been read: somebody was there.
    pub was_reached: bool,
    /// What went wrong.
    pub why: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Sends one request on a connection of its own.
///
/// # Panics
/// If there is no answer.
pub async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    try_send(method, url, headers, body).await.unwrap_or_else(|why| panic!("{url}: {}", why.why))
}

/// As [`send`], but what went wrong if there was no whole answer.
pub async fn try_send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, NoAnswer> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a valid request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answered = client.request(request).await;
    let answered =
        answered.map_err(|error| NoAnswer { was_reached: !error.is_connect(), why: error.to_string() });
    let (head, body) = answered?.into_parts();
    let broken = |error: hyper::Error| NoAnswer { was_reached: true, why: error.to_string() };
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.collect().await.map_err(broken)?.to_bytes().to_vec(),
    })
}

/// Gets text that must be there.
///
/// # Panics
/// If it is not.
pub async fn get(url: &str) -> String {
    let answer = send(Method::GET, url, &[], "").await;
    assert_eq!(answer.status, 200, "{url}: {}", answer.text());
    answer.text()
}
