//! The batch that is being built: events in the order in which they end, until the next seal.

use alloc::vec::Vec;
use core::mem;

use weft_proto::{
    OpenState, Rows, Session, Status, Target, limits, mark,
    rows::{Field, kind, set, sort},
};

use crate::{
    frame::{Frame, Given, cut},
    open::Open,
    policy,
};

/// An event that has ended, or that is open for long, but for its attributes.
pub(crate) struct Finished<'a> {
    pub(crate) open: &'a Open,
    pub(crate) duration_ns: u64,
    /// As [`Field::Sort`] has it.
    pub(crate) sort: u64,
    pub(crate) name: &'a [u8],
    /// [`OpenState`] of an event that has not ended; 0: it has.
    pub(crate) state: u64,
    /// Whether its links are told.
    pub(crate) with_links: bool,
}

/// What is not sealed yet.
pub(crate) struct Building {
    pub(crate) rows: Rows,
    /// What sends, as JavaScript told it: every batch says it again, because every batch decodes alone.
    pub(crate) resource: Vec<u8>,
    /// Number and start of what events refer to; those that turn out to be in the batch are left out at the seal.
    points: Vec<u64>,
    bytes: usize,
}

/// Bytes of a body: with its head and DEFLATE's worst case it stays below the 60 KiB that may outlive a page.
const MAX_BYTES: usize = 56 * 1024;

/// Bytes of an event and of an attribute in columns, besides their texts, about.
const EVENT_BYTES: usize = 60;
const VALUE_BYTES: usize = 12;

impl Building {
    pub(crate) const fn new() -> Self {
        Self { rows: Rows::new(), resource: Vec::new(), points: Vec::new(), bytes: 0 }
    }

    /// About how many bytes what waits takes as a body, before DEFLATE.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.rows.words.bytes()
    }

    /// Whether an event of so many bytes fits in a request that can outlive its page, even if nothing deflates.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.rows.is_empty() || self.bytes() + EVENT_BYTES + bytes <= MAX_BYTES
    }

    /// Keeps an event; false: the batch is full. `None`: the frame ends inside the attributes.
    pub(crate) fn add(&mut self, finished: &Finished<'_>, mut frame: Frame<'_>) -> Option<bool> {
        if self.rows.len() == limits::MAX_EVENTS {
            self.drop_events(b"batch_full", 1);
            return Some(false);
        }
        let count = self.attributes(&mut frame)?;
        self.bytes += EVENT_BYTES + VALUE_BYTES * count;
        let open = finished.open;
        for link in open.links.iter().filter(|_| finished.with_links) {
            let rule = link.is_named().then(|| self.rows.words.intern(&link.name));
            match &link.target {
                Target::Own(number) => self.rows.link(*number, link.kinds.0, rule),
                Target::Foreign(trace, span) => self.rows.link_to((trace, span), link.kinds.0, rule),
            }
        }
        if let Some(previous) = open.previous {
            self.points.extend_from_slice(&[previous.number, previous.start_ns]);
        }
        let mut row = open.row;
        let name = policy::scrub(b"", finished.name);
        let name = self.rows.words.intern(cut(&name, limits::MAX_NAME_BYTES));
        let session = open.session.as_ref().map_or(0, |session| self.session(session));
        set(&mut row, Field::Duration, finished.duration_ns);
        set(&mut row, Field::Sort, finished.sort);
        set(&mut row, Field::Name, name);
        set(&mut row, Field::State, finished.state);
        set(&mut row, Field::Session, session);
        self.rows.push(row);
        Some(true)
    }

    /// Tells of a long span that is open still; `whole`: with everything that is known of it.
    pub(crate) fn add_open(&mut self, open: &Open, wall_ns: u64, state: OpenState, whole: bool) {
        let Some(long) = &open.long else { return };
        let whole = whole && self.has_room(long.name.len() + long.attributes.len());
        let finished = Finished {
            open,
            duration_ns: wall_ns.saturating_sub(open.begun().start_ns),
            sort: sort(long.kind, Status::Unset),
            name: if whole { &long.name } else { b"" },
            state: state as u64,
            with_links: whole,
        };
        self.add(&finished, Frame(if whole { &long.attributes } else { &[] }));
    }

    pub(crate) fn drop_events(&mut self, reason: &[u8], count: u64) {
        let reason = self.rows.words.intern(cut(reason, limits::MAX_NAME_BYTES));
        let dropped = &mut self.rows.dropped;
        for known in dropped.chunks_exact_mut(2) {
            if let [other, sum] = known
                && *other == reason
            {
                *sum += count;
                return;
            }
        }
        if dropped.len() < limits::MAX_ATTRIBUTES * 2 {
            dropped.extend_from_slice(&[reason, count]);
        }
    }

    /// What waits, as the body of a batch in the plain form. It goes on waiting, until [`Self::truncate`]. `page_load`: number and start, if
    /// there is one.
    pub(crate) fn encode(&mut self, page_load: &[u64]) -> Vec<u8> {
        let resource = mem::take(&mut self.resource);
        let count = self.attributes(&mut Frame(&resource)).unwrap_or(0);
        self.resource = resource;
        self.rows.end_resource(count);
        let rows = &mut self.rows;
        rows.page_load = page_load.first().map_or(0, |number| number + 1);
        rows.points.clear();
        let length = self.points.len();
        self.points.extend_from_slice(page_load);
        for point in self.points.chunks_exact(2) {
            add_point(rows, point);
        }
        self.points.truncate(length);
        rows.encode()
    }

    /// Nothing waits any more.
    pub(crate) fn reset(&mut self) {
        self.rows.clear();
        self.points.clear();
        self.bytes = 0;
    }

    /// How much waits: how many events, points, and bytes of them.
    pub(crate) fn length(&self) -> [usize; 3] {
        [self.rows.len(), self.points.len(), self.bytes]
    }

    /// Only so much waits any more; nothing of the resource.
    pub(crate) fn truncate(&mut self, [rows, points, bytes]: [usize; 3]) {
        self.rows.truncate(rows);
        self.points.truncate(points);
        self.bytes = bytes;
    }

    /// Position of `session` in the batch, plus 1. 0: the batch tells of as many as it may, which takes a page that rolled
    /// over that often between two seals; the event then says no session rather than a wrong one.
    fn session(&mut self, session: &Session) -> u64 {
        let sessions = &mut self.rows.sessions;
        let known = sessions.iter().position(|known| known.id == session.id);
        if known.is_none() && sessions.len() < limits::MAX_SESSIONS {
            sessions.push(session.clone());
            return sessions.len() as u64;
        }
        known.map_or(0, |at| at as u64 + 1)
    }

    /// Adds the attributes of a frame, and returns how many. `None`: it ends inside them, and none is added.
    fn attributes(&mut self, frame: &mut Frame<'_>) -> Option<usize> {
        let told = frame.word().unwrap_or(0);
        let mut count = 0;
        for _ in 0..told {
            let Some((key, value)) = frame.attribute() else {
                self.rows.drop_attributes(count);
                return None;
            };
            let key = cut(key, limits::MAX_NAME_BYTES);
            let id = self.rows.words.intern(key);
            // Two long keys may have become one by being cut.
            let comes_again = (0..count).any(|back| self.rows.last_key(back) == Some(id));
            if count == limits::MAX_ATTRIBUTES || comes_again {
                continue;
            }
            let (kind, value) = self.value(key, value);
            self.rows.attribute(id, kind, value);
            count += 1;
        }
        Some(count)
    }

    fn value(&mut self, key: &[u8], given: Given<'_>) -> (u64, u64) {
        match given {
            Given::Text(text) => (kind::TEXT, self.text(key, text)),
            Given::Bool(value) => (kind::BOOL, value.into()),
            Given::Int(value) => (kind::INT, value as u64),
            Given::Double(value) => (kind::DOUBLE, value.to_bits()),
            Given::Texts(mut texts, count) => {
                let position = self.rows.nest(mark::LIST, count.into());
                for _ in 0..count {
                    let text = self.text(key, texts.text().unwrap_or_default());
                    self.rows.nest(mark::TEXT, text);
                }
                (kind::NESTED, position)
            }
        }
    }

    fn text(&mut self, key: &[u8], text: &[u8]) -> u64 {
        self.rows.words.intern(&policy::scrub(key, text))
    }
}

/// Adds number and start of an event that is not in the batch, once.
fn add_point(rows: &mut Rows, point: &[u64]) {
    let number = point.first();
    for row in 0..rows.len() {
        if number == Some(&rows.get(row, Field::Number)) {
            return;
        }
    }
    for known in rows.points.chunks_exact(2) {
        if number == known.first() {
            return;
        }
    }
    rows.points.extend_from_slice(point);
}
