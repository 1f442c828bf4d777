//! What an OTLP request will take as structures, from its bytes alone and before any is made: two bytes on the wire
//! may stand for a span of three hundred, and a few kilobytes of gzip for millions of those.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span},
};
use prost::encoding::{WireType, decode_key, decode_varint};

use crate::reject::Reject;

/// Spans in one request: twice what OpenTelemetry's collector puts into one.
pub(super) const MAX_SPANS: usize = 20_000;

/// What structures may take, in multiples of the bytes a body may have. Ordinary spans take about three.
const STRUCTURES_TO_BYTES: usize = 8;

/// prost reads no deeper.
const MAX_DEPTH: usize = 100;

/// Refuses a request that has too many spans, or whose structures would take too much for a body of `limit` bytes.
pub(super) fn check(bytes: &[u8], limit: usize) -> Result<(), Reject> {
    let mut scale = Scale { spans: 0, taken: 0, most: limit.saturating_mul(STRUCTURES_TO_BYTES) };
    scale.message(Part::Request, bytes, 0)
}

struct Scale {
    spans: usize,
    taken: usize,
    most: usize,
}

/// The messages of OTLP's traces that hold others or may be repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Request,
    ResourceSpans,
    Resource,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    Status,
    Pair,
    Value,
    Values,
    Pairs,
    Entity,
    Text,
}

impl Part {
    /// What field `tag` of this message is. `None`: a scalar, or unknown to us and to prost.
    fn field(self, tag: u32) -> Option<Self> {
        Some(match (self, tag) {
            (Self::Request, 1) => Self::ResourceSpans,
            (Self::ResourceSpans, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::Resource, 1) | (Self::Scope, 3) | (Self::Span, 9) | (Self::Event, 3) => Self::Pair,
            (Self::Link, 4) | (Self::Pairs, 1) => Self::Pair,
            (Self::Resource, 3) => Self::Entity,
            (Self::Entity, 3 | 4) => Self::Text,
            (Self::ScopeSpans, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::Span, 11) => Self::Event,
            (Self::Span, 13) => Self::Link,
            (Self::Span, 15) => Self::Status,
            (Self::Pair, 2) | (Self::Values, 1) => Self::Value,
            (Self::Value, 5) => Self::Values,
            (Self::Value, 6) => Self::Pairs,
            _ => return None,
        })
    }

    /// Bytes of its structure, without what it points to.
    fn size(self) -> usize {
        match self {
            Self::Request => 0,
            Self::ResourceSpans => size_of::<ResourceSpans>(),
            Self::Resource => size_of::<Resource>(),
            Self::ScopeSpans => size_of::<ScopeSpans>(),
            Self::Scope => size_of::<InstrumentationScope>(),
            Self::Span => size_of::<Span>(),
            Self::Event => size_of::<span::Event>(),
            Self::Link => size_of::<span::Link>(),
            Self::Status => size_of::<Status>(),
            Self::Pair => size_of::<KeyValue>(),
            Self::Value | Self::Values | Self::Pairs => size_of::<AnyValue>(),
            Self::Entity => size_of::<EntityRef>(),
            Self::Text => size_of::<String>(),
        }
    }
}

impl Scale {
    fn message(&mut self, part: Part, mut bytes: &[u8], depth: usize) -> Result<(), Reject> {
        if depth > MAX_DEPTH {
            return Err(invalid());
        }
        while !bytes.is_empty() {
            let (tag, wire) = decode_key(&mut bytes).map_err(|_| invalid())?;
            let length = match wire {
                WireType::Varint => {
                    decode_varint(&mut bytes).map_err(|_| invalid())?;
                    continue;
                }
                // What stands in a group is weighed as if it stood outside: too much rather than too little.
                WireType::StartGroup | WireType::EndGroup => continue,
                WireType::SixtyFourBit => 8,
                WireType::ThirtyTwoBit => 4,
                WireType::LengthDelimited => decode_varint(&mut bytes).map_err(|_| invalid())?,
            };
            let length = usize::try_from(length).map_err(|_| invalid())?;
            let (value, rest) = bytes.split_at_checked(length).ok_or_else(invalid)?;
            bytes = rest;
            match part.field(tag).filter(|_| wire == WireType::LengthDelimited) {
                Some(inner) => {
                    self.add(inner, 0)?;
                    self.message_or_text(inner, value, depth + 1)?;
                }
                None => self.add(Part::Request, value.len())?,
            }
        }
        Ok(())
    }

    fn message_or_text(&mut self, part: Part, value: &[u8], depth: usize) -> Result<(), Reject> {
        if part == Part::Text {
            self.add(Part::Request, value.len())
        } else {
            self.message(part, value, depth)
        }
    }

    fn add(&mut self, part: Part, text: usize) -> Result<(), Reject> {
        self.spans += usize::from(part == Part::Span);
        self.taken = self.taken.saturating_add(part.size() + text);
        if self.spans > MAX_SPANS {
            return Err(Reject::TooLarge { what: "spans", limit: MAX_SPANS });
        }
        if self.taken > self.most {
            return Err(Reject::TooLarge {
                what: "bytes of spans and attributes, decoded",
                limit: self.most,
            });
        }
        Ok(())
    }
}

fn invalid() -> Reject {
    Reject::NotABatch("no valid ExportTraceServiceRequest".to_owned())
}
