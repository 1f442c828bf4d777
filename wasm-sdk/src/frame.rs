//! Frames: how JavaScript's values lie in the buffer, but for numbers, which are arguments. The writer is `js/wasm.ts`.
//!
//! ```text
//! text        u32 length, UTF-8
//! value       u8 type, then: 0 text · 1 u8 bool · 2 f64 integer · 3 f64 · 4 u32 count, that many texts
//! attributes  u32 count, then key as text and value each
//! ```

/// Reads a frame from its start. `None`: the frame is shorter than what it should hold. Texts
/// are UTF-8, because JavaScript encodes them; whoever decodes a batch checks it.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a>(pub(crate) &'a [u8]);

/// A value as JavaScript gave it.
pub(crate) enum Given<'a> {
    Text(&'a [u8]),
    Bool(bool),
    Int(i64),
    Double(f64),
    /// So many texts, one behind the other.
    Texts(Frame<'a>, u32),
}

impl<'a> Frame<'a> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(first)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| *byte)
    }

    pub(crate) fn word(&mut self) -> Option<u32> {
        self.take().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn float(&mut self) -> Option<f64> {
        self.take().map(|bytes| f64::from_le_bytes(*bytes))
    }

    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.word()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    /// A key and its value.
    pub(crate) fn attribute(&mut self) -> Option<(&'a [u8], Given<'a>)> {
        Some((self.text()?, self.value()?))
    }

    fn value(&mut self) -> Option<Given<'a>> {
        Some(match self.byte()? {
            0 => Given::Text(self.text()?),
            1 => Given::Bool(self.byte()? != 0),
            2 => Given::Int(self.float()? as i64),
            3 => Given::Double(self.float()?),
            4 => {
                let count = self.word()?;
                let texts = Frame(self.0);
                for _ in 0..count {
                    self.text()?;
                }
                Given::Texts(texts, count)
            }
            _ => return None,
        })
    }
}

/// `text`, cut at a character so that it is at most `limit` bytes.
pub(crate) fn cut(text: &[u8], limit: usize) -> &[u8] {
    let is_inside = |end: usize| text.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut end = text.len().min(limit);
    while end > 0 && is_inside(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
