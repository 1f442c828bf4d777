//! Columns: their lengths, their cells, and what a cell refers to.

use alloc::vec::Vec;

use super::{DecodeError, error::within};
use crate::{event::Session, limits, wire};

pub(super) fn sessions(sessions: &[wire::Session]) -> Result<Vec<Session>, DecodeError> {
    within("sessions", sessions.len(), limits::MAX_SESSIONS)?;
    sessions
        .iter()
        .map(|session| {
            let id = |bytes: &[u8]| bytes.try_into().map_err(|_| DecodeError::Invalid("session id"));
            Ok(Session {
                id: id(&session.id)?,
                previous_id: match session.previous_id.as_slice() {
                    [] => None,
                    previous => Some(id(previous)?),
                },
                randomness: Some(session.randomness)
                    .filter(|randomness| *randomness < 1 << 56)
                    .ok_or(DecodeError::Invalid("session randomness"))?,
            })
        })
        .collect()
}

/// Every column is left out or as long as the numbers; links count on their own.
pub(super) fn check_lengths(columns: &wire::Events) -> Result<(), DecodeError> {
    let events = columns.number.len();
    within("events", events, limits::MAX_EVENTS)?;
    let per_event = [
        columns.name.len(),
        columns.kind.len(),
        columns.start.len(),
        columns.duration.len(),
        columns.epoch.len(),
        columns.session.len(),
        columns.parent.len(),
        columns.root.len(),
        columns.previous.len(),
        columns.view.len(),
        columns.interaction.len(),
        columns.status.len(),
        columns.shape.len(),
        columns.link_count.len(),
    ];
    let per_link = [columns.link_kinds.len(), columns.link_rule.len()];
    let fits = |lengths: &[usize], all: usize| lengths.iter().all(|length| *length == 0 || *length == all);
    if fits(&per_event, events) && fits(&per_link, columns.link_target.len()) {
        Ok(())
    } else {
        Err(DecodeError::Invalid("length of a column"))
    }
}

pub(super) fn cell<T: Copy + Default>(column: &[T], at: usize) -> T {
    column.get(at).copied().unwrap_or_default()
}

pub(super) fn number(number: u64) -> Result<u64, DecodeError> {
    if number > limits::MAX_NUMBER { Err(DecodeError::Invalid("event number")) } else { Ok(number) }
}

pub(super) fn earlier(number: u64, back: u64) -> Result<u64, DecodeError> {
    number.checked_sub(back).ok_or(DecodeError::Invalid("reference to an event before the first"))
}
