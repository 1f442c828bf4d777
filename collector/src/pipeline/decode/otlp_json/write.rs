//! An object of JSON → the bytes of a protobuf message, field by field as they come.

use std::fmt;

use prost::encoding::{WireType, encode_key, encode_varint};
use serde::{
    Deserialize,
    de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    scalar::{self, Scalar},
    schema::{Field, Kind, Message},
};
use crate::pipeline::decode::json::text::Text;

/// The content of a message: an object, or `null`, which is an empty one.
pub(super) struct Content<'o> {
    pub(super) of: &'static Message,
    pub(super) out: &'o mut Vec<u8>,
    /// Bytes of `out`: strings of escapes aside, protobuf is shorter than its JSON.
    pub(super) limit: usize,
}

/// The name of a field, where it is one of this message.
struct Name(&'static Message);

/// The value of a field, or `null`, which is none.
struct FieldValue<'o> {
    of: &'static Field,
    out: &'o mut Vec<u8>,
    limit: usize,
    /// Whether it is an element of a list: a list of lists is none.
    is_element: bool,
}

impl<'de> DeserializeSeed<'de> for Content<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Content<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { of, out, limit } = self;
        while let Some(field) = map.next_key_seed(Name(of))? {
            match field {
                Some(field) => {
                    map.next_value_seed(FieldValue { of: field, out: &mut *out, limit, is_element: false })?;
                }
                None => _ = map.next_value::<IgnoredAny>()?,
            }
            if out.len() > limit {
                return Err(de::Error::custom("it is larger than the collector takes"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static Field>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.field(name))
    }
}

impl<'de> DeserializeSeed<'de> for FieldValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.of.2 {
            // JavaScript writes half of a surrogate pair, too: that costs a letter, not the request.
            Kind::Text if !self.is_element => match Option::<Text<'_>>::deserialize(from)? {
                Some(text) => self.scalar(Scalar::Text(&text.0)),
                None => Ok(()),
            },
            _ => from.deserialize_any(self),
        }
    }
}

impl FieldValue<'_> {
    fn scalar<E: de::Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        match self.of.2 {
            Kind::Texts if !self.is_element => Err(de::Error::custom("a list is needed here")),
            Kind::Packed(number) if self.is_element => scalar::pack(self.out, number, scalar),
            kind => scalar::write(self.out, self.of.1, kind, scalar),
        }
    }
}

impl<'de> Visitor<'de> for FieldValue<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value for {}", self.of.0)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        match self.of.2 {
            _ if !self.is_element => Ok(()),
            // In a list it keeps its place: what follows is not to move.
            Kind::Many(_) => nested(self.out, self.of.1, |_| Ok(())),
            _ => Err(de::Error::invalid_type(de::Unexpected::Unit, &self)),
        }
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<(), E> {
        self.scalar(Scalar::Bool(flag))
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<(), E> {
        self.scalar(Scalar::Int(int.into()))
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<(), E> {
        self.scalar(Scalar::Int(int.into()))
    }

    fn visit_f64<E: de::Error>(self, double: f64) -> Result<(), E> {
        self.scalar(Scalar::Double(double))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.scalar(Scalar::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Self { of: (_, number, kind), out, limit, is_element } = self;
        let inner = match kind {
            Kind::One(inner) if !is_element => inner,
            Kind::Many(inner) if is_element => inner,
            _ => return Err(de::Error::invalid_type(de::Unexpected::Map, &"a plain value, or a list")),
        };
        nested(out, *number, |out| Content { of: inner, out, limit }.visit_map(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { of, out, limit, is_element } = self;
        let mut all = |out: &mut Vec<u8>| {
            let mut next =
                || list.next_element_seed(FieldValue { of, out: &mut *out, limit, is_element: true });
            while next()?.is_some() {}
            Ok(())
        };
        match of.2 {
            Kind::Packed(_) if !is_element => nested(out, of.1, all),
            Kind::Many(_) | Kind::Texts if !is_element => all(out),
            _ => Err(de::Error::invalid_type(de::Unexpected::Seq, &"one value")),
        }
    }
}

/// Writes a field whose length is known when its content is written.
fn nested<E>(
    out: &mut Vec<u8>,
    number: u32,
    content: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    encode_key(number, WireType::LengthDelimited, out);
    let from = out.len();
    content(out)?;
    let mut length = Vec::with_capacity(5);
    encode_varint((out.len() - from) as u64, &mut length);
    out.splice(from..from, length);
    Ok(())
}
