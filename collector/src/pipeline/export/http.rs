//! One request over OTLP/HTTP, as binary protobuf.

use std::{sync::Arc, time::Duration};

use axum::{body::Bytes, http::header};
use reqwest::redirect;

use super::answer::{self, Answer, causes};
use crate::{
    clock::Clock,
    config::{Compression, Destination},
    pipeline::signal::Signal,
};

/// Speaks OTLP/HTTP to a destination.
#[derive(Debug)]
pub(super) struct Http {
    http: reqwest::Client,
    to: Arc<Destination>,
    clock: Clock,
}

/// Bytes of an answer that are read: a message for the log needs no more.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

impl Http {
    pub(super) fn new(to: &Arc<Destination>, clock: &Clock) -> Result<Self, reqwest::Error> {
        // Whoever installed one before us keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
            // A destination that moves is a change of configuration; headers with tokens follow nobody.
            .redirect(redirect::Policy::none())
            .no_proxy();
        if let Some(roots) = &to.roots {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(roots.as_bytes())?);
        }
        Ok(Self { http: builder.build()?, to: Arc::clone(to), clock: clock.clone() })
    }

    /// Sends once. `body` is compressed already.
    pub(super) async fn post(&self, signal: Signal, body: Bytes) -> Answer {
        let mut request = self
            .http
            .post(format!("{}{}", self.to.base, signal.path()))
            .header(header::CONTENT_TYPE, "application/x-protobuf");
        if let Some(coding) = coding(self.to.compression) {
            request = request.header(header::CONTENT_ENCODING, coding);
        }
        for (name, value) in &self.to.headers {
            request = request.header(name, value.expose());
        }
        match request.body(body).send().await {
            Ok(response) => self.read(response).await,
            Err(error) => Answer::Later { reason: causes(&error), asked: None },
        }
    }

    async fn read(&self, mut response: reqwest::Response) -> Answer {
        let status = response.status();
        let asked =
            response.headers().get(header::RETRY_AFTER).and_then(|value| self.asked(value.to_str().ok()?));
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            let room = MAX_ANSWER_BYTES - body.len();
            body.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if body.len() == MAX_ANSWER_BYTES {
                break;
            }
        }
        answer::of_status(status, &body, asked)
    }

    /// `Retry-After`: seconds, or a date.
    fn asked(&self, value: &str) -> Option<Duration> {
        if let Ok(seconds) = value.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        let now = std::time::UNIX_EPOCH + Duration::from_millis(self.clock.wall_ms());
        date.duration_since(now).ok()
    }
}

fn coding(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::None => None,
        Compression::Gzip => Some("gzip"),
        Compression::Zstd => Some("zstd"),
    }
}
