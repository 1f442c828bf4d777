//! A span as it lies in its bytes: what rules look at, and nothing else, is read.
//!
//! Only of spans that have passed the strict check: what is not there is read as empty.

use std::borrow::Cow;

use super::{
    items::Item,
    wire::{Fields, Value, contents},
};

/// `opentelemetry.proto.trace.v1.Span`, in part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawSpan<'a> {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) is_root: bool,
    pub(crate) name: &'a str,
    pub(crate) kind: SpanKind,
    /// Nanoseconds since 1970.
    pub(crate) start_ns: u64,
    /// Places among those of the request.
    pub(super) resource: usize,
    pub(super) scope: usize,
    content: &'a [u8],
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// None of these.
    #[default]
    Other,
    Server,
    Client,
}

const TRACE_ID: u32 = 1;
const SPAN_ID: u32 = 2;
const PARENT: u32 = 4;
const NAME: u32 = 5;
const KIND: u32 = 6;
const START: u32 = 7;
const ATTRIBUTES: u32 = 9;

impl<'a> RawSpan<'a> {
    pub(super) fn of(item: &Item<'a>) -> Self {
        let Item { resource, scope, content, .. } = *item;
        let mut span = Self { is_root: true, resource, scope, content, ..Self::default() };
        for field in Fields::of(content).flatten() {
            match (field.tag, field.value) {
                (TRACE_ID, Value::Bytes(id)) => span.trace_id = id.try_into().unwrap_or_default(),
                (SPAN_ID, Value::Bytes(id)) => span.span_id = id.try_into().unwrap_or_default(),
                (PARENT, Value::Bytes(id)) => span.is_root = id.is_empty(),
                (NAME, Value::Bytes(name)) => span.name = str::from_utf8(name).unwrap_or_default(),
                (KIND, Value::Varint(2)) => span.kind = SpanKind::Server,
                (KIND, Value::Varint(3)) => span.kind = SpanKind::Client,
                (START, Value::Fixed64(ns)) => span.start_ns = ns,
                _ => {}
            }
        }
        span
    }

    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.content.len()
    }

    /// The attribute of this name as a text, if it is a text, a number or a flag.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        attribute(self.content, ATTRIBUTES, name)
    }

    /// As [`Self::attribute`], of several names at once.
    pub(crate) fn attributes<const N: usize>(&self, names: [&str; N]) -> [Option<Cow<'a, str>>; N] {
        let mut found = [const { None }; N];
        for pair in contents(self.content, ATTRIBUTES) {
            for (name, found) in names.iter().zip(&mut found) {
                if found.is_none() {
                    *found = value_of(pair, name);
                }
            }
        }
        found
    }

    /// Attributes that are texts, or lists of one.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        pairs(self.content, ATTRIBUTES).filter_map(|(key, value)| Some((key, only_text(value)?)))
    }
}

/// Ids of the trace and of the span that a `Span.Link` leads to.
pub(crate) fn link_target(link: &[u8]) -> (&[u8], &[u8]) {
    let mut ids = (&[][..], &[][..]);
    for field in Fields::of(link).flatten() {
        match (field.tag, field.value) {
            (1, Value::Bytes(trace)) => ids.0 = trace,
            (2, Value::Bytes(span)) => ids.1 = span,
            _ => {}
        }
    }
    ids
}

/// Keys and values of an item whose attributes are in the field `attributes`.
pub(super) fn pairs(item: &[u8], attributes: u32) -> impl Iterator<Item = (&str, &[u8])> {
    contents(item, attributes).filter_map(|pair| {
        let (mut key, mut value) = ("", None);
        for field in Fields::of(pair).flatten() {
            match (field.tag, field.value) {
                (1, Value::Bytes(text)) => key = str::from_utf8(text).ok()?,
                (2, Value::Bytes(content)) => value = Some(content),
                _ => {}
            }
        }
        Some((key, value?))
    })
}

/// The text in an `AnyValue`, or in its list of one.
pub(super) fn only_text(value: &[u8]) -> Option<&str> {
    let field = Fields::of(value).flatten().next()?;
    match (field.tag, field.value) {
        (1, Value::Bytes(text)) => str::from_utf8(text).ok(),
        (5, Value::Bytes(list)) => {
            let mut values = Fields::of(list).flatten();
            let (Some(only), None) = (values.next(), values.next()) else { return None };
            let Value::Bytes(value) = only.value else { return None };
            // No deeper than this: a list in a list is no text.
            match Fields::of(value).flatten().next().map(|field| (field.tag, field.value))? {
                (1, Value::Bytes(text)) => str::from_utf8(text).ok(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// As [`RawSpan::attribute`], of any item whose attributes are in the field `attributes`.
pub(super) fn attribute<'a>(item: &'a [u8], attributes: u32, name: &str) -> Option<Cow<'a, str>> {
    contents(item, attributes).find_map(|pair| value_of(pair, name))
}

/// The value in a `KeyValue`, if that is its key.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    let (mut is_named, mut value) = (name.is_empty(), None);
    for field in Fields::of(pair).flatten() {
        match (field.tag, field.value) {
            (1, Value::Bytes(key)) if key != name.as_bytes() => return None,
            (1, _) => is_named = true,
            (2, Value::Bytes(content)) => value = Some(content),
            _ => {}
        }
    }
    as_text(value.filter(|_| is_named)?)
}

/// An `AnyValue` as a text: what one SDK sends as a number another sends as its digits.
fn as_text(value: &[u8]) -> Option<Cow<'_, str>> {
    let field = Fields::of(value).flatten().next()?;
    Some(match (field.tag, field.value) {
        (1, Value::Bytes(text)) => Cow::Borrowed(str::from_utf8(text).ok()?),
        (2, Value::Varint(flag)) => Cow::Borrowed(if flag == 0 { "false" } else { "true" }),
        (3, Value::Varint(int)) => Cow::Owned((int as i64).to_string()),
        (4, Value::Fixed64(bits)) => Cow::Owned(f64::from_bits(bits).to_string()),
        _ => return None,
    })
}
