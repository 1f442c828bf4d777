//! The attributes of an event: its own, less what only the collector may say, and what places it.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value};
use weft_proto::{Attribute, Batch, Event, Value};

use super::{Page, hex};

/// All attributes of `event`.
pub(super) fn of(page: &Page<'_>, event: &Event, skew_ms: Option<i64>) -> Vec<KeyValue> {
    let batch = page.batch;
    let own = batch.attributes_of(event).iter().filter(|attribute| !is_reserved(key(batch, attribute)));
    let mut attributes: Vec<_> =
        own.map(|attribute| pair(key(batch, attribute), value(batch, &attribute.value))).collect();
    if let Some(session) = event.session.and_then(|at| batch.sessions.get(at as usize)) {
        attributes.push(text("session.id", hex(&session.id)));
        attributes.extend(session.previous_id.map(|id| text("session.previous_id", hex(&id))));
    }
    attributes.push(text("weft.page.id", hex(&page.ids.page())));
    attributes.push(int("weft.seq", i64::try_from(event.number).unwrap_or(i64::MAX)));
    attributes.extend(skew_ms.map(|skew_ms| int("weft.clock.skew_ms", skew_ms)));
    if event.parent.is_none() {
        of_root(page, event, &mut attributes);
    }
    attributes
}

/// Attributes of `event` that are removed.
pub(super) fn reserved<'a>(batch: &'a Batch, event: &Event) -> impl Iterator<Item = &'a Attribute> {
    batch.attributes_of(event).iter().filter(|attribute| is_reserved(key(batch, attribute)))
}

pub(super) fn text(key: &str, text: impl Into<String>) -> KeyValue {
    pair(key, any_value::Value::StringValue(text.into()))
}

pub(super) fn texts<'a>(key: &str, texts: impl IntoIterator<Item = &'a str>) -> KeyValue {
    let values = texts.into_iter().map(|text| any(any_value::Value::StringValue(text.to_owned()))).collect();
    pair(key, any_value::Value::ArrayValue(ArrayValue { values }))
}

pub(super) fn flag(key: &str, flag: bool) -> KeyValue {
    pair(key, any_value::Value::BoolValue(flag))
}

pub(super) fn pair(key: &str, value: impl Into<Option<any_value::Value>>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: value.into() }), ..KeyValue::default() }
}

/// A value of the event model as one of OTLP. Depth is bounded by the decoder.
pub(super) fn value(batch: &Batch, from: &Value) -> Option<any_value::Value> {
    let text = |id| batch.strings.get(id).to_owned();
    let inner = |from: &Value| AnyValue { value: value(batch, from) };
    Some(match from {
        Value::Text(id) => any_value::Value::StringValue(text(*id)),
        Value::Bool(flag) => any_value::Value::BoolValue(*flag),
        Value::Int(int) => any_value::Value::IntValue(*int),
        Value::Double(double) => any_value::Value::DoubleValue(*double),
        Value::Bytes(bytes) => any_value::Value::BytesValue(bytes.clone()),
        Value::List(values) => {
            any_value::Value::ArrayValue(ArrayValue { values: values.iter().map(inner).collect() })
        }
        Value::Map(pairs) => {
            let pair = |(key, from): &(_, Value)| KeyValue {
                key: text(*key),
                value: Some(inner(from)),
                ..KeyValue::default()
            };
            any_value::Value::KvlistValue(KeyValueList { values: pairs.iter().map(pair).collect() })
        }
        Value::Empty => return None,
    })
}

fn of_root(page: &Page<'_>, event: &Event, attributes: &mut Vec<KeyValue>) {
    let id = |number| hex(&page.span_id(number));
    attributes.extend(event.view.map(|view| text("weft.view.id", id(view))));
    let since = |number: Option<u64>| {
        let earlier = page.batch.start_of(number.filter(|number| *number != event.number)?)?;
        Some(milliseconds_between(earlier, event.start_ns))
    };
    // By the device's own clock on both ends: a correction would only add its own error.
    attributes.extend(since(event.previous).map(|ms| int("weft.since_previous_ms", ms)));
    attributes.extend(since(page.batch.page_load).map(|ms| int("weft.since_page_load_ms", ms)));
    attributes.extend(event.interaction.map(|interaction| text("weft.interaction.id", id(interaction))));
}

/// To the nearest millisecond; negative if the clock was set back in between.
fn milliseconds_between(earlier_ns: u64, later_ns: u64) -> i64 {
    let difference = i128::from(later_ns) - i128::from(earlier_ns);
    let rounded = (difference + 500_000 * difference.signum()) / 1_000_000;
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// Names that only the collector gives, because an operator must be able to rely on them.
const RESERVED: [&str; 6] = ["weft.", "session.", "service.", "telemetry.", "deployment.", "client."];

/// What the SDK says about itself under our name.
const FROM_SDK: [&str; 3] = ["weft.clock.jump_ms", "weft.suspended_ms", "weft.state"];

fn is_reserved(key: &str) -> bool {
    RESERVED.iter().any(|prefix| key.starts_with(prefix)) && !FROM_SDK.contains(&key)
}

fn key<'a>(batch: &'a Batch, attribute: &Attribute) -> &'a str {
    batch.strings.get(attribute.key)
}

fn int(key: &str, int: i64) -> KeyValue {
    pair(key, any_value::Value::IntValue(int))
}

fn any(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}
