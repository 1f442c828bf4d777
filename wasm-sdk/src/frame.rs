//! Frames: how JavaScript's values lie in the buffer. The writer is `js/wasm.ts`.
//!
//! ```text
//! text        u32 length, UTF-8
//! value       u8 type, then: 0 text · 1 u8 bool · 2 f64 integer · 3 f64 · 4 u32 count, that many texts
//! attributes  u32 count, then key as text and value each
//! session     16 bytes id, u8 has previous, 16 bytes previous id, 7 bytes randomness (big-endian),
//!             u8 has last root, 16 bytes its trace id, 8 bytes its span id
//! begin       f64 number, f64 start in ms since 1970, u32 epoch, u8 role, f64 cause or -1, u8 cause is inferred,
//!             f64 parent or -1, f64 root (its own number, if it is one)
//! link        f64 number, u32 kinds, 16 bytes trace id, 8 bytes span id, text name of a kind of the app's own
//! long        f64 number, u8 kind, text name, attributes
//! cancel      f64 number
//! finish      f64 number, f64 duration in ms, u8 kind, u8 status, u8 its parent has ended, text name, attributes
//! dropped     text reason, f64 count
//! seal, tail  f64 wall time in ms, u8 state of the page
//! head        16 bytes seed, u8 form, u32 digest, f64 number, f64 send time in ms, u32 epoch
//! ack         u32 digest, f64 number, answer
//! ```

use weft_proto::{Form, Head, Seed, Session, SpanId, TraceId, limits::MAX_NUMBER};

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

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.float().filter(|number| (0.0..=MAX_NUMBER as f64).contains(number)).map(|number| number as u64)
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

    pub(crate) fn session(&mut self) -> Option<(Session, Option<(TraceId, SpanId)>)> {
        let id = *self.take()?;
        let has_previous = self.byte()? != 0;
        let previous_id = Some(*self.take()?).filter(|_| has_previous);
        let randomness = self.take::<7>()?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let has_root = self.byte()? != 0;
        let root = Some((*self.take()?, *self.take()?)).filter(|_| has_root);
        Some((Session { id, previous_id, randomness }, root))
    }

    pub(crate) fn head(&mut self) -> Option<Head> {
        let seed = Seed(*self.take()?);
        let form = match self.byte()? {
            0 => Form::Plain,
            1 => Form::Deflate,
            _ => Form::Behind,
        };
        Some(Head {
            form,
            seed,
            digest: self.word()?,
            number: self.number()?,
            send_time_ms: self.number()?,
            epoch: self.word()?,
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
