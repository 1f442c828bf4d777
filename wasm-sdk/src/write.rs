//! Frames as JavaScript writes them (`js/wasm.ts`), for a recorder that is driven natively: the collector records what
//! a page without a module has posted as plain calls. What they hold is in `frame.rs`. No part of the module.

use alloc::{borrow::Cow, vec::Vec};

/// One frame.
#[derive(Clone, Debug, Default)]
pub struct FrameWriter(Vec<u8>);

/// A value of an attribute, as JavaScript has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A boolean.
    Bool(bool),
    /// A number: an integer, if JavaScript calls it a safe one.
    Number(f64),
    /// A list of strings.
    Texts(Vec<Cow<'a, str>>),
}

/// `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

impl FrameWriter {
    /// The frame so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn byte(self, byte: u8) -> Self {
        self.raw(&[byte])
    }

    fn word(self, word: u32) -> Self {
        self.raw(&word.to_le_bytes())
    }

    fn float(self, float: f64) -> Self {
        self.raw(&float.to_le_bytes())
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.word(text.len() as u32).raw(text.as_bytes())
    }

    /// Appends attributes.
    #[must_use]
    pub fn attributes(self, attributes: &[(Cow<'_, str>, Value<'_>)]) -> Self {
        let frame = self.word(attributes.len() as u32);
        attributes.iter().fold(frame, |frame, (key, value)| frame.text(key).value(value))
    }

    fn value(self, value: &Value<'_>) -> Self {
        match value {
            Value::Text(text) => self.byte(0).text(text),
            Value::Bool(value) => self.byte(1).byte((*value).into()),
            Value::Number(value) => self.byte(if is_safe_integer(*value) { 2 } else { 3 }).float(*value),
            Value::Texts(texts) => {
                let frame = self.byte(4).word(texts.len() as u32);
                texts.iter().fold(frame, |frame, text| frame.text(text))
            }
        }
    }
}

fn is_safe_integer(value: f64) -> bool {
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&value) && value == value as i64 as f64
}
