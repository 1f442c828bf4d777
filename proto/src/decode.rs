//! Bytes → event model, within bounds: whatever a stranger sends ends as a batch or as one [`DecodeError`].

mod column;
mod error;
mod value;

use alloc::{string::String, vec::Vec};

use prost::Message;

use crate::{
    event::{Attribute, Batch, Dropped, Event, Kind, Link, LinkKinds, Parent, Point, Status, Target},
    limits,
    strings::{StrId, Strings},
    wire,
};

use column::{cell, check_lengths, earlier, number, sessions};
pub use error::DecodeError;
use error::within;
use value::{Text, Values};

/// Bytes of a link in OTLP: its ids, its kinds, and what frames them.
const LINK_BYTES: usize = 100;

/// Bytes of an attribute in OTLP besides its texts.
const VALUE_BYTES: usize = 20;

/// Bytes of an event in OTLP besides its texts, attributes and links: ids, times, and what places it in its page.
const EVENT_BYTES: usize = 500;

/// Reads a body in the plain form.
///
/// # Errors
/// [`DecodeError::Protobuf`], [`DecodeError::Limit`] or [`DecodeError::Invalid`].
pub fn decode(body: &[u8]) -> Result<Batch, DecodeError> {
    within("bytes of body", body.len(), limits::MAX_BODY_BYTES)?;
    let mut from = wire::Batch::decode(body).map_err(|_| DecodeError::Protobuf)?;
    let text = core::mem::take(&mut from.text);
    let mut reader = Reader::new(&from, text)?;
    let mut batch = Batch {
        sessions: sessions(&from.sessions)?,
        page_load: from.page_load.checked_sub(1).map(number).transpose()?,
        points: reader.points(&from.points)?,
        dropped: reader.dropped(&from.dropped)?,
        ..Batch::default()
    };
    if let Some(shape) = from.resource_shape.checked_sub(1) {
        reader.attributes(shape, &mut batch.resource)?;
    }
    let columns = from.events.as_ref().ok_or(DecodeError::Invalid("batch without events"))?;
    check_lengths(columns)?;
    let mut before = (0, 0);
    for at in 0..columns.number.len() {
        let event = reader.event(columns, at, before, &mut batch)?;
        before = (event.number, event.start_ns / reader.unit);
        batch.events.push(event);
    }
    reader.finish(columns)?;
    batch.strings = reader.text.strings;
    Ok(batch)
}

struct Reader<'a> {
    text: Text,
    shapes: &'a [wire::Shape],
    foreign: &'a [u8],
    values: Values<'a>,
    unit: u64,
    links_read: usize,
}

impl<'a> Reader<'a> {
    fn new(from: &'a wire::Batch, text: String) -> Result<Self, DecodeError> {
        within("strings", from.text_lengths.len(), limits::MAX_STRINGS)?;
        let strings = Strings::from_parts(text, &from.text_lengths)
            .ok_or(DecodeError::Invalid("lengths of strings"))?;
        if from.time_unit == 0 {
            return Err(DecodeError::Invalid("time unit"));
        }
        if !from.foreign.len().is_multiple_of(24) {
            return Err(DecodeError::Invalid("foreign ids"));
        }
        for shape in &from.shapes {
            within("attributes of an event", shape.keys.len(), limits::MAX_ATTRIBUTES)?;
            // By their texts: a batch may hold one text twice.
            let mut keys: Vec<&str> = shape.keys.iter().map(|key| strings.get(StrId(*key))).collect();
            keys.sort_unstable();
            if shape.keys.len() != shape.types.len()
                || keys.windows(2).any(|pair| pair.first() == pair.last())
            {
                return Err(DecodeError::Invalid("shape"));
            }
        }
        Ok(Self {
            text: Text::new(strings),
            shapes: &from.shapes,
            foreign: &from.foreign,
            values: Values::new(from.values.as_ref()),
            unit: from.time_unit,
            links_read: 0,
        })
    }

    fn event(
        &mut self,
        columns: &wire::Events,
        at: usize,
        (number_before, start_before): (u64, u64),
        batch: &mut Batch,
    ) -> Result<Event, DecodeError> {
        self.text.spend(EVENT_BYTES)?;
        let number = number_before
            .checked_add(cell(&columns.number, at))
            .filter(|number| *number <= limits::MAX_NUMBER && (at == 0 || *number > number_before))
            .ok_or(DecodeError::Invalid("event number"))?;
        let back = |column: &[u64]| match cell(column, at) {
            0 => Ok(None),
            back => earlier(number, back).map(Some),
        };
        let back_plus_one = |column: &[u64]| match cell(column, at) {
            0 => Ok(None),
            back => earlier(number, back - 1).map(Some),
        };
        let parent = match (back(&columns.parent)?, back(&columns.root)?) {
            (None, None) => None,
            (Some(number), Some(root)) if root <= number => Some(Parent { number, root }),
            _ => return Err(DecodeError::Invalid("parent")),
        };
        // Modulo 2^64, as the encoder takes it: any two times have a difference.
        let start = start_before.wrapping_add_signed(cell(&columns.start, at));
        Ok(Event {
            number,
            name: self.text.name(cell(&columns.name, at))?,
            kind: Kind::from_otlp(cell(&columns.kind, at)).ok_or(DecodeError::Invalid("kind"))?,
            start_ns: self.time(start)?,
            duration_ns: self.time(cell(&columns.duration, at))?,
            epoch: cell(&columns.epoch, at),
            session: match cell(&columns.session, at).checked_sub(1) {
                Some(session) if session as usize >= batch.sessions.len() => {
                    return Err(DecodeError::Invalid("session"));
                }
                session => session,
            },
            parent,
            previous: back(&columns.previous)?,
            view: back_plus_one(&columns.view)?,
            interaction: back_plus_one(&columns.interaction)?,
            status: Status::from_otlp(cell(&columns.status, at)).ok_or(DecodeError::Invalid("status"))?,
            attributes: {
                let before = batch.attributes.len() as u32;
                self.attributes(cell(&columns.shape, at), &mut batch.attributes)?;
                before..batch.attributes.len() as u32
            },
            links: {
                let before = batch.links.len() as u32;
                self.links(columns, number, cell(&columns.link_count, at), &mut batch.links)?;
                before..batch.links.len() as u32
            },
        })
    }

    fn links(
        &mut self,
        columns: &wire::Events,
        number: u64,
        count: u32,
        all: &mut Vec<Link>,
    ) -> Result<(), DecodeError> {
        within("links of an event", count as usize, limits::MAX_LINKS)?;
        self.text.spend(count as usize * LINK_BYTES)?;
        for _ in 0..count {
            let at = self.links_read;
            let target = columns.link_target.get(at).ok_or(DecodeError::Invalid("link count"))?;
            let kinds = LinkKinds(cell(&columns.link_kinds, at));
            let rule = cell(&columns.link_rule, at).checked_sub(1);
            if kinds.0 == 0 && rule.is_none() || !LinkKinds::ALL.contains(kinds) {
                return Err(DecodeError::Invalid("link kind"));
            }
            let rule = rule.map(|rule| self.text.name(rule)).transpose()?;
            all.push(Link { target: self.target(number, *target)?, kinds, rule });
            self.links_read += 1;
        }
        Ok(())
    }

    fn target(&self, number: u64, coded: u64) -> Result<Target, DecodeError> {
        let rest = coded >> 1;
        if coded & 1 == 0 {
            let back = (rest >> 1) as i64 ^ -((rest & 1) as i64);
            return number
                .checked_add_signed(back.wrapping_neg())
                .filter(|target| *target <= limits::MAX_NUMBER && *target != number)
                .map(Target::Own)
                .ok_or(DecodeError::Invalid("link target"));
        }
        let id = usize::try_from(rest).ok().and_then(|at| self.foreign.chunks_exact(24).nth(at));
        id.and_then(|id| {
            let (trace, span) = id.split_first_chunk()?;
            Some(Target::Foreign(*trace, span.try_into().ok()?))
        })
        .ok_or(DecodeError::Invalid("link target"))
    }

    fn attributes(&mut self, shape: u32, all: &mut Vec<Attribute>) -> Result<(), DecodeError> {
        let shapes = self.shapes;
        let Some(shape) = shapes.get(shape as usize) else {
            // No shapes at all: no event has attributes.
            return if shape == 0 { Ok(()) } else { Err(DecodeError::Invalid("shape")) };
        };
        for (key, kind) in shape.keys.iter().zip(&shape.types) {
            self.text.spend(VALUE_BYTES)?;
            let value = self.values.next(*kind)?.into_value(&mut self.text, 0)?;
            all.push(Attribute { key: self.text.name(*key)?, value });
        }
        Ok(())
    }

    fn points(&self, points: &[wire::Point]) -> Result<Vec<Point>, DecodeError> {
        within("points", points.len(), limits::MAX_EVENTS)?;
        let points = points.iter();
        points
            .map(|point| Ok(Point { number: number(point.number)?, start_ns: self.time(point.start)? }))
            .collect()
    }

    fn dropped(&mut self, dropped: &[wire::Dropped]) -> Result<Vec<Dropped>, DecodeError> {
        within("drop reasons", dropped.len(), limits::MAX_ATTRIBUTES)?;
        let dropped = dropped.iter();
        dropped
            .map(|dropped| Ok(Dropped { reason: self.text.name(dropped.reason)?, count: dropped.count }))
            .collect()
    }

    /// Units → nanoseconds. OTLP's times are u64 nanoseconds; what does not fit is no time.
    fn time(&self, units: u64) -> Result<u64, DecodeError> {
        units.checked_mul(self.unit).ok_or(DecodeError::Invalid("time"))
    }

    /// Nothing may be left over: a value that no event names is a mistake of the sender.
    fn finish(&self, columns: &wire::Events) -> Result<(), DecodeError> {
        if self.links_read != columns.link_target.len() {
            return Err(DecodeError::Invalid("link count"));
        }
        if !self.values.is_empty() {
            return Err(DecodeError::Invalid("values that no shape names"));
        }
        Ok(())
    }
}
