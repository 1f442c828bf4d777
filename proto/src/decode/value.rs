//! Strings and attribute values of a batch, resolved within bounds.

use alloc::vec::Vec;

use prost::Message;

use super::{
    DecodeError,
    body::{Body, Messages},
    error::within,
    fields::{Varints, unzigzag},
    shape::Key,
};
use crate::{
    event::{Attribute, Value},
    limits,
    strings::{StrId, Strings},
    wire::{self, Type},
};

/// Bytes of an attribute in OTLP besides its texts.
pub(super) const VALUE_BYTES: usize = 20;

/// The strings, and how many bytes the batch will take when it is written out: a reference of one byte may stand
/// for kilobytes, and a batch must not grow without bound when it is written out.
pub(super) struct Text {
    pub(super) strings: Strings,
    resolved: usize,
}

impl Text {
    pub(super) fn of(body: &Body<'_>) -> Result<Self, DecodeError> {
        let text = core::str::from_utf8(body.text).map_err(|_| DecodeError::Protobuf)?;
        let mut lengths = Varints::of(body.text_lengths);
        let count = lengths.count();
        within("strings", count, limits::MAX_STRINGS)?;
        let mut strings = Strings::with_text(text, count);
        for _ in 0..count {
            let length = lengths.next().ok_or(DecodeError::Protobuf)? as u32;
            strings.cut(length).ok_or(DecodeError::Invalid("lengths of strings"))?;
        }
        if !lengths.is_empty() {
            return Err(DecodeError::Protobuf);
        }
        if strings.is_cut() {
            Ok(Self { strings, resolved: 0 })
        } else {
            Err(DecodeError::Invalid("lengths of strings"))
        }
    }

    /// The string at `id`, as a name.
    #[inline]
    pub(super) fn name(&mut self, id: u32) -> Result<StrId, DecodeError> {
        self.spend(self.name_bytes(StrId(id))?)?;
        Ok(StrId(id))
    }

    /// How long a name is.
    #[inline]
    pub(super) fn name_bytes(&self, id: StrId) -> Result<usize, DecodeError> {
        let length = self.strings.length(id).ok_or(DecodeError::Invalid("string"))?;
        within("bytes of a name", length, limits::MAX_NAME_BYTES)?;
        Ok(length)
    }

    fn value(&mut self, id: u32) -> Result<Value, DecodeError> {
        self.spend(self.text_bytes(StrId(id))?)?;
        Ok(Value::Text(StrId(id)))
    }

    #[inline(always)]
    fn text_bytes(&self, id: StrId) -> Result<usize, DecodeError> {
        let length = self.strings.length(id).filter(|length| *length <= limits::MAX_TEXT_BYTES);
        length.ok_or_else(|| self.refuse(id))
    }

    /// Why there is no such text.
    #[cold]
    fn refuse(&self, id: StrId) -> DecodeError {
        match self.strings.length(id) {
            Some(_) => DecodeError::Limit { what: "bytes of text", limit: limits::MAX_TEXT_BYTES },
            None => DecodeError::Invalid("string"),
        }
    }

    /// Counts what something will take when the batch is written out.
    #[inline]
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.resolved += bytes;
        within("bytes, written out", self.resolved, limits::MAX_RESOLVED_BYTES)
    }
}

/// The values of a batch, taken one after the other.
pub(super) struct Values<'a> {
    text: Varints<'a>,
    bools: Varints<'a>,
    ints: Varints<'a>,
    doubles: &'a [[u8; 8]],
    other: Messages<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn of(body: &Body<'a>) -> Result<Self, DecodeError> {
        let packed = |tag| Varints::of(body.values.get(tag));
        let (doubles, rest) = body.values.get(4).as_chunks();
        if !rest.is_empty() {
            return Err(DecodeError::Protobuf);
        }
        let other = body.other.messages();
        Ok(Self { text: packed(1), bools: packed(2), ints: packed(3), doubles, other })
    }

    /// The attributes of one event: a value for each of `keys`.
    #[inline]
    pub(super) fn read(
        &mut self,
        keys: &[Key],
        text: &mut Text,
        all: &mut Vec<Attribute>,
    ) -> Result<(), DecodeError> {
        let (mut ids, mut bytes) = (self.text.clone(), 0);
        for Key { name, kind } in keys {
            if *kind == Type::Text {
                let id = StrId(next(&mut ids)? as u32);
                bytes += text.text_bytes(id)?;
                all.push(Attribute { key: *name, value: Value::Text(id) });
            } else if *kind == Type::Int {
                let int = unzigzag(next(&mut self.ints)?);
                all.push(Attribute { key: *name, value: Value::Int(int) });
            } else {
                let value = self.rarer(*kind, text)?;
                all.push(Attribute { key: *name, value });
            }
        }
        self.text = ids;
        text.spend(bytes)
    }

    #[inline(never)]
    fn rarer(&mut self, kind: Type, text: &mut Text) -> Result<Value, DecodeError> {
        match kind {
            Type::Bool => Ok(Value::Bool(next(&mut self.bools)? != 0)),
            Type::Double => self.double(),
            _ => self.other(text),
        }
    }

    fn double(&mut self) -> Result<Value, DecodeError> {
        let (first, rest) = self.doubles.split_first().ok_or(DecodeError::Invalid(MISSING))?;
        self.doubles = rest;
        Ok(Value::Double(f64::from_le_bytes(*first)))
    }

    fn other(&mut self, text: &mut Text) -> Result<Value, DecodeError> {
        let message = self.other.next().ok_or(DecodeError::Invalid(MISSING))?;
        let value = wire::Value::decode(message).map_err(|_| DecodeError::Protobuf)?;
        nested(value, text, 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        [&self.text, &self.bools, &self.ints].iter().all(|column| column.is_empty())
            && self.doubles.is_empty()
            && self.other.is_empty()
    }
}

const MISSING: &str = "shape without its values";

#[inline]
fn next(column: &mut Varints<'_>) -> Result<u64, DecodeError> {
    column.next().ok_or_else(|| column.why(MISSING))
}

fn nested(from: wire::Value, text: &mut Text, depth: usize) -> Result<Value, DecodeError> {
    use wire::value::Value as Wire;
    within("levels of nesting", depth, limits::MAX_DEPTH)?;
    Ok(match from.value {
        None => Value::Empty,
        Some(Wire::Text(id)) => text.value(id)?,
        Some(Wire::Bool(value)) => Value::Bool(value),
        Some(Wire::Int(value)) => Value::Int(value),
        Some(Wire::Double(value)) => Value::Double(value),
        Some(Wire::Bytes(bytes)) => Value::Bytes(bytes.into()),
        Some(Wire::List(list)) => {
            let values = list.values.into_iter().map(|value| nested(value, text, depth + 1));
            Value::List(values.collect::<Result<_, _>>()?)
        }
        Some(Wire::Map(map)) => {
            if map.keys.len() != map.values.len() {
                return Err(DecodeError::Invalid("map"));
            }
            let entries = map.keys.into_iter().zip(map.values);
            let entries = entries.map(|(key, value)| Ok((text.name(key)?, nested(value, text, depth + 1)?)));
            Value::Map(entries.collect::<Result<_, _>>()?)
        }
    })
}
