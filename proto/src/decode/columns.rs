//! What every event has besides its attributes: column by column, each to all events.

use alloc::vec::Vec;

use super::{Body, DecodeError, First, links::Links, shapes::Shapes, text::Text};
use crate::{
    event::{Batch, Event, InTrace, OpenState},
    limits,
    number::unzigzag,
    place::Column,
    time::{Clock, Time},
};

/// Bytes of an event in OTLP besides its texts, attributes and links: ids, times, and what places it in its page.
const EVENT_BYTES: usize = 500;

const COLUMN: DecodeError = DecodeError::Invalid("columns of events");
const PARENT: DecodeError = DecodeError::Invalid("parent");
const TIME: DecodeError = DecodeError::Invalid("time");

/// Reads the columns, in their order.
pub(super) struct Columns<'a, 'b> {
    body: &'b mut Body<'a>,
    /// A bit for each column: whether it is there. One that is left out is all zeros.
    told: u64,
    count: usize,
    /// The shape of each event.
    pub(super) rows: Vec<u32>,
    pub(super) first: First,
}

impl<'a, 'b> Columns<'a, 'b> {
    pub(super) fn of(body: &'b mut Body<'a>, count: usize) -> Result<Self, DecodeError> {
        let told = body.number("columns of events")?;
        if told >> Column::ALL.len() != 0 {
            return Err(DecodeError::Invalid("columns of events"));
        }
        Ok(Self { body, told, count, rows: Vec::new(), first: First::default() })
    }

    /// All events, without their links and attributes.
    pub(super) fn events(
        &mut self,
        batch: &mut Batch,
        shapes: &Shapes,
        clock: Clock,
        text: &mut Text<'_>,
    ) -> Result<(), DecodeError> {
        text.spend(self.count * EVENT_BYTES)?;
        let sessions = batch.sessions.len();
        let events = &mut batch.events;
        events.resize(self.count, Event::default());
        self.numbers(events)?;
        let mut rows = Vec::with_capacity(self.count);
        self.each(Column::Shape, events, |event, at| {
            let shape = shapes.get(at)?;
            text.spend(shape.bytes)?;
            (event.name, event.kind, event.status) = (shape.name, shape.kind, shape.status);
            rows.push(at as u32);
            Ok(())
        })?;
        self.rows = rows;
        self.times(events, clock)?;
        self.sessions(events, sessions)?;
        self.traces(events)?;
        self.places(events)?;
        self.if_told(Column::State, events, |event, state| {
            if state != 0 {
                let open = u32::try_from(state).ok().and_then(OpenState::from_wire);
                event.open = Some(open.ok_or(DecodeError::Invalid("state"))?);
            }
            Ok(())
        })
    }

    /// Gives the events their links.
    pub(super) fn links(&mut self, batch: &mut Batch, text: &mut Text<'_>) -> Result<(), DecodeError> {
        let mut links = Links::default();
        let Batch { events, links: all, .. } = batch;
        self.if_told(Column::LinkCount, events, |event, count| links.count(event, count, text))?;
        let numbers = core::mem::take(&mut links.of);
        all.reserve_exact(numbers.len());
        let mut of = numbers.iter();
        self.of_links(Column::LinkTarget, numbers.len(), |target| {
            let number = of.next().copied().unwrap_or_default();
            all.push(links.to(number, target, text)?);
            Ok(())
        })?;
        let mut next = all.iter_mut();
        self.of_links(Column::LinkKinds, numbers.len(), |kinds| {
            next.next().map_or(Ok(()), |link| Links::kinds(link, kinds))
        })?;
        let mut next = all.iter_mut();
        self.of_links(Column::LinkRule, numbers.len(), |rule| {
            next.next().map_or(Ok(()), |link| Links::rule(link, rule, text))
        })
    }

    fn is_told(&self, column: Column) -> bool {
        self.told >> column as u32 & 1 == 1
    }

    /// Gives each event its cell; 0, where the column is left out.
    #[inline(always)]
    fn each(
        &mut self,
        column: Column,
        events: &mut [Event],
        mut set: impl FnMut(&mut Event, u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        if !self.is_told(column) {
            return events.iter_mut().try_for_each(|event| set(event, 0));
        }
        let mut rest = self.body.0;
        for event in events {
            set(event, rest.number().ok_or(COLUMN)?)?;
        }
        self.body.0 = rest;
        Ok(())
    }

    /// As [`Self::each`], where an event begins with what 0 means.
    #[inline(always)]
    fn if_told(
        &mut self,
        column: Column,
        events: &mut [Event],
        set: impl FnMut(&mut Event, u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        if self.is_told(column) { self.each(column, events, set) } else { Ok(()) }
    }

    fn of_links(
        &mut self,
        column: Column,
        count: usize,
        mut set: impl FnMut(u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let is_told = self.is_told(column);
        (0..count).try_for_each(|_| set(if is_told { self.body.0.number().ok_or(COLUMN)? } else { 0 }))
    }

    fn numbers(&mut self, events: &mut [Event]) -> Result<(), DecodeError> {
        let mut next = 0_u64;
        self.each(Column::Number, events, |event, beyond| {
            let number = next.checked_add(beyond).filter(|number| *number <= limits::MAX_NUMBER);
            event.number = number.ok_or(DecodeError::Invalid("event number"))?;
            next = event.number + 1;
            Ok(())
        })?;
        self.first.number = events.first().map_or(0, |first| first.number);
        Ok(())
    }

    /// Starts are told modulo 2^64: any two times have a difference.
    fn times(&mut self, events: &mut [Event], clock: Clock) -> Result<(), DecodeError> {
        if clock.has_dust() {
            return self.dusty_times(events, clock);
        }
        let mut start = Time::default();
        self.each(Column::Start, events, |event, difference| {
            start.units = start.units.wrapping_add(unzigzag(difference) as u64);
            event.start_ns = clock.nanoseconds(start).ok_or(TIME)?;
            Ok(())
        })?;
        self.first.start = events.first().map_or(Time::default(), |first| clock.read(first.start_ns));
        self.if_told(Column::StartDust, events, |_, _| Err(TIME))?;
        self.if_told(Column::Duration, events, |event, duration| {
            event.duration_ns = clock.nanoseconds(Time { units: duration, dust: 0 }).ok_or(TIME)?;
            Ok(())
        })?;
        self.if_told(Column::EndDust, events, |_, _| Err(TIME))
    }

    /// Times of a clock whose doubles are off: units are kept until it is known how much.
    fn dusty_times(&mut self, events: &mut [Event], clock: Clock) -> Result<(), DecodeError> {
        let mut starts = Vec::with_capacity(events.len());
        let mut start = Time::default();
        self.each(Column::Start, events, |_, difference| {
            start.units = start.units.wrapping_add(unzigzag(difference) as u64);
            starts.push(start);
            Ok(())
        })?;
        self.first.start = starts.first().copied().unwrap_or_default();
        let mut at = starts.iter();
        self.each(Column::StartDust, events, |event, dust| {
            let start = Time { dust: unzigzag(dust), ..*at.next().ok_or(TIME)? };
            event.start_ns = clock.nanoseconds(start).ok_or(TIME)?;
            Ok(())
        })?;
        self.each(Column::Duration, events, |event, duration| {
            event.duration_ns = duration;
            Ok(())
        })?;
        let mut at = starts.iter();
        self.each(Column::EndDust, events, |event, dust| {
            let duration = Time { units: event.duration_ns, dust: unzigzag(dust) };
            let start = *at.next().ok_or(TIME)?;
            event.duration_ns = clock.duration(start, event.start_ns, duration).ok_or(TIME)?;
            Ok(())
        })
    }

    fn sessions(&mut self, events: &mut [Event], sessions: usize) -> Result<(), DecodeError> {
        let mut session = if sessions > 0 { Some(0) } else { None };
        self.each(Column::Session, events, |event, code| {
            match code {
                0 => {}
                1 => session = None,
                at => session = Some(u32::try_from(at - 2).unwrap_or(u32::MAX)),
            }
            event.session = session;
            let is_known = session.is_none_or(|at| (at as usize) < sessions);
            if is_known { Ok(()) } else { Err(DecodeError::Invalid("session")) }
        })?;
        let mut epoch = 0_u32;
        self.if_told(Column::Epoch, events, |event, difference| {
            epoch = epoch.wrapping_add(unzigzag(difference) as u32);
            event.epoch = epoch;
            Ok(())
        })
    }

    /// Which events are in the trace of another.
    fn traces(&mut self, events: &mut [Event]) -> Result<(), DecodeError> {
        if !(self.is_told(Column::Parent) || self.is_told(Column::Root)) {
            return Ok(());
        }
        // Where the root is looked up there has to be something to look in.
        let mut parents = Vec::with_capacity(events.len());
        self.each(Column::Parent, events, |event, back| {
            parents.push(if back == 0 { None } else { Some(earlier(event.number, back)?) });
            Ok(())
        })?;
        let (is_told, mut rest) = (self.is_told(Column::Root), self.body.0);
        for (at, parent) in parents.into_iter().enumerate() {
            let code = if is_told { rest.number().ok_or(COLUMN)? } else { 0 };
            let (before, events) = events.split_at_mut_checked(at).ok_or(PARENT)?;
            let Some(event) = events.first_mut() else { break };
            event.trace = match (parent, told(event.number, code, parent.map(|parent| root(before, parent)))?)
            {
                (Some(parent), Some(root)) if root > parent => return Err(PARENT),
                (Some(_), None) => return Err(PARENT),
                (None, Some(root)) if root == event.number => return Err(PARENT),
                (parent, Some(root)) => Some(InTrace { root, parent }),
                (None, None) => None,
            };
        }
        self.body.0 = rest;
        Ok(())
    }

    /// What else events belong to.
    fn places(&mut self, events: &mut [Event]) -> Result<(), DecodeError> {
        let mut last_root = None;
        self.each(Column::Previous, events, |event, code| {
            let is_root = event.trace.is_none();
            event.previous = told(event.number, code, last_root.filter(|_| is_root))?;
            if is_root {
                last_root = Some(event.number);
            }
            Ok(())
        })?;
        let mut view = None;
        self.if_told(Column::View, events, |event, code| {
            view = told(event.number, code, view)?;
            event.view = view;
            Ok(())
        })?;
        let mut interaction = None;
        self.if_told(Column::Interaction, events, |event, code| {
            interaction = told(event.number, code, interaction)?;
            event.interaction = interaction;
            Ok(())
        })
    }
}

/// The root of the trace that event `number` is in, as far as `events` tell; else itself.
fn root(events: &[Event], number: u64) -> u64 {
    let known = events.binary_search_by_key(&number, |event| event.number);
    known.ok().and_then(|at| events.get(at)).map_or(number, Event::root)
}

/// 0: as expected. 1: none. Else how many numbers back, plus 2.
#[inline(always)]
fn told(number: u64, code: u64, expected: Option<u64>) -> Result<Option<u64>, DecodeError> {
    match code {
        0 => Ok(expected),
        1 => Ok(None),
        back => earlier(number, back - 2).map(Some),
    }
}

#[inline(always)]
fn earlier(number: u64, back: u64) -> Result<u64, DecodeError> {
    number.checked_sub(back).ok_or(DecodeError::Invalid("reference to an event before the first"))
}
