//! Bad input: named, bounded, and never a panic.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
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

fn count(plain: &[u8]) -> Result<Counted, Reject> {
    Spans::of(plain).map(|spans| spans.counted())
}

fn valid(plain: &[u8]) -> Result<(Vec<u8>, u64), Reject> {
    Spans::of(plain).map(|spans| spans.request(|_| true))
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
    assert_eq!(plain(&members, Coding::Gzip, LIMIT).unwrap(), bytes);
    assert_eq!(count(&bytes).unwrap(), Counted { spans: 1, refused: 0 });
    assert_eq!(plain(&gzip(&vec![0; LIMIT]), Coding::Gzip, 100), Err(Reject::InflatedTooLarge(100)));
    assert_eq!(plain(&members[..members.len() - 4], Coding::Gzip, LIMIT), Err(Reject::Truncated("gzip")));
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
        Span { trace_id: vec![], ..good.clone() },
    ];
    only(&export(spans), &good, 5);
}

/// Of a request only `good` is valid.
fn only(bytes: &[u8], good: &Span, refused: u64) {
    assert_eq!(count(bytes).unwrap(), Counted { spans: 1, refused });
    let (bytes, spans) = valid(bytes).unwrap();
    let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    assert_eq!(request.resource_spans[0].scope_spans[0].spans, std::slice::from_ref(good));
    assert_eq!(spans, 1);
}

fn pair(key: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::IntValue(1)) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

#[test]
fn what_is_said_twice_or_in_no_known_way_is_refused_span_by_span() {
    let good = Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() };
    let mut good = Span { attributes: (0..100).map(|at| pair(&at.to_string())).collect(), ..good };
    good.events = vec![span::Event { attributes: vec![pair("a"), pair("b")], ..span::Event::default() }];
    let twice = |count: usize| {
        let mut span = good.clone();
        span.attributes.truncate(count);
        span.attributes.push(pair("0"));
        span.encode_to_vec()
    };
    let of_event = {
        let mut span = good.clone();
        span.events[0].attributes.push(pair("a"));
        span.encode_to_vec()
    };
    let two_names = [good.encode_to_vec(), inside(5, b"a"), inside(5, b"b")].concat();
    let no_utf8 = [good.encode_to_vec(), inside(5, b"\xff")].concat();
    let other_type = [good.encode_to_vec(), vec![5 << 3, 1]].concat();
    let group = [good.encode_to_vec(), vec![30 << 3 | 3, 30 << 3 | 4]].concat();
    let cut = good.encode_to_vec().split_last().unwrap().1.to_vec();
    let two_values = inside(2, &[inside(1, b"a"), vec![2 << 3, 1]].concat());
    let two_values = [good.encode_to_vec(), inside(9, &[inside(1, b"x"), two_values].concat())].concat();
    let bad =
        [twice(1), twice(30), twice(100), of_event, two_names, no_utf8, other_type, group, cut, two_values];
    let spans = [good.encode_to_vec()].into_iter().chain(bad.clone());
    let scope: Vec<u8> = spans.flat_map(|span| inside(2, &span)).collect();
    only(&inside(1, &inside(2, &scope)), &good, bad.len() as u64);
    // Field 20: two bytes of a tag.
    let unknown = [good.encode_to_vec(), vec![0xa2, 0x01, 1, 7]].concat();
    assert_eq!(count(&inside(1, &inside(2, &inside(2, &unknown)))).unwrap().refused, 0, "a later OTLP");
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
    let many = of_scope(&empties(2, 30_000));
    assert_eq!(count(&many), Err(Reject::TooLarge { what: "spans", limit: 20_000 }));
    for parts in [of_scope(&empties(2, 400_000)), empties(1, 400_000), inside(1, &empties(2, 400_000))] {
        assert!(matches!(count(&parts), Err(Reject::NotABatch(_))));
    }
    let full = export(vec![Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() }; 10_000]);
    assert_eq!(count(&full).unwrap().spans, 10_000);
}

#[test]
fn values_nested_deeper_than_protobuf_goes_are_refused() {
    let mut value = Vec::new();
    for _ in 0..300 {
        value = inside(5, &inside(1, &value));
    }
    let ids = [inside(1, &[1; 16]), inside(2, &[2; 8])].concat();
    let span = [ids, inside(9, &inside(2, &value))].concat();
    assert_eq!(count(&inside(1, &inside(2, &inside(2, &span)))).unwrap(), Counted { spans: 0, refused: 1 });
}

proptest::proptest! {
    #[test]
    fn what_passes_whole_is_what_everybody_reads(at in 0usize..400, byte: u8, cut in 0usize..4, more in 0usize..400) {
        let link = span::Link { trace_id: vec![3; 16], span_id: vec![1; 8], ..span::Link::default() };
        let event = span::Event { name: "e".into(), attributes: vec![pair("a")], ..span::Event::default() };
        let span = Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            name: "GET".into(),
            attributes: vec![pair("a"), pair("b")],
            links: vec![link],
            events: vec![event],
            ..Span::default()
        };
        let mut bytes = export(vec![span; 3]);
        proptest::prop_assert_eq!(count(&bytes).unwrap(), Counted { spans: 3, refused: 0 });
        let length = bytes.len() - cut;
        for at in [at, more] {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(length);
        if let Ok(Counted { spans, refused }) = count(&bytes) {
            let (good, valid) = valid(&bytes).unwrap();
            proptest::prop_assert_eq!(spans, valid);
            let request = ExportTraceServiceRequest::decode(&*good);
            proptest::prop_assert!(request.is_ok(), "{:?}", request);
            if refused == 0 {
                proptest::prop_assert!(ExportTraceServiceRequest::decode(&*bytes).is_ok());
            }
        }
    }
}
