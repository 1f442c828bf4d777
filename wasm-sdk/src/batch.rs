//! The batch that is being built: events in the order in which they end, until the next seal.

use alloc::{string::String, vec::Vec};
use core::mem;

use weft_proto::{
    Attribute, Batch, Dropped, Event, Kind, Link, OpenState, Point, Session, Status, Strings, limits,
};

use crate::{
    frame::{Frame, Given, cut},
    open::{Begun, Open},
    policy,
};

/// An event that has ended, or that is open for long, but for its attributes.
pub(crate) struct Finished {
    pub(crate) open: Open,
    pub(crate) duration_ns: u64,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    pub(crate) name: String,
    /// It has not ended: what its page was when it was last seen.
    pub(crate) state: Option<OpenState>,
}

/// What is not sealed yet.
#[derive(Clone, Default)]
pub(crate) struct Building {
    batch: Batch,
    /// What sends, as JavaScript told it: every batch says it again, because every batch decodes alone.
    resource: Vec<u8>,
    /// Points that events refer to; those that turn out to be in the batch are left out at the seal.
    points: Vec<Begun>,
    bytes: usize,
}

/// Bytes of a body: with its head and DEFLATE's worst case it stays below the 60 KiB that may outlive a page.
const MAX_BYTES: usize = 56 * 1024;

/// Bytes of an event and of an attribute in columns, besides their texts, about.
const EVENT_BYTES: usize = 60;
const VALUE_BYTES: usize = 12;

impl Building {
    /// About how many bytes what waits takes as a body, before DEFLATE.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.batch.strings.bytes()
    }

    /// Whether an event of so many bytes fits in a request that can outlive its page, even if nothing deflates.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.batch.events.is_empty() || self.bytes() + EVENT_BYTES + bytes <= MAX_BYTES
    }

    pub(crate) fn set_resource(&mut self, frame: &[u8]) {
        self.resource = frame.into();
    }

    /// Keeps an event; false: the batch is full. `None`: the frame ends inside the attributes.
    pub(crate) fn add(&mut self, finished: Finished, mut frame: Frame<'_>) -> Option<bool> {
        if self.batch.events.len() == limits::MAX_EVENTS {
            self.drop_events("batch_full", 1);
            return Some(false);
        }
        let mut attributes = attributes(&mut frame, &mut self.batch.strings)?;
        self.bytes += EVENT_BYTES + VALUE_BYTES * attributes.len();
        let Finished { open, duration_ns, kind, status, name, state } = finished;
        let first_attribute = self.batch.attributes.len() as u32;
        self.batch.attributes.append(&mut attributes);
        let first_link = self.batch.links.len() as u32;
        for link in open.links {
            let rule = link.name.map(|name| self.batch.strings.intern(&name));
            self.batch.links.push(Link { target: link.target, kinds: link.kinds, rule });
        }
        self.points.extend(open.previous);
        let event = Event {
            number: open.begun.number,
            name: self.batch.strings.intern(&name),
            kind,
            start_ns: open.begun.start_ns,
            duration_ns,
            epoch: open.epoch,
            session: open.session.and_then(|session| position(&mut self.batch.sessions, session)),
            trace: open.trace,
            previous: open.previous.map(|previous| previous.number),
            view: open.view,
            interaction: open.interaction,
            status,
            open: state,
            attributes: first_attribute..self.batch.attributes.len() as u32,
            links: first_link..self.batch.links.len() as u32,
        };
        self.batch.events.push(event);
        Some(true)
    }

    /// Tells of a long span that is open still; `whole`: with everything that is known of it.
    pub(crate) fn add_open(&mut self, open: &Open, wall_ns: u64, state: OpenState, whole: bool) {
        let Some(long) = &open.long else { return };
        let bytes = long.name.len() + long.attributes.len();
        let whole = whole && self.has_room(bytes);
        let mut told = open.clone();
        if !whole {
            told.links.clear();
        }
        let finished = Finished {
            duration_ns: wall_ns.saturating_sub(open.begun.start_ns),
            kind: long.kind,
            status: Status::Unset,
            name: if whole { policy::scrub("", &long.name) } else { String::new() },
            state: Some(state),
            open: told,
        };
        let attributes: &[u8] = if whole { &long.attributes } else { &[] };
        self.add(finished, Frame(attributes));
    }

    /// A copy that can be sealed without what waits being sealed. Counts of what was given up stay with the original:
    /// told twice they would count twice.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = self.clone();
        copy.batch.dropped.clear();
        copy
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batch.events.is_empty()
    }

    pub(crate) fn drop_events(&mut self, reason: &str, count: u64) {
        let reason = self.batch.strings.intern(cut(reason, limits::MAX_NAME_BYTES));
        let known = self.batch.dropped.iter_mut().find(|dropped| dropped.reason == reason);
        if let Some(dropped) = known {
            dropped.count += count;
        } else if self.batch.dropped.len() < limits::MAX_ATTRIBUTES {
            self.batch.dropped.push(Dropped { reason, count });
        }
    }

    /// What waits, as a batch that decodes alone. `None`: nothing waits.
    pub(crate) fn take(&mut self, page_load: Option<Begun>) -> Option<Batch> {
        if self.batch.events.is_empty() {
            return None;
        }
        let mut batch = mem::take(&mut self.batch);
        self.bytes = 0;
        batch.resource = attributes(&mut Frame(&self.resource), &mut batch.strings).unwrap_or_default();
        batch.page_load = page_load.map(|load| load.number);
        batch.events.sort_unstable_by_key(|event| event.number);
        for point in mem::take(&mut self.points).into_iter().chain(page_load) {
            if batch.start_of(point.number).is_none() {
                batch.points.push(Point { number: point.number, start_ns: point.start_ns });
            }
        }
        Some(batch)
    }
}

/// Position of `session` in the batch. `None`: the batch tells of as many as it may, which takes a page that
/// rolled over that often between two seals; the event then says no session rather than a wrong one.
fn position(sessions: &mut Vec<Session>, session: Session) -> Option<u32> {
    let known = sessions.iter().position(|known| *known == session);
    let at = known.or_else(|| {
        (sessions.len() < limits::MAX_SESSIONS).then(|| {
            sessions.push(session);
            sessions.len() - 1
        })
    });
    at.map(|at| at as u32)
}

fn attributes(frame: &mut Frame<'_>, strings: &mut Strings) -> Option<Vec<Attribute>> {
    let count = frame.word().unwrap_or(0) as usize;
    let mut attributes = Vec::with_capacity(count.min(limits::MAX_ATTRIBUTES));
    for _ in 0..count {
        let key = cut(frame.text()?, limits::MAX_NAME_BYTES);
        let value: Given<'_> = frame.value()?;
        let id = strings.intern(key);
        // Two long keys may have become one by being cut.
        let comes_again = attributes.iter().any(|attribute: &Attribute| attribute.key == id);
        if attributes.len() == limits::MAX_ATTRIBUTES || comes_again {
            continue;
        }
        let value = value.into_value(|text| policy::scrub(key, text), strings);
        attributes.push(Attribute { key: id, value });
    }
    Some(attributes)
}
