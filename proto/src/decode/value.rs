//! Strings and attribute values of a batch, resolved within bounds.

use super::{DecodeError, error::within};
use crate::{
    event::Value,
    limits,
    strings::{StrId, Strings},
    wire,
};

/// The strings, and how many bytes the batch will take when it is written out: a reference of one byte may stand
/// for kilobytes, and a batch must not grow without bound when it is written out.
pub(super) struct Text {
    pub(super) strings: Strings,
    resolved: usize,
}

impl Text {
    pub(super) fn new(strings: Strings) -> Self {
        Self { strings, resolved: 0 }
    }

    pub(super) fn name(&mut self, id: u32) -> Result<StrId, DecodeError> {
        self.resolve(id, "bytes of a name", limits::MAX_NAME_BYTES)
    }

    fn value(&mut self, id: u32) -> Result<StrId, DecodeError> {
        self.resolve(id, "bytes of text", limits::MAX_TEXT_BYTES)
    }

    fn resolve(&mut self, id: u32, what: &'static str, limit: usize) -> Result<StrId, DecodeError> {
        if id as usize >= self.strings.len() {
            return Err(DecodeError::Invalid("string"));
        }
        let length = self.strings.get(StrId(id)).len();
        within(what, length, limit)?;
        self.spend(length)?;
        Ok(StrId(id))
    }

    /// Counts what something will take when the batch is written out.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.resolved += bytes;
        within("bytes, written out", self.resolved, limits::MAX_RESOLVED_BYTES)
    }
}

/// The values of a batch, taken one after the other.
pub(super) struct Values<'a> {
    text: &'a [u32],
    bools: &'a [bool],
    ints: &'a [i64],
    doubles: &'a [f64],
    other: &'a [wire::Value],
}

/// A value as the wire has it.
pub(super) enum Raw<'a> {
    Ready(Value),
    Text(u32),
    Nested(&'a wire::Value),
}

impl<'a> Values<'a> {
    pub(super) fn new(from: Option<&'a wire::Values>) -> Self {
        from.map_or(Self { text: &[], bools: &[], ints: &[], doubles: &[], other: &[] }, |from| Self {
            text: &from.text,
            bools: &from.bools,
            ints: &from.ints,
            doubles: &from.doubles,
            other: &from.other,
        })
    }

    pub(super) fn next(&mut self, kind: i32) -> Result<Raw<'a>, DecodeError> {
        fn take<'a, T>(column: &mut &'a [T]) -> Result<&'a T, DecodeError> {
            let (first, rest) =
                column.split_first().ok_or(DecodeError::Invalid("shape without its values"))?;
            *column = rest;
            Ok(first)
        }
        Ok(match wire::Type::try_from(kind).map_err(|_| DecodeError::Invalid("type"))? {
            wire::Type::Text => Raw::Text(*take(&mut self.text)?),
            wire::Type::Bool => Raw::Ready(Value::Bool(*take(&mut self.bools)?)),
            wire::Type::Int => Raw::Ready(Value::Int(*take(&mut self.ints)?)),
            wire::Type::Double => Raw::Ready(Value::Double(*take(&mut self.doubles)?)),
            wire::Type::Other => Raw::Nested(take(&mut self.other)?),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
            && self.bools.is_empty()
            && self.ints.is_empty()
            && self.doubles.is_empty()
            && self.other.is_empty()
    }
}

impl Raw<'_> {
    pub(super) fn into_value(self, text: &mut Text, depth: usize) -> Result<Value, DecodeError> {
        use wire::value::Value as Wire;
        within("levels of nesting", depth, limits::MAX_DEPTH)?;
        let from = match self {
            Self::Ready(value) => return Ok(value),
            Self::Text(id) => {
                return Ok(Value::Text(text.value(id)?));
            }
            Self::Nested(value) => &value.value,
        };
        Ok(match from {
            None => Value::Empty,
            Some(Wire::Text(id)) => Value::Text(text.value(*id)?),
            Some(Wire::Bool(value)) => Value::Bool(*value),
            Some(Wire::Int(value)) => Value::Int(*value),
            Some(Wire::Double(value)) => Value::Double(*value),
            Some(Wire::Bytes(bytes)) => Value::Bytes(bytes.clone()),
            Some(Wire::List(list)) => {
                let values = list.values.iter();
                Value::List(
                    values
                        .map(|value| Self::Nested(value).into_value(text, depth + 1))
                        .collect::<Result<_, _>>()?,
                )
            }
            Some(Wire::Map(map)) => {
                if map.keys.len() != map.values.len() {
                    return Err(DecodeError::Invalid("map"));
                }
                let entries = map.keys.iter().zip(&map.values);
                Value::Map(
                    entries
                        .map(|(key, value)| {
                            Ok((text.name(*key)?, Self::Nested(value).into_value(text, depth + 1)?))
                        })
                        .collect::<Result<_, _>>()?,
                )
            }
        })
    }
}
