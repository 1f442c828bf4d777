//! Step 2 of 8, record: calls into the module → policy, ids, links, columns → a sealed batch.

use alloc::vec::Vec;
use core::mem;

use weft_proto::{
    Kind, LinkKinds, OpenState, Session, Status, Target,
    limits::{self, MAX_NUMBER},
    rows::{Field, set, sort},
    seal_body,
};

use crate::{
    batch::{Building, Finished},
    frame::{Frame, cut},
    open::{Begun, Long, Open, OpenEvents},
};

/// What an event is to its page; the bits of `role` in a `begin` frame.
mod role {
    pub(super) const PAGE_LOAD: u8 = 1;
    pub(super) const VIEW: u8 = 2;
    pub(super) const INTERACTION: u8 = 4;
    /// The SDK's word about itself: never anybody's `previous`.
    pub(super) const MARK: u8 = 8;
}

/// What became of an event that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It waits to be sealed, with about so many bytes in all.
    Waiting(usize),
    /// It was refused, and counted.
    Refused,
    /// Nothing was done: the batch would grow beyond what can outlive the page. Seal, and call again.
    SealFirst,
}

/// An event that starts.
#[derive(Clone, Copy, Debug)]
pub struct Begin {
    /// Its number.
    pub number: u64,
    /// Milliseconds since 1970.
    pub start_ms: f64,
    /// Clock epoch of the page.
    pub epoch: u32,
    /// What it is to its page: bits.
    pub role: u8,
    /// Number of the event that made it happen.
    pub cause: Option<u64>,
    /// Whether that is a guess.
    pub inferred: bool,
    /// Number of the event that it ends inside of.
    pub parent: Option<u64>,
    /// Number of the event whose trace it is in: its own, if it is a root.
    pub root: u64,
}

/// An event that ends, but for its name and attributes.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Its number.
    pub number: u64,
    /// Milliseconds.
    pub duration_ms: f64,
    /// Of its span, as OTLP has it.
    pub kind: u32,
    /// Of its span, as OTLP has it.
    pub status: u32,
    /// Its parent has ended before it.
    pub demoted: bool,
}

/// Everything the module remembers of its page. Bounded: it does not grow with the age of the page.
pub struct Recorder {
    open: OpenEvents,
    building: Building,
    page_load: Option<Begun>,
    last_root: Option<Begun>,
    view: Option<u64>,
    session: Option<Session>,
    /// Last root of the session before, until the first root of this one has linked to it.
    session_before: Option<Target>,
    /// What the page was when a batch last said so of its long spans.
    told: Option<OpenState>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// Of a page in which nothing has happened.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            open: OpenEvents::new(),
            building: Building::new(),
            page_load: None,
            last_root: None,
            view: None,
            session: None,
            session_before: None,
            told: None,
        }
    }

    /// Takes the attributes of what sends.
    pub fn resource(&mut self, frame: &[u8]) {
        self.building.resource = frame.into();
    }

    /// Later events belong to this session; `before`: the last root of the one before.
    pub fn session(&mut self, session: Session, before: Option<Target>) {
        self.session_before = before;
        self.session = Some(session);
    }

    /// An event starts: from here on its ids, its place in the page and its links are fixed.
    pub fn begin(&mut self, begin: &Begin) {
        let Begin { number, cause, .. } = *begin;
        let begun = Begun { number, start_ns: nanoseconds(begin.start_ms) };
        let is = |bit| begin.role & bit != 0;
        let in_trace = begin.root != number;
        if is(role::PAGE_LOAD) {
            self.page_load = Some(begun);
        }
        if is(role::PAGE_LOAD | role::VIEW) {
            self.view = Some(number);
        }
        let mut open = Open::new(self.session.clone());
        if let Some(cause) = cause {
            open.link(Target::Own(cause), LinkKinds::CAUSE, if begin.inferred { b"window" } else { b"" });
        }
        open.previous = self.last_root.filter(|last| !in_trace && last.number < number);
        if !in_trace && !is(role::MARK) {
            if let Some(root) = self.session_before.take() {
                open.link(root, LinkKinds::SESSION, b"");
            }
            self.last_root = Some(begun);
        }
        let interaction =
            if is(role::INTERACTION) { Some(number) } else { cause.filter(|_| !begin.inferred) };
        let some = |number: Option<u64>| number.map_or(0, |number| number + 1);
        let mut say = |field, value| set(&mut open.row, field, value);
        say(Field::Number, number);
        say(Field::Start, begun.start_ns);
        say(Field::Epoch, begin.epoch.into());
        if in_trace {
            say(Field::Parent, some(begin.parent));
            say(Field::Root, begin.root + 1);
        }
        say(Field::Previous, some(open.previous.map(|previous| previous.number)));
        say(Field::View, some(self.view));
        say(Field::Interaction, some(interaction));
        self.open.push(open);
    }

    /// An open event points to another.
    pub fn link(&mut self, number: u64, kinds: u32, target: Target, name: &[u8]) {
        if let Some(open) = self.open.get_mut(number) {
            let kinds = LinkKinds(kinds & LinkKinds::ALL.0);
            let name = if kinds.contains(LinkKinds::NAMED) { cut(name, limits::MAX_NAME_BYTES) } else { b"" };
            open.link(target, kinds, name);
        }
    }

    /// An open event stays open for long: every batch says so from now on. The frame: name, attributes. Returns about how
    /// many bytes wait.
    pub fn long(&mut self, number: u64, kind: u32, frame: &[u8]) -> usize {
        let mut frame = Frame(frame);
        if let Some(name) = frame.text() {
            self.open.keep_open(number, Long::new(Kind::from_otlp(kind).unwrap_or_default(), name, frame.0));
        }
        self.building.bytes()
    }

    /// An open event will not be recorded.
    pub fn cancel(&mut self, number: u64) {
        self.open.take(number);
    }

    /// An event ends and is kept. The frame: name, attributes.
    pub fn finish(&mut self, end: &End, frame: &[u8]) -> Kept {
        if !self.building.has_room(frame.len()) {
            return Kept::SealFirst;
        }
        match self.try_finish(end, frame) {
            Some(true) => Kept::Waiting(self.building.bytes()),
            Some(false) => Kept::Refused,
            None => {
                self.dropped(b"malformed", 1);
                Kept::Refused
            }
        }
    }

    fn try_finish(&mut self, end: &End, frame: &[u8]) -> Option<bool> {
        let Some(mut open) = self.open.take(end.number) else {
            self.dropped(b"not_open", 1);
            return Some(false);
        };
        let sort = sort(Kind::from_otlp(end.kind)?, Status::from_otlp(end.status)?);
        if end.demoted {
            open.demote();
        }
        let mut frame = Frame(frame);
        let (duration_ns, name) = (nanoseconds(end.duration_ms), frame.text()?);
        let finished = Finished { open: &open, duration_ns, sort, name, state: 0, with_links: true };
        self.building.add(&finished, frame)
    }

    /// So many events were given up.
    pub fn dropped(&mut self, reason: &[u8], count: u64) {
        self.building.drop_events(reason, count);
    }

    /// Seals what waits into `out`: form, digest, body. Empty: nothing waits. Returns the body in the plain form.
    pub fn seal(&mut self, wall_ms: f64, state: OpenState, out: &mut Vec<u8>) -> Vec<u8> {
        let changed = self.told != Some(state);
        if self.open.long_ones().any(|open| changed || !open.is_told()) || !self.building.rows.is_empty() {
            self.tell_open(nanoseconds(wall_ms), state);
            self.told = Some(state);
        }
        let body = self.write(out);
        if !out.is_empty() {
            self.building.reset();
        }
        body
    }

    /// What waits, as if it were sealed, and what is open; it goes on waiting. Empty: there is neither. Counts of what was
    /// given up are not told: told twice they would count twice.
    pub fn tail(&mut self, wall_ms: f64, state: OpenState, out: &mut Vec<u8>) {
        let (length, dropped) = (self.building.length(), mem::take(&mut self.building.rows.dropped));
        for open in self.open.long_ones() {
            self.building.add_open(open, nanoseconds(wall_ms), state, true);
        }
        self.write(out);
        self.building.truncate(length);
        self.building.rows.dropped = dropped;
    }

    /// What waits, sealed: form, digest, body. Empty: nothing waits. Returns the body in the plain form.
    fn write(&mut self, out: &mut Vec<u8>) -> Vec<u8> {
        out.clear();
        if self.building.rows.is_empty() {
            return Vec::new();
        }
        let page_load = self.page_load.map(|load| [load.number, load.start_ns]);
        let body = self.building.encode(page_load.as_ref().map_or(&[], |load| load));
        let sealed = seal_body(&body);
        out.push(sealed.form as u8);
        out.extend_from_slice(&sealed.digest.to_le_bytes());
        out.extend_from_slice(&sealed.bytes);
        body
    }

    fn tell_open(&mut self, wall_ns: u64, state: OpenState) {
        for open in self.open.long_ones_mut() {
            let whole = !open.is_told();
            self.building.add_open(open, wall_ns, state, whole);
            open.set_told();
        }
    }
}

/// Milliseconds → nanoseconds, rounded to what browsers resolve (5 µs at best).
fn nanoseconds(ms: f64) -> u64 {
    ((ms * 1_000.0 + 0.5) as u64).min(MAX_NUMBER) * 1_000
}
