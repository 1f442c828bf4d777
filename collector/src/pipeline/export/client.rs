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
    /// Not before somebody changes something, here or there.
    Misconfigured { reason: String, change: &'static str },
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
        meaning(status, &body, asked)
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

/// OTLP lets a client give up on every 4xx but 429. Only some of them judge the data, though: the others judge who
/// sends it or where to, and a token that expires would empty the spool into nothing at full speed. What accepted
/// events are worth is not for a status to decide, so they wait, loudly, until somebody has changed something. A 500
/// says nothing about the data either, and passes by itself more often than not.
fn meaning(status: StatusCode, body: &[u8], asked: Option<Duration>) -> Answer {
    let reason = format!("status {status}: {}", shown(body));
    let change = match status {
        _ if status.is_success() => return taken(body),
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => return Answer::Refused { reason },
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            return Answer::Later { reason, asked };
        }
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => ENDPOINT,
        _ if status.is_server_error() => return Answer::Later { reason, asked },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            "check the token in the destination's `headers`"
        }
        _ if status.is_redirection() => "it is elsewhere: set the destination's `endpoint` to where it is",
        _ => ENDPOINT,
    };
    Answer::Misconfigured { reason, change }
}

const ENDPOINT: &str =
    "check the destination's `endpoint`: it is to be the base URL of an OTLP/HTTP receiver";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_judges_the_data_gives_it_up() {
        let kind = |status| match meaning(StatusCode::from_u16(status).unwrap(), b"", None) {
            Answer::Taken { .. } => "taken",
            Answer::Refused { .. } => "refused",
            Answer::Later { .. } => "later",
            Answer::Misconfigured { .. } => "misconfigured",
        };
        for (statuses, expected) in [
            (&[200, 202, 204][..], "taken"),
            (&[400, 413, 415, 422], "refused"),
            (&[408, 429, 500, 502, 503, 504, 507], "later"),
            (&[301, 302, 307, 308, 401, 403, 404, 405, 407, 410, 501], "misconfigured"),
        ] {
            statuses.iter().for_each(|status| assert_eq!(kind(*status), expected, "{status}"));
        }
    }
}
