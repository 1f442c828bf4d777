//! A server: OTLP as a stock SDK sends it, with a secret key.

use std::sync::Arc;

use hyper::Method;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use tokio::sync::watch;

use super::{
    super::{
        Shared,
        book::SpanId,
        expected::{Expected, text},
    },
    Pauses, Try, acknowledge, is_told, judge, refused,
};
use crate::{
    collector::{Addresses, SERVER_KEY},
    http::try_send,
    random::Random,
    received::hex,
};

const SERVICE: &str = "shop-api";

/// One server.
pub(in crate::oracle) struct ServerSender {
    to: Addresses,
    random: Random,
    shared: Arc<Shared>,
    /// Bytes of text that each span carries.
    text: usize,
    /// Spans of a request, about.
    spans: u64,
}

impl ServerSender {
    pub(in crate::oracle) fn new(to: Addresses, random: Random, shared: &Arc<Shared>) -> Self {
        Self { to, random, shared: Arc::clone(shared), text: 48, spans: 6 }
    }

    /// With requests of a hundred kilobytes, which fill disks.
    pub(in crate::oracle) fn in_bulk(self) -> Self {
        Self { text: 1_024, spans: 100, ..self }
    }

    pub(in crate::oracle) async fn send_until(&mut self, stop: watch::Receiver<bool>) {
        while !is_told(&stop) {
            self.send().await;
        }
    }

    /// Sends one request until it is acknowledged.
    pub(in crate::oracle) async fn send(&mut self) {
        let spans: Vec<_> = (0..1 + self.random.below(2 * self.spans)).map(|_| self.span()).collect();
        let ids: Vec<SpanId> = spans
            .iter()
            .map(|expected| SpanId::try_from(expected.span.span_id.as_slice()).expect("eight bytes"))
            .collect();
        for (id, expected) in ids.iter().zip(&spans) {
            self.shared.book().send(*id, expected.clone());
        }
        let request = request(spans.into_iter().map(|expected| expected.span).collect()).encode_to_vec();
        let url = format!("{}/v1/traces", self.to.otlp_endpoint());
        let key = format!("Bearer {SERVER_KEY}");
        let headers = [("authorization", key.as_str()), ("content-type", "application/x-protobuf")];
        let mut pauses = Pauses::new();
        loop {
            let judged = judge(try_send(Method::POST, &url, &headers, request.clone()).await, |_| true);
            match judged {
                Try::Acknowledged => break,
                Try::Later => refused(&self.shared),
                Try::Unreached => {}
                // OTLP has no numbers by which a copy could be told for sure.
                Try::Unanswered => self.shared.book().send_again(ids.len()),
            }
            pauses.pause().await;
        }
        acknowledge(&self.shared, &ids);
    }

    fn span(&mut self) -> Expected {
        let secret: Vec<u8> = (0..self.text / 2).map(|_| self.random.next() as u8).collect();
        let session = self.shared.in_common(&mut self.random).map(|session| format!("session-{session}"));
        let mut attributes = vec![text("test.id", &hex(&secret))];
        attributes.extend(session.iter().map(|session| text("session.id", session)));
        let start = self.shared.clock.now_ms() as u64 * 1_000_000;
        let span = Span {
            trace_id: self.random.bytes::<16>().to_vec(),
            span_id: self.random.bytes::<8>().to_vec(),
            name: "POST /api/cart".to_owned(),
            kind: 2,
            start_time_unix_nano: start,
            end_time_unix_nano: start + 2_000_000,
            attributes,
            ..Span::default()
        };
        Expected { span, service: SERVICE.to_owned(), in_common: session }
    }
}

fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![text("service.name", SERVICE)], ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans =
        vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}
