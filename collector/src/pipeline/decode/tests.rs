//! Bad input: named, bounded, and never a panic.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span},
};
use prost::Message;
use weft_proto::{Event, Seed, seal};

use super::*;
use crate::pipeline::admit::Coding;

const LIMIT: usize = 1024 * 1024;

fn request(form: Form, digest: u32, body: &[u8]) -> Vec<u8> {
    let head = Head { form, seed: Seed([7; 16]), digest, number: 0, send_time_ms: 0, epoch: 0 };
    let mut bytes = Vec::new();
    head.write(&mut bytes);
    bytes.extend_from_slice(body);
    bytes
}

fn sealed() -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern(&"a name that is repeated ".repeat(8));
    batch.events = (0..50).map(|number| Event { number, name, ..Event::default() }).collect();
    let sealed = seal(&batch);
    assert_eq!(sealed.form, Form::Deflate);
    request(sealed.form, sealed.digest, &sealed.bytes)
}

#[test]
fn a_sealed_batch_is_read() {
    let (head, batch) = batch(&sealed(), LIMIT).unwrap();
    assert_eq!(head.seed, Seed([7; 16]));
    assert_eq!(batch.events.len(), 50);
}

#[test]
fn a_batch_cut_at_any_byte_is_refused() {
    let whole = sealed();
    for cut in 0..whole.len() {
        assert!(batch(&whole[..cut], LIMIT).is_err(), "cut at {cut}");
    }
    assert_eq!(batch(&whole[..whole.len() - 1], LIMIT), Err(Reject::Truncated("DEFLATE")));
}

#[test]
fn a_batch_with_a_flipped_bit_is_refused_or_only_its_head_differs() {
    let whole = sealed();
    let (_, intact) = batch(&whole, LIMIT).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok((_, read)) = batch(&flipped, LIMIT) {
            assert_eq!(read, intact, "flipped at {at}");
        }
    }
}

#[test]
fn what_inflates_beyond_the_limit_is_refused_and_what_just_fits_is_not() {
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(&vec![0; LIMIT]).unwrap();
    let bomb = deflate.finish().unwrap();
    let body = request(Form::Deflate, 1, &bomb);
    assert_eq!(batch(&body, LIMIT - 1), Err(Reject::InflatedTooLarge(LIMIT - 1)));
    assert_eq!(batch(&body, LIMIT), Err(Reject::DigestMismatch), "it fits, and is refused for what it is");
    assert_eq!(inflate::deflate(&bomb, 10), Err(Reject::InflatedTooLarge(10)));
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut body = sealed();
    body.push(0);
    assert!(matches!(batch(&body, LIMIT), Err(Reject::NotABatch(_))));
}

#[test]
fn another_version_is_named() {
    let mut body = sealed();
    body[0] = 9;
    assert_eq!(batch(&body, LIMIT), Err(Reject::VersionUnknown(9)));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn export(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[test]
fn gzip_of_several_members_is_one_body() {
    let bytes = export(vec![Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() }]);
    let (left, right) = bytes.split_at(bytes.len() / 2);
    let members = [gzip(left), gzip(right)].concat();
    assert_eq!(otlp(&members, Coding::Gzip, LIMIT), otlp(&bytes, Coding::Identity, LIMIT));
    assert_eq!(otlp(&members, Coding::Gzip, LIMIT).unwrap().spans, 1);
    assert_eq!(otlp(&gzip(&vec![0; LIMIT]), Coding::Gzip, 100), Err(Reject::InflatedTooLarge(100)));
    assert_eq!(otlp(&members[..members.len() - 4], Coding::Gzip, LIMIT), Err(Reject::Truncated("gzip")));
}

#[test]
fn spans_with_invalid_ids_are_refused_one_by_one() {
    let good = Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() };
    let link = span::Link { trace_id: vec![0; 16], span_id: vec![1; 8], ..span::Link::default() };
    let spans = vec![
        Span { trace_id: vec![1; 15], ..good.clone() },
        Span { span_id: vec![0; 8], ..good.clone() },
        good.clone(),
        Span { parent_span_id: vec![1; 4], ..good.clone() },
        Span { links: vec![link], ..good.clone() },
    ];
    let traces = otlp(&export(spans), Coding::Identity, LIMIT).unwrap();
    assert_eq!((traces.spans, traces.refused), (1, 4));
    assert_eq!(traces.resource_spans[0].scope_spans[0].spans, [good]);
}

/// `count` times an empty message, as field `tag`.
fn empties(tag: u8, count: usize) -> Vec<u8> {
    [tag << 3 | 2, 0].repeat(count)
}

/// The bytes of a message, as field `tag` of another.
fn inside(tag: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag << 3 | 2];
    prost::encoding::encode_varint(message.len() as u64, &mut bytes);
    bytes.extend_from_slice(message);
    bytes
}

#[test]
fn a_few_bytes_cannot_become_a_gigabyte_of_spans_or_attributes() {
    let of_scope = |spans: &[u8]| inside(1, &inside(2, spans));
    let many = of_scope(&empties(2, 400_000));
    assert_eq!(otlp(&many, Coding::Identity, LIMIT), Err(Reject::TooLarge { what: "spans", limit: 20_000 }));
    let refused = |bytes: &[u8]| match otlp(bytes, Coding::Identity, LIMIT) {
        Err(Reject::TooLarge { what, limit }) => what.contains("decoded") && limit == 8 * LIMIT,
        other => panic!("{other:?}"),
    };
    assert!(refused(&of_scope(&inside(2, &empties(9, 400_000)))), "attributes");
    assert!(refused(&of_scope(&inside(2, &empties(11, 400_000)))), "events");
    assert!(refused(&empties(1, 400_000)), "resources");
    let values = inside(2, &inside(5, &empties(1, 400_000)));
    assert!(refused(&of_scope(&inside(2, &inside(9, &values)))), "values of a list");
    let full = export(vec![Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() }; 10_000]);
    assert_eq!(otlp(&full, Coding::Identity, LIMIT).unwrap().spans, 10_000);
}

#[test]
fn values_nested_deeper_than_protobuf_goes_are_refused() {
    let mut value = Vec::new();
    for _ in 0..300 {
        value = inside(5, &inside(1, &value));
    }
    let bytes = inside(1, &inside(2, &inside(2, &inside(9, &inside(2, &value)))));
    assert!(matches!(otlp(&bytes, Coding::Identity, LIMIT), Err(Reject::NotABatch(_))));
}

proptest::proptest! {
    #[test]
    fn what_protobuf_reads_is_not_refused_for_its_form(at in 0usize..200, byte: u8, cut in 0usize..4) {
        let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "GET".into(), ..Span::default() };
        let mut bytes = export(vec![span; 3]);
        let (at, length) = (at % bytes.len(), bytes.len() - cut);
        bytes[at] = byte;
        bytes.truncate(length);
        if ExportTraceServiceRequest::decode(bytes.as_slice()).is_ok() {
            proptest::prop_assert!(otlp(&bytes, Coding::Identity, LIMIT).is_ok());
        }
    }
}
