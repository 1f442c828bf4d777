//! Bytes → event model, within bounds: whatever a stranger sends ends as a batch or as one [`DecodeError`].
//!
//! A body is read once from its beginning to its end; columns go straight into the events; only attribute
//! values, which come column by column and are wanted event by event, lie in between.

mod columns;
mod error;
mod links;
mod parts;
mod shapes;
mod text;
mod values;

use crate::{
    event::Batch,
    limits,
    number::Reader,
    time::{Clock, Time},
};

use columns::Columns;
pub use error::DecodeError;
use error::within;
use shapes::Shapes;
use text::Text;

/// Reads a body in the plain form.
///
/// # Errors
/// [`DecodeError::Limit`] or [`DecodeError::Invalid`], also where it ends too early: its digest says that it came as it was sent.
pub fn decode(body: &[u8]) -> Result<Batch, DecodeError> {
    within("bytes of body", body.len(), limits::MAX_BODY_BYTES)?;
    let mut rest = Body(Reader(body));
    let packed = rest.bytes("packed bytes")?;
    let text = rest.bytes("text")?;
    let mut text = Text::of(text, packed)?;
    let count = rest.count("events", limits::MAX_EVENTS)?;
    let clock = Clock::of_code(rest.byte("time unit")?).ok_or(DecodeError::Invalid("time unit"))?;
    let mut batch = Batch {
        sessions: parts::sessions(&mut rest, &mut text)?,
        dropped: parts::dropped(&mut rest, &mut text)?,
        ..Batch::default()
    };
    let shapes = Shapes::of(&mut rest, &mut text)?;
    let mut columns = Columns::of(&mut rest, count)?;
    columns.events(&mut batch, &shapes, clock, &mut text)?;
    columns.links(&mut batch, &mut text)?;
    let (rows, first) = (columns.rows, columns.first);
    (batch.page_load, batch.points) = parts::points(&mut rest, clock, first)?;
    values::read(&mut rest, &rows, &shapes, &mut text, &mut batch)?;
    if !rest.0.0.is_empty() {
        return Err(DecodeError::Invalid("bytes behind the last value"));
    }
    batch.strings = text.finish()?;
    Ok(batch)
}

/// Where the first event begins: points are told from there.
#[derive(Clone, Copy, Default)]
struct First {
    number: u64,
    start: Time,
}

/// What is left of a body.
struct Body<'a>(Reader<'a>);

impl<'a> Body<'a> {
    fn byte(&mut self, part: &'static str) -> Result<u8, DecodeError> {
        self.0.byte().ok_or(DecodeError::Invalid(part))
    }

    #[inline]
    fn number(&mut self, part: &'static str) -> Result<u64, DecodeError> {
        self.0.number().ok_or(DecodeError::Invalid(part))
    }

    /// How many of something follow: never more than `limit`.
    fn count(&mut self, part: &'static str, limit: usize) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.number(part)?).unwrap_or(usize::MAX);
        within(part, count, limit)?;
        Ok(count)
    }

    /// How many bytes follow, and those.
    fn bytes(&mut self, part: &'static str) -> Result<&'a [u8], DecodeError> {
        let count = self.number(part)?;
        self.0.bytes(count).ok_or(DecodeError::Invalid(part))
    }
}
