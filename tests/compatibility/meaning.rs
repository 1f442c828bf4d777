//! What OTLP in protobuf says, in a form that can be compared and read: JSON in which every number is a text, ids and bytes are
//! hex, and what is the same as nothing is not there.

use prost::encoding::{WireType, decode_key, decode_varint};
use serde_json::{Map, Value, json};

use super::parts::{Field, Kind, Part, Times};

/// What a message in protobuf says.
///
/// # Panics
/// If it is none, or has a field that is not among [`Part::fields`].
pub(super) fn of_protobuf(part: Part, mut bytes: &[u8]) -> Value {
    let mut said = Map::new();
    while let Some((number, raw)) = next(&mut bytes) {
        let field = part.fields().iter().find(|field| field.0 == number);
        let field = field.unwrap_or_else(|| panic!("{part:?} has a field {number}"));
        match (field.2, raw) {
            // Packed: numbers without keys, one behind the other.
            (Kind::Uint | Kind::Fixed64 | Kind::Double, Raw::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    let raw = if field.2 == Kind::Uint { varint(&mut packed) } else { fixed64(&mut packed) };
                    add(&mut said, field, scalar(field.2, &raw));
                }
            }
            (Kind::Of(inner), Raw::Bytes(bytes)) => add(&mut said, field, of_protobuf(inner, bytes)),
            (kind, raw) => add(&mut said, field, scalar(kind, &raw)),
        }
    }
    Value::Object(said)
}

/// The spans, log records or metrics of a request as they are written there, in order.
pub(super) fn items(request: &[u8]) -> Vec<&[u8]> {
    let resources = held(request, 1);
    let scopes = resources.into_iter().flat_map(|resource| held(resource, 2));
    scopes.flat_map(|scope| held(scope, 2)).collect()
}

/// A double as it is compared: with its sign, and exact.
pub(super) fn double(value: f64) -> Value {
    Value::String(format!("{value:?}"))
}

/// Adds what a field says, unless that is the same as nothing.
pub(super) fn add(said: &mut Map<String, Value>, field: &Field, value: Value) {
    let (_, name, kind, times) = *field;
    let nothing = match kind {
        Kind::Of(_) => Value::Null,
        Kind::Bool => json!(false),
        Kind::Text | Kind::Bytes | Kind::Id => json!(""),
        Kind::Double => double(0.0),
        _ => json!("0"),
    };
    match times {
        Times::Many => match said.entry(name).or_insert_with(|| json!([])) {
            Value::Array(values) => values.push(value),
            other => panic!("{name} is {other}"),
        },
        Times::One if value == nothing => {}
        Times::One | Times::Optional => {
            let before = said.insert(name.to_owned(), value);
            assert_eq!(before, None, "{name} is there once");
        }
    }
}

enum Raw<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

fn next<'a>(bytes: &mut &'a [u8]) -> Option<(u32, Raw<'a>)> {
    if bytes.is_empty() {
        return None;
    }
    let (number, wire_type) = decode_key(bytes).expect("a key");
    let raw = match wire_type {
        WireType::Varint => varint(bytes),
        WireType::SixtyFourBit => fixed64(bytes),
        WireType::ThirtyTwoBit => Raw::Fixed32(u32::from_le_bytes(*take(bytes))),
        WireType::LengthDelimited => {
            let length = usize::try_from(decode_varint(bytes).expect("a length")).expect("a short one");
            let (content, rest) = bytes.split_at(length);
            *bytes = rest;
            Raw::Bytes(content)
        }
        other => panic!("OTLP has no {other:?}"),
    };
    Some((number, raw))
}

fn varint<'a>(bytes: &mut &[u8]) -> Raw<'a> {
    Raw::Varint(decode_varint(bytes).expect("a number"))
}

fn fixed64<'a>(bytes: &mut &[u8]) -> Raw<'a> {
    Raw::Fixed64(u64::from_le_bytes(*take(bytes)))
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> &'a [u8; N] {
    let (taken, rest) = bytes.split_first_chunk().expect("as many bytes");
    *bytes = rest;
    taken
}

fn scalar(kind: Kind, raw: &Raw<'_>) -> Value {
    match (kind, raw) {
        (Kind::Text, Raw::Bytes(text)) => json!(str::from_utf8(text).expect("UTF-8")),
        (Kind::Bytes | Kind::Id, Raw::Bytes(bytes)) => json!(support::received::hex(bytes)),
        (Kind::Bool, Raw::Varint(flag)) => json!(*flag != 0),
        (Kind::Int, Raw::Varint(number)) | (Kind::Sfixed64, Raw::Fixed64(number)) => {
            json!(number.cast_signed().to_string())
        }
        (Kind::Uint, Raw::Varint(number)) | (Kind::Fixed64, Raw::Fixed64(number)) => {
            json!(number.to_string())
        }
        (Kind::Sint, Raw::Varint(number)) => {
            json!(((number >> 1).cast_signed() ^ -(number & 1).cast_signed()).to_string())
        }
        (Kind::Fixed32, Raw::Fixed32(number)) => json!(number.to_string()),
        (Kind::Double, Raw::Fixed64(bits)) => double(f64::from_bits(*bits)),
        (kind, _) => panic!("another wire type than that of {kind:?}"),
    }
}

fn held(mut message: &[u8], wanted: u32) -> Vec<&[u8]> {
    let mut held = Vec::new();
    while let Some((number, raw)) = next(&mut message) {
        if let (true, Raw::Bytes(bytes)) = (number == wanted, raw) {
            held.push(bytes);
        }
    }
    held
}
