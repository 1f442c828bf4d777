//! What an event comes to when it is released, about: the waiting room counts by it.

use weft_proto::{Batch, Event, StrId, Value};

use super::Look;
use crate::{
    config::To,
    pipeline::link::seen::{MOST_FOUND, MOST_SERVED},
};

/// What the collector adds to an event, about: ids, page, session, view, and how long since what.
pub(super) const OF_EVENT: usize = 1024;

/// A link as it is written, about.
const OF_LINK: usize = 160;

/// What links found by these come to at most.
pub(super) fn links(looks: &[Look]) -> usize {
    let most = |look: &Look| match look.rule.to {
        To::Unshared => 0,
        To::Previous => 4,
        To::Request => MOST_SERVED,
        To::First | To::All => MOST_FOUND,
    };
    looks.iter().map(|look| most(look) * OF_LINK).sum()
}

/// What an event comes to as it is written, about.
pub(super) fn written(batch: &Batch, event: &Event) -> usize {
    let text = |id: StrId| batch.strings.get(id).len() + 16;
    let attributes = batch.attributes_of(event).iter();
    let attributes = attributes.map(|attribute| text(attribute.key) + value_bytes(batch, &attribute.value));
    text(event.name) + attributes.sum::<usize>() + batch.links_of(event).len() * OF_LINK
}

/// Depth is bounded by the decoder.
fn value_bytes(batch: &Batch, value: &Value) -> usize {
    match value {
        Value::Text(id) => batch.strings.get(*id).len() + 8,
        Value::Bytes(bytes) => bytes.len() + 8,
        Value::List(values) => values.iter().map(|value| 8 + value_bytes(batch, value)).sum(),
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| batch.strings.get(*key).len() + 16 + value_bytes(batch, value))
            .sum(),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Empty => 16,
    }
}
