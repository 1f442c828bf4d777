//! One request to one destination, and what its answer means by OTLP's rules.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::{StatusCode, header},
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use reqwest::redirect;

use crate::{
    clock::Clock,
    config::{Compression, Destination},
};

/// Speaks OTLP/HTTP to a destination.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    to: Destination,
    clock: Clock,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has them, but for so many spans.
    Taken { rejected: u64, message: String },
    /// It does not want them, and will not want them later.
    Refused { reason: String },
    /// Later, perhaps.
    Later { reason: String, asked: Option<Duration> },
}

/// Bytes of an answer that are read: a message for the log needs no more.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

impl Client {
    pub(super) fn new(to: &Destination, clock: &Clock) -> Result<Self, reqwest::Error> {
        // Whoever installed one before us keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
            // A destination that moves is a change of configuration; headers with tokens follow nobody.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, to: to.clone(), clock: clock.clone() })
    }

    /// Sends once.
    pub(super) async fn post(&self, body: Bytes) -> Answer {
        let exchange = async {
            let mut request =
                self.http.post(&self.to.url).header(header::CONTENT_TYPE, "application/x-protobuf");
            if self.to.compression == Compression::Gzip {
                request = request.header(header::CONTENT_ENCODING, "gzip");
            }
            for (name, value) in &self.to.headers {
                request = request.header(name, value.expose());
            }
            let response = request.body(body).send().await?;
            Ok(self.read(response).await)
        };
        match self.clock.within(self.to.timeout, exchange).await {
            Some(Ok(answer)) => answer,
            Some(Err(error)) => Answer::Later { reason: causes(&error), asked: None },
            None => Answer::Later { reason: format!("no answer within {:?}", self.to.timeout), asked: None },
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
        match status {
            _ if status.is_success() => taken(&body),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Answer::Later { reason: format!("status {status}"), asked },
            _ => Answer::Refused { reason: format!("status {status}: {}", shown(&body)) },
        }
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

fn taken(body: &[u8]) -> Answer {
    // An answer that is no protobuf is still a 2xx: OTLP says the request was taken.
    let partial = ExportTraceServiceResponse::decode(body).ok().and_then(|response| response.partial_success);
    let partial = partial.unwrap_or_default();
    Answer::Taken {
        rejected: u64::try_from(partial.rejected_spans).unwrap_or(0),
        message: partial.error_message,
    }
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(200).collect()
}

/// reqwest's own sentence leaves out why. The URL holds no secret: settings refuse one that does.
fn causes(error: &reqwest::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        sentence = format!("{sentence}: {error}");
        cause = error.source();
    }
    sentence
}
