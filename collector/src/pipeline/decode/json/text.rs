//! Texts, ids and attributes in JSON as JavaScript writes it.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use weft_proto::limits;
use weft_sdk::write::Value;

use super::body::Number;

/// A string. Half of a surrogate pair, which JavaScript's strings may hold and ours may not, becomes U+FFFD: so it does
/// on its way into the module.
pub(in crate::pipeline::decode) struct Text<'a>(pub(in crate::pipeline::decode) Cow<'a, str>);

/// Bytes in hex.
pub(super) struct Hex<const N: usize>(pub(super) [u8; N]);

/// Attributes without those that have no value.
#[derive(Default)]
pub(super) struct Attributes<'a>(pub(super) Vec<(Cow<'a, str>, Value<'a>)>);

/// How many of what.
#[derive(Default)]
pub(super) struct Counts<'a>(pub(super) Vec<(Cow<'a, str>, u64)>);

/// `None`: JavaScript has no word for the value, or none in JSON.
struct OneValue<'a>(Option<Value<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // As text, half of a pair would be refused, and with it all that was posted.
        from.deserialize_bytes(OneText)
    }
}

struct OneText;

impl<'de> Visitor<'de> for OneText {
    type Value = Text<'de>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Text(Cow::Borrowed(text))),
            Err(_) => self.visit_bytes(bytes),
        }
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // Half of a pair is ED and two more bytes, each a chunk of its own.
            if chunk.invalid().first() == Some(&0xed) {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(Text(Cow::Owned(text)))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(from)?.0;
        let bytes = text.as_bytes().chunks_exact(2).map_while(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        let bytes: Vec<u8> = bytes.take(N + 1).collect();
        match bytes.try_into() {
            Ok(bytes) if text.len() == 2 * N => Ok(Self(bytes)),
            _ => Err(D::Error::custom(format_args!("an id must be {} hex digits", 2 * N))),
        }
    }
}

fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

impl<'de: 'a, 'a> Deserialize<'de> for Attributes<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut attributes = Vec::new();
        from.deserialize_map(Entries(
            |key, OneValue(value): OneValue<'de>| {
                attributes.extend(value.map(|value| (key, value)));
                Ok(())
            },
            PhantomData,
        ))?;
        Ok(Self(attributes))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Counts<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut counts = Vec::new();
        from.deserialize_map(Entries(
            |reason, Number(count)| {
                counts.push((reason, count));
                if counts.len() > limits::MAX_ATTRIBUTES { Err("too many reasons") } else { Ok(()) }
            },
            PhantomData,
        ))?;
        Ok(Self(counts))
    }
}

/// Takes the entries of an object one by one.
struct Entries<T, F>(F, PhantomData<T>);

impl<'de, T: Deserialize<'de>, F> Visitor<'de> for Entries<T, F>
where
    F: FnMut(Cow<'de, str>, T) -> Result<(), &'static str>,
{
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((Text(key), value)) = map.next_entry()? {
            (self.0)(key, value).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for OneValue<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // Its type first, because texts are not read as text.
        let raw = <&RawValue>::deserialize(from)?.get();
        let value = match raw.bytes().next() {
            Some(b'"') => serde_json::from_str::<Text<'_>>(raw).map(|Text(text)| Some(Value::Text(text))),
            Some(b'[') => serde_json::from_str::<Vec<Text<'_>>>(raw)
                .map(|texts| Some(Value::Texts(texts.into_iter().map(|Text(text)| text).collect()))),
            Some(b'{') => {
                return Err(D::Error::custom("a value is a text, number, boolean or list of texts"));
            }
            Some(b't' | b'f') => serde_json::from_str(raw).map(|value| Some(Value::Bool(value))),
            // What is no number in JSON: NaN and the infinities.
            Some(b'n') => Ok(None),
            _ => serde_json::from_str(raw).map(|value| Some(Value::Number(value))),
        };
        value.map(Self).map_err(|error| {
            D::Error::custom(format_args!(
                "a value that is no text, number, boolean or list of texts ({error})"
            ))
        })
    }
}
