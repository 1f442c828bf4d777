//! Whether OTLP is what it says, in one pass that makes nothing: wire types, UTF-8, nesting, ids, singular fields given
//! once, attributes named once. What passes is forwarded byte for byte, so nobody behind us need be more careful.
//!
//! Field numbers are those of opentelemetry-proto 1.11; fields that it does not have are none of our business.

use std::collections::HashSet;

use super::wire::{Fields, Value};

/// The messages of OTLP's traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    ResourceSpans,
    Resource,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    Status,
    Pair,
    AnyValue,
    Values,
    Pairs,
    Entity,
}

/// What a field is to be.
enum Rule {
    Varint,
    Fixed64,
    Fixed32,
    Text,
    Bytes,
    /// So many bytes, not all zero.
    Id(usize),
    /// As an id, or nothing.
    Parent,
    One(Part),
    Many(Part),
    Texts,
    /// Checked by whoever goes through the items.
    Item,
}

/// As deep as common decoders go.
const MAX_DEPTH: usize = 100;

/// So many names are compared with each other; more are looked up.
const FEW: usize = 24;

/// Whether `bytes` are a `part`, and so is everything in it.
pub(super) fn is(part: Part, bytes: &[u8], depth: usize) -> bool {
    check(part, bytes, depth).is_some()
}

fn check(part: Part, bytes: &[u8], depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut seen = 0_u32;
    for field in Fields::of(bytes) {
        let field = field.ok()?;
        let Some(rule) = rule(part, field.tag) else { continue };
        if !matches!(rule, Rule::Many(_) | Rule::Texts | Rule::Item) {
            // An AnyValue is one of many: whichever comes second contradicts the first.
            let bit = if part == Part::AnyValue { 1 } else { 1 << field.tag };
            if seen & bit != 0 {
                return None;
            }
            seen |= bit;
        }
        match (rule, field.value) {
            (Rule::Varint, Value::Varint(_))
            | (Rule::Fixed64, Value::Fixed64(_))
            | (Rule::Fixed32, Value::Fixed32)
            | (Rule::Bytes | Rule::Item, Value::Bytes(_)) => {}
            (Rule::Text | Rule::Texts, Value::Bytes(text)) => _ = str::from_utf8(text).ok()?,
            (Rule::Id(length), Value::Bytes(id)) => is_id(id, length).then_some(())?,
            (Rule::Parent, Value::Bytes(id)) => (id.is_empty() || is_id(id, 8)).then_some(())?,
            (Rule::One(inner) | Rule::Many(inner), Value::Bytes(bytes)) => check(inner, bytes, depth + 1)?,
            _ => return None,
        }
    }
    let needed = if matches!(part, Part::Span | Part::Link) { 0b110 } else { 0 };
    (seen & needed == needed).then_some(())?;
    named_once(part, bytes).then_some(())
}

/// By number in the message.
fn rule(part: Part, tag: u32) -> Option<Rule> {
    use Rule::{Bytes, Fixed32, Fixed64, Id, Item, Many, One, Parent, Text, Texts, Varint};
    Some(match (part, tag) {
        (Part::ResourceSpans, 1) => One(Part::Resource),
        (Part::ResourceSpans | Part::ScopeSpans, 2) => Item,
        (Part::ResourceSpans | Part::ScopeSpans, 3) => Text,
        (Part::ScopeSpans, 1) => One(Part::Scope),
        (Part::Resource, 3) => Many(Part::Entity),
        (Part::Entity, 1 | 2) | (Part::Scope, 1 | 2) => Text,
        (Part::Entity, 3 | 4) => Texts,
        (Part::Span | Part::Link, 1) => Id(16),
        (Part::Span | Part::Link, 2) => Id(8),
        (Part::Span | Part::Link, 3) | (Part::Span, 5) | (Part::Event | Part::Status, 2) => Text,
        (Part::Span, 4) => Parent,
        (Part::Span, 7 | 8) | (Part::Event, 1) => Fixed64,
        (Part::Span, 16) | (Part::Link, 6) => Fixed32,
        (Part::Span, 6 | 10 | 12 | 14) | (Part::Status, 3) => Varint,
        (Part::Resource, 2) | (Part::Scope | Part::Event, 4) | (Part::Link, 5) => Varint,
        (Part::Span, 11) => Many(Part::Event),
        (Part::Span, 13) => Many(Part::Link),
        (Part::Span, 15) => One(Part::Status),
        (Part::Pair, 1) | (Part::AnyValue, 1) => Text,
        (Part::Pair, 2) => One(Part::AnyValue),
        (Part::AnyValue, 2 | 3 | 8) | (Part::Pair, 3) => Varint,
        (Part::AnyValue, 4) => Fixed64,
        (Part::AnyValue, 5) => One(Part::Values),
        (Part::AnyValue, 6) => One(Part::Pairs),
        (Part::AnyValue, 7) => Bytes,
        (Part::Values, 1) => Many(Part::AnyValue),
        _ if Some(tag) == attributes(part) => Many(Part::Pair),
        _ => return None,
    })
}

/// The field that holds attributes.
fn attributes(part: Part) -> Option<u32> {
    match part {
        Part::Resource | Part::Pairs => Some(1),
        Part::Scope | Part::Event => Some(3),
        Part::Link => Some(4),
        Part::Span => Some(9),
        _ => None,
    }
}

/// Whether no two attributes have one name, which OTLP demands and everybody takes for granted.
fn named_once(part: Part, bytes: &[u8]) -> bool {
    let Some(tag) = attributes(part) else { return true };
    let pairs = || {
        Fields::of(bytes).flatten().filter_map(move |field| match field.value {
            Value::Bytes(pair) if field.tag == tag => Some(name(pair)),
            _ => None,
        })
    };
    let mut few = [&[][..]; FEW];
    for (at, name) in pairs().enumerate() {
        let Some((known, rest)) = few.split_at_mut_checked(at).filter(|(_, rest)| !rest.is_empty()) else {
            let mut all = HashSet::new();
            return pairs().all(|name| all.insert(name));
        };
        if known.contains(&name) {
            return false;
        }
        if let Some(place) = rest.first_mut() {
            *place = name;
        }
    }
    true
}

/// The name of an attribute.
fn name(pair: &[u8]) -> &[u8] {
    let mut fields = Fields::of(pair).flatten();
    let found = fields.find_map(|field| match field.value {
        Value::Bytes(name) if field.tag == 1 => Some(name),
        _ => None,
    });
    found.unwrap_or_default()
}

fn is_id(id: &[u8], length: usize) -> bool {
    id.len() == length && id.iter().any(|byte| *byte != 0)
}
