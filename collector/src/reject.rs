//! Refusals: the one translation from what went wrong to HTTP. The client's sentence says what to change;
//! the log's sentence says what was seen.

mod again;
mod answer;
mod blame;
mod limit;
mod token;
mod undecoded;

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;

pub(crate) use answer::Door;
pub use answer::RpcStatus;
pub(crate) use limit::Limit;
pub(crate) use token::TokenFault;

use crate::{config::Key, outcome::Outcome};

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reject {
    #[error("no such path")]
    NotFound,
    #[error("logs and metrics are not passed on")]
    NotForwarded,
    #[error("method is not POST")]
    MethodNotAllowed,
    #[error("no key")]
    KeyMissing,
    #[error("unknown key")]
    KeyUnknown,
    #[error("expired key")]
    KeyExpired,
    #[error("server key at the door for browsers")]
    ServerKeyForBatches,
    #[error("browser key at the door for OTLP")]
    BrowserKeyForOtlp,
    #[error("browser key without an origin")]
    OriginMissing,
    #[error("origin {0} is not on the key's list")]
    OriginNotAllowed(String),
    #[error("server key used from origin {0}")]
    OriginWithServerKey(String),
    #[error("token: {0:?}")]
    Token(TokenFault),
    #[error("over a limit ({by:?}), for {wait:?} more")]
    Limited { by: Limit, wait: Duration },
    #[error("address blocked ({why:?}), for {wait:?} more")]
    Blocked { number: u64, why: Outcome, wait: Duration },
    #[error("content type {0}")]
    ContentTypeUnknown(String),
    #[error("content coding {0}")]
    CodingUnknown(String),
    #[error("more than {0} bytes")]
    BodyTooLarge(usize),
    #[error("more than {0} bytes after inflating")]
    InflatedTooLarge(usize),
    #[error("body did not arrive in {0:?}")]
    BodyTimeout(Duration),
    #[error("body broke off: {0}")]
    BodyBroken(String),
    #[error("not a batch: {0}")]
    NotABatch(String),
    #[error("erase is no session id, or there is a body")]
    NotAnErasure,
    #[error("not DEFLATE")]
    NotDeflate,
    #[error("truncated: {0}")]
    Truncated(&'static str),
    #[error("digest of the body is not that of its head")]
    DigestMismatch,
    #[error("behind batches that are not here")]
    BaseUnknown,
    #[error("format version {0}")]
    VersionUnknown(u8),
    #[error("more than {0} events")]
    TooManyEvents(usize),
    #[error("more than {limit} {what}")]
    TooLarge { what: &'static str, limit: usize },
    #[error("spool is full")]
    SpoolFull,
    #[error("spool's queue is full")]
    SpoolBusy,
    #[error("spool cannot write")]
    SpoolFailing,
    #[error("memory limit is reached")]
    OutOfMemory,
    #[error("draining")]
    Draining,
    #[error("not durable within {0:?}")]
    AnswerTimeout(Duration),
}

/// A refusal that no [`crate::ledger::Carried`] has counted: it counts as one body.
#[derive(Debug)]
pub(crate) struct Uncounted {
    /// Who sent it, if that is known.
    pub(crate) key: Option<Arc<Key>>,
    /// Why it is refused.
    pub(crate) reject: Reject,
}

impl Reject {
    /// Its name in the ledger.
    #[must_use]
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::NotFound => Outcome::NotFound,
            Self::NotForwarded => Outcome::NotForwarded,
            Self::MethodNotAllowed => Outcome::MethodNotAllowed,
            Self::KeyMissing => Outcome::KeyMissing,
            Self::KeyUnknown => Outcome::KeyUnknown,
            Self::KeyExpired => Outcome::KeyExpired,
            Self::ServerKeyForBatches | Self::BrowserKeyForOtlp => Outcome::KeyOfOtherKind,
            Self::OriginMissing => Outcome::OriginMissing,
            Self::OriginNotAllowed(_) => Outcome::OriginNotAllowed,
            Self::OriginWithServerKey(_) => Outcome::OriginWithServerKey,
            Self::Token(fault) => fault.outcome(),
            Self::Limited { by, .. } => by.outcome(),
            Self::Blocked { .. } => Outcome::Blocked,
            Self::ContentTypeUnknown(_) => Outcome::ContentTypeUnknown,
            Self::CodingUnknown(_) => Outcome::CodingUnknown,
            Self::BodyTooLarge(_) => Outcome::BodyTooLarge,
            Self::InflatedTooLarge(_) => Outcome::InflatedTooLarge,
            Self::BodyTimeout(_) => Outcome::BodyTimeout,
            Self::BodyBroken(_) => Outcome::BodyBroken,
            Self::NotABatch(_) | Self::NotDeflate => Outcome::NotABatch,
            Self::NotAnErasure => Outcome::NotAnErasure,
            Self::Truncated(_) => Outcome::Truncated,
            Self::DigestMismatch => Outcome::DigestMismatch,
            Self::BaseUnknown => Outcome::BaseUnknown,
            Self::VersionUnknown(_) => Outcome::VersionUnknown,
            Self::TooManyEvents(_) => Outcome::TooManyEvents,
            Self::TooLarge { .. } => Outcome::TooLarge,
            Self::SpoolFull => Outcome::SpoolFull,
            Self::SpoolBusy => Outcome::SpoolBusy,
            Self::SpoolFailing => Outcome::SpoolFailing,
            Self::OutOfMemory => Outcome::OutOfMemory,
            Self::Draining => Outcome::Draining,
            Self::AnswerTimeout(_) => Outcome::AnswerTimeout,
        }
    }

    /// Its status.
    #[must_use]
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NotForwarded => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::KeyMissing | Self::KeyUnknown => StatusCode::UNAUTHORIZED,
            Self::KeyExpired
            | Self::ServerKeyForBatches
            | Self::BrowserKeyForOtlp
            | Self::OriginMissing
            | Self::OriginNotAllowed(_)
            | Self::OriginWithServerKey(_)
            | Self::Blocked { .. } => StatusCode::FORBIDDEN,
            Self::Token(fault) => fault.status(),
            Self::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::ContentTypeUnknown(_) | Self::CodingUnknown(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge(_)
            | Self::InflatedTooLarge(_)
            | Self::TooManyEvents(_)
            | Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BaseUnknown => StatusCode::CONFLICT,
            Self::BodyBroken(_)
            | Self::NotABatch(_)
            | Self::NotAnErasure
            | Self::NotDeflate
            | Self::Truncated(_)
            | Self::DigestMismatch
            | Self::VersionUnknown(_) => StatusCode::BAD_REQUEST,
            Self::SpoolFull
            | Self::SpoolBusy
            | Self::SpoolFailing
            | Self::OutOfMemory
            | Self::Draining
            | Self::AnswerTimeout(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the client should change.
    #[must_use]
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::NotFound => "There is nothing at this path: send batches to the collector's configured path (/api/telemetry unless changed) or OTLP to /v1/traces.".into(),
            Self::NotForwarded => "This collector passes on no logs and no metrics: send them to the backend itself, or set forward_other = true.".into(),
            Self::MethodNotAllowed => "Use POST.".into(),
            Self::KeyMissing => "A key is needed: batches carry it in the query (?key=…), OTLP as `Authorization: Bearer …`.".into(),
            Self::KeyUnknown => "This key is not in the collector's configuration: check `key` for typing errors, or add it under [keys].".into(),
            Self::KeyExpired => "This key has expired: give the page or the server another one, or change `expires` of the key.".into(),
            Self::ServerKeyForBatches => "This is a server key: it is a secret and must not be in a page. Use a key with kind = \"browser\", and replace this one if it was published.".into(),
            Self::BrowserKeyForOtlp => "This is a browser key, which sends batches only: use a key with kind = \"server\" for OTLP.".into(),
            Self::OriginMissing => "A browser key needs an Origin header, which browsers send by themselves: from a server, use a key with kind = \"server\".".into(),
            Self::OriginNotAllowed(origin) => format!("The origin {origin} may not use this key: add it to the key's `origins` in the collector's configuration."),
            Self::OriginWithServerKey(_) => "This is a server key, used from a browser: it is a secret. Use a key with kind = \"browser\" in pages, and replace this one.".into(),
            Self::Token(fault) => fault.sentence(),
            Self::Limited { by, .. } => by.sentence().into(),
            Self::Blocked { number, why, wait } => format!("Nothing new is taken from this address for {} minutes, because it was refused too often (mostly {}). Nothing is lost that the SDK has kept. Whoever runs the collector sees and lifts it with `weft blocks`: number {number}.", wait.as_secs().div_ceil(60), why.name()),
            Self::ContentTypeUnknown(_) => "Send OTLP as application/x-protobuf or as application/json.".into(),
            Self::CodingUnknown(_) => "Send the body as it is or with Content-Encoding: gzip.".into(),
            Self::BodyTooLarge(limit) => format!("The body is larger than {limit} bytes: send smaller batches."),
            Self::InflatedTooLarge(limit) => format!("The body inflates to more than {limit} bytes: send smaller batches."),
            Self::BodyTimeout(_) => "The body took too long to arrive: send it again, in smaller batches if the connection is slow.".into(),
            Self::BodyBroken(_) => "The body broke off: send it again.".into(),
            Self::NotABatch(why) => format!("The body is not a valid batch ({why}): check that what sends it is the weft SDK, or OTLP for /v1/traces, and that nothing in between changes bytes."),
            Self::NotAnErasure => "To erase a session, post nothing, and name it in the query: erase= and the 32 hex digits of its session.id.".into(),
            Self::NotDeflate => "The body is not a valid batch (no valid DEFLATE): something changed it on the way, or what sends it is not the weft SDK. Send it again.".into(),
            Self::Truncated(what) => format!("The body ends too early (in its {what}): send it again, whole."),
            Self::DigestMismatch => "The body does not match the digest in its head: something changed it on the way. Send it again.".into(),
            Self::BaseUnknown => "The batch refers to earlier ones that this collector does not have any more: send it again by itself. The SDK does so at once.".into(),
            Self::VersionUnknown(version) => format!("Format version {version} is not read by this collector: update the collector to at least the SDK's version."),
            Self::TooManyEvents(limit) => format!("The batch holds more than {limit} events: split it."),
            Self::TooLarge { what, limit } => format!("The batch holds more than {limit} {what}: split it or shorten them."),
            Self::SpoolFull => "The collector's spool is full, because a destination has not taken events for long: send again later.".into(),
            Self::SpoolBusy => "The collector is busy: send again later.".into(),
            Self::SpoolFailing => "The collector cannot write to its disk: send again later.".into(),
            Self::OutOfMemory => "The collector has no memory to spare: send again later.".into(),
            Self::Draining => "This collector is about to go: send again later, and another one will take it.".into(),
            Self::AnswerTimeout(_) => "The collector could not make this durable in time: send it again, nothing is counted twice.".into(),
        }
    }

    /// With who sent it.
    #[must_use]
    pub(crate) fn by(self, key: Option<&Arc<Key>>) -> Uncounted {
        Uncounted { key: key.cloned(), reject: self }
    }
}
