//! What a batch says once: sessions, points, and what was given up.

use alloc::vec::Vec;

use super::{Body, DecodeError, First, text::Text};
use crate::{
    event::{Dropped, Point, Session},
    limits,
    number::unzigzag,
    time::{Clock, Time},
};

pub(super) fn sessions(body: &mut Body<'_>, text: &mut Text<'_>) -> Result<Vec<Session>, DecodeError> {
    let count = body.count("sessions", limits::MAX_SESSIONS)?;
    let session = |_| {
        let id = text.id()?;
        let random: [u8; 7] = text.id()?;
        let randomness = random.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let previous_id = match body.byte("sessions")? {
            0 => None,
            1 => Some(text.id()?),
            _ => return Err(DecodeError::Invalid("session")),
        };
        Ok(Session { id, previous_id, randomness })
    };
    (0..count).map(session).collect()
}

pub(super) fn dropped(body: &mut Body<'_>, text: &mut Text<'_>) -> Result<Vec<Dropped>, DecodeError> {
    let count = body.count("drop reasons", limits::MAX_ATTRIBUTES)?;
    let dropped = |_| Ok(Dropped { reason: text.name(body)?, count: body.number("drop reasons")? });
    (0..count).map(dropped).collect()
}

/// The page load, and the events that are referred to and not in the batch.
pub(super) fn points(
    body: &mut Body<'_>,
    clock: Clock,
    first: First,
) -> Result<(Option<u64>, Vec<Point>), DecodeError> {
    let page_load = body.number("points")?.checked_sub(1).map(number).transpose()?;
    let count = body.count("points", limits::MAX_EVENTS)?;
    let point = |_| {
        let back = unzigzag(body.number("points")?);
        let units = first.start.units.wrapping_sub(unzigzag(body.number("points")?) as u64);
        let dust = if clock.has_dust() { unzigzag(body.number("points")?) } else { 0 };
        let start_ns = clock.nanoseconds(Time { units, dust }).ok_or(DecodeError::Invalid("time"))?;
        Ok(Point { number: number(first.number.wrapping_sub(back as u64))?, start_ns })
    };
    Ok((page_load, (0..count).map(point).collect::<Result<_, _>>()?))
}

fn number(number: u64) -> Result<u64, DecodeError> {
    if number > limits::MAX_NUMBER { Err(DecodeError::Invalid("event number")) } else { Ok(number) }
}
