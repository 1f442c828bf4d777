//! How OTLP travels, and how it is written.

use axum::http::{HeaderMap, header};

/// How an OTLP body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
}

/// How an OTLP body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    /// What the head says. `None`: something else.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match () {
            () if essence.eq_ignore_ascii_case("application/x-protobuf") => Some(Self::Protobuf),
            () if essence.eq_ignore_ascii_case("application/json") => Some(Self::Json),
            () => None,
        }
    }
}
