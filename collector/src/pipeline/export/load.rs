//! What goes to a destination in one request: spans of one key, so that what is rejected is counted for who sent it.

use std::{io::Write, sync::Arc};

use axum::body::Bytes;
use flate2::{Compression as Level, write::GzEncoder};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::ResourceSpans};
use prost::Message;

use crate::config::Compression;

/// One request's worth of linked spans, or none where nothing of a record can be decoded.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) key: Arc<str>,
    pub(crate) application: Arc<str>,
    pub(crate) resource_spans: Vec<ResourceSpans>,
    pub(crate) spans: u64,
    /// Events of the records in it, by the records' own count.
    pub(crate) passed: u64,
    /// Of these, how many can no longer be decoded.
    pub(crate) undecodable: u64,
    /// Receive time of the oldest record in it.
    pub(crate) oldest_ms: u64,
    size: usize,
}

/// Spans in one request, about: what OTLP receivers are used to.
const MAX_SPANS: u64 = 2_000;

/// Bytes of one request, about: a quarter of the smallest bound common receivers have.
const MAX_BYTES: usize = 1024 * 1024;

impl Load {
    pub(crate) fn new(key: &str, application: &str, receive_time_ms: u64) -> Self {
        Self {
            key: key.into(),
            application: application.into(),
            resource_spans: Vec::new(),
            spans: 0,
            passed: 0,
            undecodable: 0,
            oldest_ms: receive_time_ms,
            size: 0,
        }
    }

    pub(crate) fn is_of(&self, key: &str, application: &str) -> bool {
        *self.key == *key && *self.application == *application
    }

    /// Whether so much more fits.
    pub(crate) fn has_room(&self, events: u64, bytes: usize) -> bool {
        self.passed == 0 || (self.passed + events <= MAX_SPANS && self.size + bytes <= MAX_BYTES)
    }

    /// Adds the spans of a record.
    pub(crate) fn add(&mut self, spans: Vec<ResourceSpans>) {
        for resource in spans {
            self.size += resource.encoded_len();
            self.spans += resource.scope_spans.iter().map(|scope| scope.spans.len() as u64).sum::<u64>();
            self.resource_spans.push(resource);
        }
    }

    /// The bytes to send.
    pub(super) fn encode(&self, compression: Compression) -> Bytes {
        let request = ExportTraceServiceRequest { resource_spans: self.resource_spans.clone() };
        let plain = request.encode_to_vec();
        match compression {
            Compression::None => plain.into(),
            Compression::Gzip => gzip(&plain).into(),
        }
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Level::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}
