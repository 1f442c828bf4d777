//! What an answer means by OTLP's rules.

use std::time::Duration;

use axum::http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has them, but for so many items.
    Taken { rejected: u64, message: String },
    /// It does not want them, and will not want them later. `may_split`: it may want some of them.
    Refused { reason: String, may_split: bool },
    /// Later, perhaps.
    Later { reason: String, asked: Option<Duration> },
    /// It does not serve this signal, or is no OTLP receiver.
    Unserved { reason: String },
    /// Not before somebody changes something, here or there.
    Misconfigured { reason: String, change: &'static str },
}

/// OTLP lets a client give up on every 4xx but 429. Only some of them judge the data, though: the others judge who
/// sends it or where to, and a token that expires would empty the spool into nothing at full speed. What accepted
/// events are worth is not for a status to decide, so they wait, loudly, until somebody has changed something. A 500
/// says nothing about the data either, and passes by itself more often than not.
pub(super) fn of_status(status: StatusCode, body: &[u8], asked: Option<Duration>) -> Answer {
    let reason = format!("status {status}: {}", shown(body));
    let change = match status {
        _ if status.is_success() => return taken(body),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            return Answer::Refused { reason, may_split: true };
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => return Answer::Refused { reason, may_split: false },
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            return Answer::Later { reason, asked };
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            return Answer::Unserved { reason };
        }
        StatusCode::HTTP_VERSION_NOT_SUPPORTED => ENDPOINT,
        _ if status.is_server_error() => return Answer::Later { reason, asked },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => TOKEN,
        _ if status.is_redirection() => "it is elsewhere: set the destination's `endpoint` to where it is",
        _ => ENDPOINT,
    };
    Answer::Misconfigured { reason, change }
}

pub(super) const TOKEN: &str = "check the token in the destination's `headers`";

pub(super) const ENDPOINT: &str =
    "check the destination's `endpoint`: it is to be the base URL of an OTLP/HTTP receiver";

pub(super) fn taken(body: &[u8]) -> Answer {
    // An answer that is no protobuf is still a 2xx: OTLP says the request was taken. Logs and metrics are answered in
    // the same fields.
    let partial = ExportTraceServiceResponse::decode(body).ok().and_then(|response| response.partial_success);
    let partial = partial.unwrap_or_default();
    Answer::Taken {
        rejected: u64::try_from(partial.rejected_spans).unwrap_or(0),
        message: partial.error_message,
    }
}

pub(super) fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An error's own sentence leaves out why. URLs hold no secret: settings refuse those that do.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
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
        let kind = |status| match of_status(StatusCode::from_u16(status).unwrap(), b"", None) {
            Answer::Taken { .. } => "taken",
            Answer::Refused { .. } => "refused",
            Answer::Later { .. } => "later",
            Answer::Unserved { .. } => "unserved",
            Answer::Misconfigured { .. } => "misconfigured",
        };
        for (statuses, expected) in [
            (&[200, 202, 204][..], "taken"),
            (&[400, 413, 415, 422], "refused"),
            (&[408, 429, 500, 502, 503, 504, 507], "later"),
            (&[404, 405, 501], "unserved"),
            (&[301, 302, 307, 308, 401, 403, 407, 410], "misconfigured"),
        ] {
            statuses.iter().for_each(|status| assert_eq!(kind(*status), expected, "{status}"));
        }
    }
}
