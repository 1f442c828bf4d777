//! The columns of the events: each is read from its beginning to its end, into the events.

use alloc::vec::Vec;

use super::{
    DecodeError, Units,
    body::Packed,
    error::within,
    fields::{Varints, unzigzag},
    shape::Shapes,
    value::Text,
};
use crate::{
    event::{Event, InTrace, Kind, OpenState, Status},
    limits,
};

/// Bytes of an event in OTLP besides its texts, attributes and links: ids, times, and what places it in its page.
const EVENT_BYTES: usize = 500;

const LENGTH: &str = "length of a column";

const PARENT: DecodeError = DecodeError::Invalid("parent");

/// What is left of a column. One that is left out is all zeros.
pub(super) struct Column<'a> {
    rest: Varints<'a>,
    is_left_out: bool,
}

impl<'a> Column<'a> {
    #[inline]
    pub(super) fn of(packed: &'a [u8]) -> Self {
        Self { rest: Varints::of(packed), is_left_out: packed.is_empty() }
    }

    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<u64, DecodeError> {
        match self.rest.next() {
            Some(value) => Ok(value),
            None if self.is_left_out => Ok(0),
            None => Err(self.rest.why(LENGTH)),
        }
    }

    /// It is as long as the others.
    #[inline]
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Invalid(LENGTH)) }
    }
}

/// Columns of `weft.v1.Events`, by field number.
pub(super) struct Columns<'a>(pub(super) &'a Packed<'a, 20>);

impl<'a> Columns<'a> {
    pub(super) fn get(&self, tag: usize) -> Column<'a> {
        Column::of(self.0.get(tag))
    }

    /// All events, without their attributes and links.
    pub(super) fn events(
        &self,
        text: &mut Text,
        units: Units,
        sessions: usize,
    ) -> Result<Vec<Event>, DecodeError> {
        let mut events = self.numbered(text)?;
        self.into(2, &mut events, |event, name| {
            event.name = text.name(name as u32)?;
            Ok(())
        })?;
        self.into(3, &mut events, |event, kind| {
            event.kind = Kind::from_otlp(kind as u32).ok_or(DecodeError::Invalid("kind"))?;
            Ok(())
        })?;
        self.times(&mut events, units)?;
        self.unless_zeros(7, &mut events, |event, session| {
            event.session = (session as u32).checked_sub(1);
            match event.session {
                Some(session) if session as usize >= sessions => Err(DecodeError::Invalid("session")),
                _ => Ok(()),
            }
        })?;
        self.places(&mut events)?;
        self.unless_zeros(13, &mut events, |event, status| {
            event.status = Status::from_otlp(status as u32).ok_or(DecodeError::Invalid("status"))?;
            Ok(())
        })?;
        self.unless_zeros(19, &mut events, |event, state| {
            if state != 0 {
                let open = u32::try_from(state).ok().and_then(OpenState::from_wire);
                event.open = Some(open.ok_or(DecodeError::Invalid("state"))?);
            }
            Ok(())
        })?;
        Ok(events)
    }

    /// How many attributes `events` have; counts what these take when they are written out, but for their texts.
    pub(super) fn attributes(
        &self,
        shapes: &Shapes,
        text: &mut Text,
        events: usize,
    ) -> Result<usize, DecodeError> {
        let (mut column, mut attributes) = (self.get(14), 0);
        for _ in 0..events {
            let (keys, bytes) = shapes.get(column.next()? as u32)?;
            text.spend(bytes)?;
            attributes += keys.len();
        }
        Ok(attributes)
    }

    fn numbered(&self, text: &mut Text) -> Result<Vec<Event>, DecodeError> {
        let mut column = Varints::of(self.0.get(1));
        let count = column.count();
        within("events", count, limits::MAX_EVENTS)?;
        text.spend(count * EVENT_BYTES)?;
        let (mut events, mut before) = (Vec::with_capacity(count), 0_u64);
        while let Some(difference) = column.next() {
            let number = before
                .checked_add(difference)
                .filter(|number| *number <= limits::MAX_NUMBER && (events.is_empty() || *number > before))
                .ok_or(DecodeError::Invalid("event number"))?;
            events.push(Event { number, ..Event::default() });
            before = number;
        }
        if column.is_empty() { Ok(events) } else { Err(DecodeError::Protobuf) }
    }

    fn times(&self, events: &mut [Event], units: Units) -> Result<(), DecodeError> {
        let mut start = 0_u64;
        self.into(4, events, |event, difference| {
            // Modulo 2^64, as the encoder takes it: any two times have a difference.
            start = start.wrapping_add_signed(unzigzag(difference));
            event.start_ns = units.nanoseconds(start)?;
            Ok(())
        })?;
        self.unless_zeros(5, events, |event, duration| {
            event.duration_ns = units.nanoseconds(duration)?;
            Ok(())
        })?;
        self.unless_zeros(6, events, |event, epoch| {
            event.epoch = epoch as u32;
            Ok(())
        })
    }

    /// What events refer to: all of it lies before them.
    fn places(&self, events: &mut [Event]) -> Result<(), DecodeError> {
        if !(self.0.get(8).is_empty() && self.0.get(9).is_empty()) {
            let mut roots = self.get(9);
            self.into(8, events, |event, parent| {
                let root = back(event.number, roots.next()?)?;
                event.trace = match (back(event.number, parent)?, root) {
                    (None, None) => None,
                    (Some(parent), Some(root)) if root > parent => return Err(PARENT),
                    (Some(_), None) => return Err(PARENT),
                    (parent, Some(root)) => Some(InTrace { root, parent }),
                };
                Ok(())
            })?;
            roots.end()?;
        }
        self.unless_zeros(10, events, |event, previous| {
            event.previous = back(event.number, previous)?;
            Ok(())
        })?;
        self.unless_zeros(11, events, |event, view| {
            event.view = back_plus_one(event.number, view)?;
            Ok(())
        })?;
        self.unless_zeros(12, events, |event, interaction| {
            event.interaction = back_plus_one(event.number, interaction)?;
            Ok(())
        })
    }

    /// Gives each event its cell.
    #[inline(always)]
    fn into(
        &self,
        tag: usize,
        events: &mut [Event],
        mut set: impl FnMut(&mut Event, u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let mut column = self.get(tag);
        for event in events {
            set(event, column.next()?)?;
        }
        column.end()
    }

    /// As [`Self::into`], where an event begins with what zero means.
    #[inline(always)]
    fn unless_zeros(
        &self,
        tag: usize,
        events: &mut [Event],
        set: impl FnMut(&mut Event, u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        if self.0.get(tag).is_empty() { Ok(()) } else { self.into(tag, events, set) }
    }
}

/// `back` numbers before `number`; 0: none.
#[inline(always)]
fn back(number: u64, back: u64) -> Result<Option<u64>, DecodeError> {
    if back == 0 { Ok(None) } else { earlier(number, back).map(Some) }
}

/// `back` less 1 numbers before `number`; 0: none.
#[inline(always)]
fn back_plus_one(number: u64, back: u64) -> Result<Option<u64>, DecodeError> {
    if back == 0 { Ok(None) } else { earlier(number, back - 1).map(Some) }
}

#[inline(always)]
fn earlier(number: u64, back: u64) -> Result<u64, DecodeError> {
    number.checked_sub(back).ok_or(DecodeError::Invalid("reference to an event before the first"))
}
