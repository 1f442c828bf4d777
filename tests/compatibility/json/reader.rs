//! What recorded JSON says, in the form of `meaning.rs`. It reads the digits as they stand there, so that no number is rounded
//! twice, and knows only what the recordings have: anything else is a mistake of theirs.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json, value::RawValue};

use crate::compatibility::{
    meaning::{add, double},
    parts::{Field, Kind, Part, Times},
};

/// What a message in JSON says.
///
/// # Panics
/// If it is none, or has a field that is not among [`Part::fields`].
pub(super) fn of_json(part: Part, text: &str) -> Value {
    let mut said = Map::new();
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).expect("an object");
    for (name, raw) in fields {
        let field = part.fields().iter().find(|field| field.1 == name);
        let field = field.unwrap_or_else(|| panic!("{part:?} has a field {name}"));
        match (raw.get(), field.3) {
            // Nothing, which for a double is how JavaScript writes NaN.
            ("null", _) => {}
            (list, Times::Many) => {
                let values: Vec<&RawValue> = serde_json::from_str(list).expect("a list");
                values.into_iter().for_each(|raw| add(&mut said, field, value(field, raw.get())));
            }
            (text, _) => add(&mut said, field, value(field, text)),
        }
    }
    Value::Object(said)
}

fn value(field: &Field, text: &str) -> Value {
    let string = || serde_json::from_str::<String>(text).expect("a text");
    let digits = || text.trim_matches('"');
    match field.2 {
        Kind::Of(part) => of_json(part, text),
        Kind::Text => json!(string()),
        Kind::Id => json!(string().to_lowercase()),
        Kind::Bytes => json!(support::received::hex(&base64(&string()))),
        Kind::Bool => serde_json::from_str(text).expect("true or false"),
        Kind::Double => double(digits().parse().expect("a number, NaN or Infinity")),
        _ => json!(digits().parse::<i128>().expect("a whole number").to_string()),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let six = DIGITS.iter().position(|known| *known == digit).expect("a digit");
        (bits, count) = (bits << 6 | six as u32, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
