//! What waited, as it leaves: an OTLP request of just these events, with the links that were found.

use std::borrow::Cow;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value as Any},
    trace::v1::span::Link,
};
use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint},
};
use weft_proto::{Batch, Head, limits::MAX_LINKS};

use super::{
    Waiting, link, only,
    seen::{Found, How},
};
use crate::{
    config::Limits,
    pipeline::{
        decode::{
            self, Items, link_target,
            wire::{Fields, Value},
        },
        export::{Part, scrubbed},
        link::gather::{coding, spans_of},
        signal::Signal,
        spool::{Intervals, Kind},
    },
    reject::Reject,
};

const DROPPED_LINKS: u32 = 14;
const LINKS: u32 = 13;

/// The waiting events of a record as one request, in the order of its candidates. `found`: links of each.
pub(super) fn request(waiting: &Waiting, found: &[Vec<Found>], limits: &Limits) -> Result<Part, Reject> {
    let Part { bytes, spans, signal } = plain(waiting, limits)?;
    let items =
        Items::of(&bytes).ok_or_else(|| Reject::NotABatch("no valid request was written".to_owned()))?;
    let none = Vec::new();
    let bytes = items.changed(|at, span| with_links(span, found.get(at).unwrap_or(&none)));
    Ok(Part { signal, bytes, spans })
}

fn plain(waiting: &Waiting, limits: &Limits) -> Result<Part, Reject> {
    let record = &waiting.record;
    let these = Intervals::from_wire(&record.waiting);
    if record.kind() == Kind::Otlp {
        let plain = decode::plain(&record.body, coding(record), limits.otlp_body_bytes)?;
        let (bytes, spans) = spans_of(record, &plain)?.request(|at| these.contains(at as u64));
        return Ok(Part { signal: Signal::Traces, bytes, spans });
    }
    let of = |head: &Head, batch: &Batch| {
        let batch = scrubbed(&limits.scrub, batch);
        Part::of(only(&these, link(record, head, &batch)))
    };
    Ok(match &waiting.decoded {
        Some(known) => of(&known.head, &known.batch),
        None => {
            let (head, batch) = decode::batch(&record.body, limits.body_bytes)?;
            of(&head, &batch)
        }
    })
}

/// A span with more links: one per target, so what is linked already gets one kind more.
fn with_links<'a>(span: &'a [u8], found: &[Found]) -> Cow<'a, [u8]> {
    if found.is_empty() {
        return Cow::Borrowed(span);
    }
    let (mut out, mut links, mut dropped) =
        (Vec::with_capacity(span.len() + 128 * found.len()), Vec::new(), 0);
    for field in Fields::of(span).flatten() {
        match (field.tag, field.value) {
            (LINKS, Value::Bytes(link)) => links.push(Cow::Borrowed(link)),
            (DROPPED_LINKS, Value::Varint(count)) => dropped = count,
            _ => out.extend_from_slice(field.whole),
        }
    }
    // What was declared, before anything is found beside it.
    for one in found.iter().filter(|one| one.is == How::Withdrawn) {
        links.retain_mut(|link| !is_withdrawn(link, one));
    }
    for one in found.iter().filter(|one| one.is != How::Withdrawn) {
        let is_full = links.len() >= MAX_LINKS;
        match links.iter_mut().find(|link| link_target(link) == (&one.trace_id[..], &one.span_id[..])) {
            Some(link) => *link = Cow::Owned(and(link, one)),
            None if is_full => dropped = dropped.saturating_add(1),
            None => links.push(Cow::Owned(and(&[], one))),
        }
    }
    for link in links {
        encode_key(LINKS, WireType::LengthDelimited, &mut out);
        encode_varint(link.len() as u64, &mut out);
        out.extend_from_slice(&link);
    }
    if dropped > 0 {
        encode_key(DROPPED_LINKS, WireType::Varint, &mut out);
        encode_varint(dropped, &mut out);
    }
    Cow::Owned(out)
}

/// Takes a kind away from a link, if it is the one that was found to be wrong; whether nothing is left of it.
fn is_withdrawn(link: &mut Cow<'_, [u8]>, found: &Found) -> bool {
    if link_target(link) != (&found.trace_id[..], &found.span_id[..]) {
        return false;
    }
    let mut rest = Link::decode(&**link).unwrap_or_default();
    let kinds =
        rest.attributes.iter_mut().find(|pair| pair.key == KINDS).and_then(|pair| pair.value.as_mut());
    let Some(Any::ArrayValue(kinds)) = kinds.and_then(|value| value.value.as_mut()) else { return false };
    let before = kinds.values.len();
    kinds.values.retain(|value| *value != kind_of(found));
    let (is_changed, is_empty) = (kinds.values.len() < before, kinds.values.is_empty());
    if is_changed && !is_empty {
        *link = Cow::Owned(rest.encode_to_vec());
    }
    is_changed && is_empty
}

fn kind_of(found: &Found) -> AnyValue {
    AnyValue { value: Some(Any::StringValue(found.kind.to_string())) }
}

/// A link that says what was found, beside what it says already.
fn and(link: &[u8], found: &Found) -> Vec<u8> {
    // Fails only for bytes that were no link: then what was found stands alone.
    let mut link = Link::decode(link).unwrap_or_default();
    (link.trace_id, link.span_id) = (found.trace_id.to_vec(), found.span_id.to_vec());
    // A client may give it another shape, or none: then it says nothing.
    link.attributes.retain(|pair| {
        pair.key != KINDS || matches!(&pair.value, Some(AnyValue { value: Some(Any::ArrayValue(_)) }))
    });
    let kinds =
        link.attributes.iter_mut().find(|pair| pair.key == KINDS).and_then(|pair| pair.value.as_mut());
    match kinds.and_then(|value| value.value.as_mut()) {
        Some(Any::ArrayValue(kinds)) if !kinds.values.contains(&kind_of(found)) => {
            kinds.values.push(kind_of(found));
        }
        // It is known, not found.
        Some(_) => return link.encode_to_vec(),
        None => {
            let kinds = Any::ArrayValue(ArrayValue { values: vec![kind_of(found)] });
            link.attributes.push(pair(KINDS, kinds));
        }
    }
    let mut say = |key: &str, value: Any| {
        if link.attributes.iter().all(|pair| pair.key != key) {
            link.attributes.push(pair(key, value));
        }
    };
    say("weft.link.rule", Any::StringValue(found.kind.to_string()));
    say("weft.link.inferred", Any::BoolValue(true));
    if found.is == How::Late {
        say("weft.link.late", Any::BoolValue(true));
    }
    link.encode_to_vec()
}

const KINDS: &str = "weft.link";

fn pair(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
