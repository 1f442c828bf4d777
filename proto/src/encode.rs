//! Event model → bytes: columns, then DEFLATE where it helps.

mod columns;
mod expected;
mod nested;
mod shapes;
mod text;
mod values;

use alloc::vec::Vec;

use self::{columns::Columns, shapes::Shapes, text::Text};
use crate::{
    deflate::deflate,
    dictionary::DICTIONARY,
    event::{Batch, Session},
    head::{Form, digest},
    number::{Reader, put, put_signed},
    time::{Clock, WRITES_DUST},
};

/// A batch ready for its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How `bytes` holds the body.
    pub form: Form,
    /// Digest of the body as it was before DEFLATE.
    pub digest: u32,
    /// What follows the head.
    pub bytes: Vec<u8>,
}

/// Encodes `batch` and deflates it if that makes it smaller.
#[must_use]
pub fn seal(batch: &Batch) -> Sealed {
    let body = encode(batch);
    let digest = digest(&body);
    let (packed, text) = parts(&body);
    let deflated = deflate(DICTIONARY, &body, packed, text);
    if deflated.len() < body.len() {
        Sealed { form: Form::Deflate, digest, bytes: deflated }
    } else {
        Sealed { form: Form::Plain, digest, bytes: body }
    }
}

/// A body in DEFLATE behind what its page has sent before it: `before` are the bodies of earlier batches, one behind the other.
#[must_use]
pub fn deflate_behind(before: &[u8], body: &[u8]) -> Vec<u8> {
    let (packed, text) = parts(body);
    deflate(&window(before), body, packed, text)
}

/// What DEFLATE can see of the dictionary and what follows it: 32 KiB (RFC 1951, 2).
pub(crate) fn window(before: &[u8]) -> Vec<u8> {
    const WINDOW: usize = 32 * 1024;
    let all = [DICTIONARY, before].concat();
    all.get(all.len().saturating_sub(WINDOW)..).unwrap_or_default().to_vec()
}

/// Where the packed bytes of a body end, which are noise to DEFLATE, and where its text does.
fn parts(body: &[u8]) -> (usize, usize) {
    let mut reader = Reader(body);
    let mut end_of_part = || {
        reader.number().and_then(|count| reader.bytes(count));
        body.len() - reader.0.len()
    };
    (end_of_part(), end_of_part())
}

/// Encodes `batch` as the body of a request, in the plain form. Events must be in the order of their numbers.
#[must_use]
pub fn encode(batch: &Batch) -> Vec<u8> {
    let mut text = Text::new(&batch.strings);
    let mut rest = Vec::new();
    let clock = Clock::of(batch);
    let shapes = Shapes::of(batch);
    put(&mut rest, batch.events.len() as u64);
    rest.push(clock.code());
    sessions(&batch.sessions, &mut text, &mut rest);
    put(&mut rest, batch.dropped.len() as u64);
    for dropped in &batch.dropped {
        text.reference(dropped.reason, &mut rest);
        put(&mut rest, dropped.count);
    }
    shapes.write(&mut text, &mut rest);
    Columns::of(batch, &shapes, clock, &mut text).write(&mut rest);
    points(batch, clock, &mut rest);
    values::write(batch, &shapes, &mut text, &mut rest);
    text.before(&rest)
}

fn sessions(sessions: &[Session], text: &mut Text<'_>, rest: &mut Vec<u8>) {
    put(rest, sessions.len() as u64);
    for session in sessions {
        text.ids.extend_from_slice(&session.id);
        text.ids.extend_from_slice(&session.randomness.to_le_bytes()[..7]);
        text.ids.extend(session.previous_id.iter().flatten());
        rest.push(session.previous_id.is_some().into());
    }
}

/// The page load and the events that are referred to and not here, by what they are before the first event.
fn points(batch: &Batch, clock: Clock, rest: &mut Vec<u8>) {
    let (number, start) = batch.events.first().map_or((0, 0), |first| (first.number, first.start_ns));
    put(rest, batch.page_load.map_or(0, |load| load + 1));
    put(rest, batch.points.len() as u64);
    let start = clock.read(start);
    for point in &batch.points {
        let time = clock.read(point.start_ns);
        put_signed(rest, number.wrapping_sub(point.number) as i64);
        put_signed(rest, start.units.wrapping_sub(time.units) as i64);
        if WRITES_DUST && clock.has_dust() {
            put_signed(rest, time.dust);
        }
    }
}
