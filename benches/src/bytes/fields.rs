//! Values as OTLP has them, and as a batch has them.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value};
use weft_proto::{Attribute, Strings, Value, limits};

/// Begins the keys of what is no attribute but a field of the span, which a page of ours has no use for.
pub(super) const FIELD: char = '\u{1}';

/// A value for a batch. `None`: it is beyond what a batch holds.
pub(super) fn value(from: Option<&any_value::Value>, strings: &mut Strings, depth: usize) -> Option<Value> {
    use any_value::Value as Otlp;
    if depth > limits::MAX_DEPTH {
        return None;
    }
    Some(match from {
        None => Value::Empty,
        Some(Otlp::StringValue(text)) => Value::Text(text_id(text, strings)?),
        Some(Otlp::BoolValue(value)) => Value::Bool(*value),
        Some(Otlp::IntValue(value)) => Value::Int(*value),
        Some(Otlp::DoubleValue(value)) => Value::Double(*value),
        Some(Otlp::BytesValue(bytes)) => Value::Bytes(bytes.clone().into()),
        Some(Otlp::ArrayValue(list)) => {
            let values = list.values.iter().map(|inner| value(inner.value.as_ref(), strings, depth + 1));
            Value::List(values.collect::<Option<Vec<_>>>()?.into())
        }
        Some(Otlp::KvlistValue(list)) => map(&list.values, strings, depth)?,
        Some(Otlp::StringValueStrindex(_)) => return None,
    })
}

/// Keys and values in their order, whatever they are. `None`: they are beyond what a batch holds.
pub(super) fn map(from: &[KeyValue], strings: &mut Strings, depth: usize) -> Option<Value> {
    let entries = from.iter().map(|entry| {
        let inner = entry.value.as_ref()?;
        let key =
            Some(&entry.key).filter(|key| key.len() <= limits::MAX_NAME_BYTES && entry.key_strindex == 0)?;
        Some((strings.intern(key), value(inner.value.as_ref(), strings, depth + 1)?))
    });
    Some(Value::Map(entries.collect::<Option<Vec<_>>>()?.into()))
}

/// Attributes for a batch. `None`: they are not as a batch has them, with a key each that comes once.
pub(super) fn attributes(from: &[KeyValue], strings: &mut Strings) -> Option<Vec<Attribute>> {
    let mut all: Vec<Attribute> = Vec::with_capacity(from.len());
    // Room for fields beside them.
    if from.len() + 16 > limits::MAX_ATTRIBUTES {
        return None;
    }
    for one in from {
        let is_plain =
            one.key.len() <= limits::MAX_NAME_BYTES && !one.key.starts_with(FIELD) && one.key_strindex == 0;
        let inner = one.value.as_ref().filter(|_| is_plain)?;
        let key = strings.intern(&one.key);
        if all.iter().any(|other| other.key == key) {
            return None;
        }
        all.push(Attribute { key, value: value(inner.value.as_ref(), strings, 0)? });
    }
    Some(all)
}

fn text_id(text: &str, strings: &mut Strings) -> Option<weft_proto::StrId> {
    (text.len() <= limits::MAX_TEXT_BYTES).then(|| strings.intern(text))
}

/// A value of a batch, as OTLP has it.
pub(super) fn any_value(from: &Value, strings: &Strings) -> AnyValue {
    use any_value::Value as Otlp;
    let value = match from {
        Value::Empty => None,
        Value::Text(id) => Some(Otlp::StringValue(strings.get(*id).to_owned())),
        Value::Bool(value) => Some(Otlp::BoolValue(*value)),
        Value::Int(value) => Some(Otlp::IntValue(*value)),
        Value::Double(value) => Some(Otlp::DoubleValue(*value)),
        Value::Bytes(bytes) => Some(Otlp::BytesValue(bytes.to_vec())),
        Value::List(values) => {
            let values = values.iter().map(|inner| any_value(inner, strings)).collect();
            Some(Otlp::ArrayValue(ArrayValue { values }))
        }
        Value::Map(_) => Some(Otlp::KvlistValue(KeyValueList { values: key_values(from, strings) })),
    };
    AnyValue { value }
}

/// The entries of a map, as OTLP has them.
pub(super) fn key_values(from: &Value, strings: &Strings) -> Vec<KeyValue> {
    let Value::Map(entries) = from else { return Vec::new() };
    entries.iter().map(|(key, value)| key_value(strings.get(*key), value, strings)).collect()
}

/// An attribute, as OTLP has it.
pub(super) fn key_value(key: &str, value: &Value, strings: &Strings) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any_value(value, strings)), ..KeyValue::default() }
}
