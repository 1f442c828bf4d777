//! Where everything ends up: counts spans without decoding them, because it shares the processors with the subject.

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::Request, http::header::CONTENT_ENCODING, routing::post};
use flate2::read::MultiGzDecoder;
use prost::encoding::{WireType, decode_key, decode_varint};
use tokio::{net::TcpListener, sync::Notify};

use crate::Failure;

/// Longer than anything takes that still works.
const PATIENCE: Duration = Duration::from_secs(300);

/// An OTLP/HTTP destination on loopback.
pub struct Sink {
    received: Arc<Received>,
    endpoint: String,
}

#[derive(Default)]
struct Received {
    spans: AtomicU64,
    bytes: AtomicU64,
    changed: Notify,
}

impl Sink {
    /// Listens on a free port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> Result<Self, Failure> {
        let received = Arc::<Received>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let counted = Arc::clone(&received);
        let take = post(move |request| take(Arc::clone(&counted), request));
        tokio::spawn(axum::serve(listener, Router::new().route("/v1/traces", take)).into_future());
        Ok(Self { received, endpoint })
    }

    /// What a collector is told to export to.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Bytes of bodies so far, as they came.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.received.bytes.load(Ordering::Relaxed)
    }

    /// Waits until so many spans arrived.
    ///
    /// # Errors
    /// Fewer or more came: what is measured must be right first.
    pub async fn wait_for(&self, spans: u64) -> Result<(), Failure> {
        let count = || self.received.spans.load(Ordering::Relaxed);
        let waited = tokio::time::timeout(PATIENCE, async {
            while count() < spans {
                self.received.changed.notified().await;
            }
        });
        let late = waited.await.is_err();
        if late || count() != spans {
            return Err(format!("{spans} spans were sent and {} arrived", count()).into());
        }
        Ok(())
    }
}

async fn take(received: Arc<Received>, request: Request<Body>) -> Vec<u8> {
    let is_gzip = request.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    received.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
    let mut inflated = Vec::new();
    let spans = if is_gzip {
        let whole = MultiGzDecoder::new(&body[..]).read_to_end(&mut inflated);
        whole.map_or(0, |_| spans(&inflated))
    } else {
        spans(&body)
    };
    received.spans.fetch_add(spans, Ordering::Relaxed);
    received.changed.notify_one();
    Vec::new()
}

/// Spans of an `ExportTraceServiceRequest`: its `resource_spans`, their `scope_spans`, their `spans`.
fn spans(request: &[u8]) -> u64 {
    count(request, &[1, 2, 2]).unwrap_or(0)
}

/// How many messages there are at the end of this path of field numbers. `None`: this is no protobuf.
fn count(mut message: &[u8], path: &[u32]) -> Option<u64> {
    let Some((wanted, rest)) = path.split_first() else { return Some(1) };
    let mut found = 0;
    while !message.is_empty() {
        let (number, kind) = decode_key(&mut message).ok()?;
        match kind {
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut message).ok()?).ok()?;
                let (inner, after) = message.split_at_checked(length)?;
                message = after;
                if number == *wanted {
                    found += count(inner, rest)?;
                }
            }
            WireType::Varint => _ = decode_varint(&mut message).ok()?,
            WireType::SixtyFourBit => message = message.get(8..)?,
            WireType::ThirtyTwoBit => message = message.get(4..)?,
            WireType::StartGroup | WireType::EndGroup => return None,
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Corpus;

    #[test]
    fn spans_are_counted_without_decoding_them() {
        let mut corpus = Corpus::read().expect("the corpus is there");
        assert_eq!(spans(&corpus.otlp(100)), 100);
        assert_eq!(spans(b"not protobuf"), 0);
    }
}
