//! Requests as SDKs send them, made from one recorded session, with fresh ids each.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use weft_proto::{
    Attribute, Batch, Event, Head, Kind, Link, LinkKinds, Point, Seed, Session, Target, Value, seal,
};

use crate::Failure;

/// One session of a shop: 200 spans.
const SESSION: &str = include_str!("../../tests/corpus/session200.json");

/// Makes requests.
pub struct Corpus {
    spans: Vec<Span>,
    resource: ResourceSpans,
    made: u64,
}

impl Corpus {
    /// Reads the recorded session.
    ///
    /// # Errors
    /// It is not what it should be.
    pub fn read() -> Result<Self, Failure> {
        let request: ExportTraceServiceRequest = serde_json::from_str(SESSION)?;
        let resource = request.resource_spans.first().ok_or("no resource")?.clone();
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        Ok(Self { spans: scopes.flat_map(|scope| scope.spans).collect(), resource, made: 0 })
    }

    /// `count` spans as OTLP/protobuf.
    pub fn otlp(&mut self, count: usize) -> Vec<u8> {
        let spans = self.next(count);
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let resource = ResourceSpans { scope_spans, ..self.resource.clone() };
        ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
    }

    /// `count` events as a batch of ours, head and all.
    pub fn batch(&mut self, count: usize, send_time_ms: u64) -> Vec<u8> {
        let spans = self.next(count);
        let mut seed = [0; 16];
        seed.iter_mut().zip(self.made.to_le_bytes()).for_each(|(to, from)| *to = from);
        let sealed = seal(&batch(&spans, send_time_ms));
        let head = Head {
            form: sealed.form,
            seed: Seed(seed),
            digest: sealed.digest,
            number: 1,
            send_time_ms,
            epoch: 0,
        };
        let mut bytes = Vec::new();
        head.write(&mut bytes);
        bytes.extend(sealed.bytes);
        bytes
    }

    fn next(&mut self, count: usize) -> Vec<Span> {
        let mut spans: Vec<_> =
            self.spans.iter().cycle().skip(self.made as usize % 200).take(count).cloned().collect();
        for span in &mut spans {
            self.made += 1;
            let id = self.made.to_be_bytes();
            span.trace_id.iter_mut().zip(id).for_each(|(to, from)| *to = from);
            span.span_id.iter_mut().zip(id).for_each(|(to, from)| *to = from);
        }
        spans
    }
}

/// The same spans as a page would tell them: a root each, every third caused by the one before.
fn batch(spans: &[Span], send_time_ms: u64) -> Batch {
    let mut batch = Batch {
        sessions: vec![Session { id: [7; 16], previous_id: None, randomness: 42 }],
        page_load: Some(0),
        points: vec![Point { number: 0, start_ns: send_time_ms * 1_000_000 }],
        ..Batch::default()
    };
    for (at, span) in spans.iter().enumerate() {
        let number = at as u64 + 1;
        let (attributes, links) = (batch.attributes.len() as u32, batch.links.len() as u32);
        for attribute in &span.attributes {
            if !attribute.key.starts_with("session.") {
                add(&mut batch, attribute);
            }
        }
        if at % 3 == 2 {
            batch.links.push(Link { target: Target::Own(number - 1), kinds: LinkKinds::CAUSE, rule: None });
        }
        let event = Event {
            number,
            name: batch.strings.intern(&span.name),
            kind: Kind::from_otlp(span.kind as u32).unwrap_or_default(),
            start_ns: (send_time_ms + number) * 1_000_000,
            duration_ns: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano) / 100_000
                * 100_000,
            session: Some(0),
            previous: Some(number - 1),
            view: Some(0),
            attributes: attributes..batch.attributes.len() as u32,
            links: links..batch.links.len() as u32,
            ..Event::default()
        };
        batch.events.push(event);
    }
    batch
}

/// A text as the SDK has scrubbed it before anything is kept.
fn as_it_leaves(key: &str, text: &str) -> String {
    String::from_utf8_lossy(&weft_sdk::policy::scrub(key.as_bytes(), text.as_bytes())).into_owned()
}

fn add(batch: &mut Batch, attribute: &KeyValue) {
    let value = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => {
            Value::Text(batch.strings.intern(&as_it_leaves(&attribute.key, text)))
        }
        Some(any_value::Value::IntValue(int)) => Value::Int(*int),
        Some(any_value::Value::BoolValue(flag)) => Value::Bool(*flag),
        Some(any_value::Value::DoubleValue(double)) => Value::Double(*double),
        _ => return,
    };
    let key = batch.strings.intern(&attribute.key);
    batch.attributes.push(Attribute { key, value });
}
