//! Rows → bytes: columns, then DEFLATE where it helps.

mod batch;
mod columns;
mod shapes;
mod text;
mod values;

use alloc::vec::Vec;

use self::{columns::Order, shapes::Shapes, text::Text};
use crate::{
    deflate::deflate,
    event::Batch,
    head::{Form, digest},
    number::{Reader, put, put_signed},
    rows::{Field, Rows, at},
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
    seal_body(&encode(batch))
}

/// Encodes `batch` as the body of a request, in the plain form.
#[must_use]
pub fn encode(batch: &Batch) -> Vec<u8> {
    Rows::of(batch).encode()
}

impl Rows {
    /// Encodes what is recorded as the body of a request, in the plain form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut text = Text::new(&self.words);
        let mut rest = Vec::new();
        let clock = Clock::of(self);
        let order = Order::of(self);
        let shapes = Shapes::of(self, &order);
        put(&mut rest, self.len() as u64);
        rest.push(clock.code());
        self.sessions(&mut text, &mut rest);
        put(&mut rest, self.dropped.len() as u64 / 2);
        for dropped in self.dropped.chunks_exact(2) {
            text.reference(at(dropped, 0), &mut rest);
            put(&mut rest, at(dropped, 1));
        }
        shapes.write(&mut text, &mut rest);
        columns::write(self, &order, &shapes, clock, &mut text, &mut rest);
        self.points(&order, clock, &mut rest);
        values::write(self, &order, &shapes, &mut text, &mut rest);
        text.before(&rest)
    }

    fn sessions(&self, text: &mut Text<'_>, rest: &mut Vec<u8>) {
        put(rest, self.sessions.len() as u64);
        for session in &self.sessions {
            text.ids.extend_from_slice(&session.id);
            for byte in 0..7 {
                text.ids.push((session.randomness >> (8 * byte)) as u8);
            }
            if let Some(previous) = &session.previous_id {
                text.ids.extend_from_slice(previous);
            }
            rest.push(session.previous_id.is_some().into());
        }
    }

    /// The page load and the events that are referred to and not here, by what they are before the first event.
    fn points(&self, order: &Order, clock: Clock, rest: &mut Vec<u8>) {
        let first = order.row(0);
        let (number, start) = (self.get(first, Field::Number), clock.read(self.get(first, Field::Start)));
        put(rest, self.page_load);
        put(rest, self.points.len() as u64 / 2);
        for point in self.points.chunks_exact(2) {
            let time = clock.read(at(point, 1));
            put_signed(rest, number.wrapping_sub(at(point, 0)) as i64);
            put_signed(rest, start.units.wrapping_sub(time.units) as i64);
            if WRITES_DUST && clock.has_dust() {
                put_signed(rest, time.dust);
            }
        }
    }
}

/// A body in the plain form, deflated if that makes it smaller.
#[must_use]
pub fn seal_body(body: &[u8]) -> Sealed {
    let (packed, text) = parts(body);
    let deflated = deflate(&[], body, packed, text);
    let (form, bytes) =
        if deflated.len() < body.len() { (Form::Deflate, deflated) } else { (Form::Plain, body.to_vec()) };
    Sealed { form, digest: digest(body), bytes }
}

/// A body in DEFLATE behind the bodies that its page has sent before. Its packed bytes are no noise there: sessions come again.
#[must_use]
pub fn deflate_behind(earlier: &[u8], body: &[u8]) -> Vec<u8> {
    deflate(earlier, body, 0, parts(body).1)
}

/// Where the packed bytes of a body end, which are noise to DEFLATE, and where its text does.
fn parts(body: &[u8]) -> (usize, usize) {
    let packed = end_of_part(body, 0);
    (packed, end_of_part(body, packed))
}

/// Where the part ends that begins at `start` with its length.
#[inline(never)]
fn end_of_part(body: &[u8], start: usize) -> usize {
    let mut reader = Reader(body.get(start..).unwrap_or_default());
    let length = reader.number().unwrap_or(0) as usize;
    (body.len() - reader.0.len()).saturating_add(length).min(body.len())
}
