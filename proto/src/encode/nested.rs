//! Values that hold others, one behind the other: a mark, then what it says.

use alloc::vec::Vec;

use super::{text::Text, values::double};
use crate::{
    event::Value,
    nested::mark,
    number::{put, put_signed},
};

pub(super) fn write(value: &Value, text: &mut Text<'_>, to: &mut Vec<u8>) {
    let with = |to: &mut Vec<u8>, mark: u8, count: usize| {
        to.push(mark);
        put(to, count as u64);
    };
    match value {
        Value::Empty => to.push(mark::EMPTY),
        Value::Text(id) => {
            to.push(mark::TEXT);
            text.reference(*id, to);
        }
        Value::Bool(value) => to.push(if *value { mark::TRUE } else { mark::FALSE }),
        Value::Int(value) => {
            to.push(mark::INT);
            put_signed(to, *value);
        }
        Value::Double(value) => {
            to.push(mark::DOUBLE);
            double(*value, to);
        }
        Value::Bytes(bytes) => {
            with(to, mark::BYTES, bytes.len());
            to.extend_from_slice(bytes);
        }
        Value::List(values) => {
            with(to, mark::LIST, values.len());
            values.iter().for_each(|value| write(value, text, to));
        }
        Value::Map(entries) => {
            with(to, mark::MAP, entries.len());
            for (key, value) in entries.iter() {
                text.reference(*key, to);
                write(value, text, to);
            }
        }
    }
}
