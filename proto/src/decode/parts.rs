//! The small messages of a batch: sessions, points, drop reasons.

use alloc::vec::Vec;

use super::{
    DecodeError, Units,
    body::Run,
    error::within,
    fields::{Field, Fields},
    value::Text,
};
use crate::{
    event::{Dropped, Point, Session},
    limits,
};

pub(super) fn sessions(run: &Run<'_>) -> Result<Vec<Session>, DecodeError> {
    within("sessions", run.count(), limits::MAX_SESSIONS)?;
    run.messages().map(session).collect()
}

fn session(message: &[u8]) -> Result<Session, DecodeError> {
    let (mut id, mut previous_id, mut randomness) = (&[][..], &[][..], 0);
    let mut fields = Fields(message);
    while let Some(field) = fields.next()? {
        match field {
            (1, Field::Bytes(bytes)) => id = bytes,
            (2, Field::Bytes(bytes)) => previous_id = bytes,
            (3, Field::Fixed64(bits)) => randomness = bits,
            (1..=3, _) => return Err(DecodeError::Protobuf),
            _ => {}
        }
    }
    let sixteen = |bytes: &[u8]| bytes.try_into().map_err(|_| DecodeError::Invalid("session id"));
    Ok(Session {
        id: sixteen(id)?,
        previous_id: if previous_id.is_empty() { None } else { Some(sixteen(previous_id)?) },
        randomness: Some(randomness)
            .filter(|randomness| *randomness < 1 << 56)
            .ok_or(DecodeError::Invalid("session randomness"))?,
    })
}

pub(super) fn points(run: &Run<'_>, units: Units) -> Result<Vec<Point>, DecodeError> {
    within("points", run.count(), limits::MAX_EVENTS)?;
    let points = run.messages().map(|point| {
        let (of, start) = two_numbers(point)?;
        Ok(Point { number: number(of)?, start_ns: units.nanoseconds(start)? })
    });
    points.collect()
}

pub(super) fn dropped(run: &Run<'_>, text: &mut Text) -> Result<Vec<Dropped>, DecodeError> {
    within("drop reasons", run.count(), limits::MAX_ATTRIBUTES)?;
    let dropped = run.messages().map(|dropped| {
        let (reason, count) = two_numbers(dropped)?;
        Ok(Dropped { reason: text.name(reason as u32)?, count })
    });
    dropped.collect()
}

/// Fields 1 and 2 of a message.
fn two_numbers(message: &[u8]) -> Result<(u64, u64), DecodeError> {
    let (mut first, mut second, mut fields) = (0, 0, Fields(message));
    while let Some(field) = fields.next()? {
        match field {
            (1, Field::Varint(number)) => first = number,
            (2, Field::Varint(number)) => second = number,
            (1 | 2, _) => return Err(DecodeError::Protobuf),
            _ => {}
        }
    }
    Ok((first, second))
}

pub(super) fn number(number: u64) -> Result<u64, DecodeError> {
    if number > limits::MAX_NUMBER { Err(DecodeError::Invalid("event number")) } else { Ok(number) }
}
