//! Bytes → event model, within bounds: whatever a stranger sends ends as a batch or as one [`DecodeError`].
//!
//! Columns are read where they lie in the body, straight into the events: nothing is made in between.

mod body;
mod column;
mod error;
mod fields;
mod links;
mod parts;
mod shape;
mod value;

use alloc::vec::Vec;

use prost::Message;

use crate::{event::Batch, limits, wire};

use body::Body;
use column::Columns;
pub use error::DecodeError;
use error::within;
use links::Links;
use shape::Shapes;
use value::{Text, Values};

/// Reads a body in the plain form.
///
/// # Errors
/// [`DecodeError::Protobuf`], [`DecodeError::Limit`] or [`DecodeError::Invalid`].
pub fn decode(body: &[u8]) -> Result<Batch, DecodeError> {
    within("bytes of body", body.len(), limits::MAX_BODY_BYTES)?;
    match read(body) {
        // Protobuf can say the same in other words: columns that are not packed, fields in another order. Whoever
        // has written those is understood, at the price of writing them anew.
        Err(DecodeError::Protobuf) => read(&in_our_words(body)?),
        decoded => decoded,
    }
}

#[cold]
fn in_our_words(body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Ok(wire::Batch::decode(body).map_err(|_| DecodeError::Protobuf)?.encode_to_vec())
}

fn read(body: &[u8]) -> Result<Batch, DecodeError> {
    let body = Body::of(body)?;
    let mut text = Text::of(&body)?;
    let units = Units::of(body.time_unit)?;
    let shapes = Shapes::of(&body.shapes, &text)?;
    let mut values = Values::of(&body)?;
    let mut batch = Batch {
        sessions: parts::sessions(&body.sessions)?,
        page_load: body.page_load.checked_sub(1).map(parts::number).transpose()?,
        points: parts::points(&body.points, units)?,
        dropped: parts::dropped(&body.dropped, &mut text)?,
        ..Batch::default()
    };
    if let Some(shape) = body.resource_shape.checked_sub(1) {
        let (keys, bytes) = shapes.get(shape)?;
        text.spend(bytes)?;
        values.read(keys, &mut text, &mut batch.resource)?;
    }
    let columns = Columns(body.events.as_ref().ok_or(DecodeError::Invalid("batch without events"))?);
    batch.events = columns.events(&mut text, units, batch.sessions.len())?;
    let links = Links::of(&columns, body.foreign)?;
    attach(&mut batch, &columns, &mut text, (&shapes, values, links))?;
    batch.strings = text.strings;
    Ok(batch)
}

/// Gives the events their attributes and links.
fn attach(
    batch: &mut Batch,
    columns: &Columns<'_>,
    text: &mut Text,
    (shapes, mut values, mut links): (&Shapes, Values<'_>, Links<'_>),
) -> Result<(), DecodeError> {
    let Batch { events, attributes, links: all_links, .. } = batch;
    attributes.reserve_exact(columns.attributes(shapes, text, events.len())?);
    all_links.reserve_exact(links.count());
    let (mut shape, mut link_count) = (columns.get(14), columns.get(15));
    for event in events {
        let before = attributes.len() as u32;
        values.read(shapes.get(shape.next()? as u32)?.0, text, attributes)?;
        event.attributes = before..attributes.len() as u32;
        let before = all_links.len() as u32;
        links.read(event.number, link_count.next()? as u32, text, all_links)?;
        event.links = before..all_links.len() as u32;
    }
    shape.end()?;
    link_count.end()?;
    links.end()?;
    // A value that no event names is a mistake of the sender.
    if values.is_empty() { Ok(()) } else { Err(DecodeError::Invalid("values that no shape names")) }
}

/// Nanoseconds in a unit of time.
#[derive(Clone, Copy)]
struct Units(u64);

impl Units {
    fn of(time_unit: u64) -> Result<Self, DecodeError> {
        if time_unit == 0 { Err(DecodeError::Invalid("time unit")) } else { Ok(Self(time_unit)) }
    }

    /// OTLP's times are u64 nanoseconds; what does not fit is no time.
    #[inline]
    fn nanoseconds(self, units: u64) -> Result<u64, DecodeError> {
        units.checked_mul(self.0).ok_or(DecodeError::Invalid("time"))
    }
}
