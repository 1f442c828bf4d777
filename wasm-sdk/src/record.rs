//! Step 2 of 8, record: calls into the module → policy, ids, links, columns → a sealed batch.

use alloc::vec::Vec;
use core::mem;

use weft_proto::{
    Ids, Kind, LinkKinds, OpenState, Seed, Session, SpanId, Status, Target, TraceId,
    limits::MAX_NUMBER,
    rows::{Field, Row, set, sort},
    seal_body,
};

use crate::{
    batch::{Building, Finished},
    frame::Frame,
    open::{Begun, Long, Open, OpenEvents, OwnLink},
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

/// Everything the module remembers of its page. Bounded: it does not grow with the age of the page.
pub struct Recorder {
    ids: Ids,
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
        Self::new(&[])
    }
}

impl Recorder {
    /// A recorder for the page with this seed. A frame without 16 bytes of seed gives a page of zeros, which
    /// JavaScript never asks for.
    #[must_use]
    pub fn new(frame: &[u8]) -> Self {
        let seed = Seed(Frame(frame).take().copied().unwrap_or_default());
        Self {
            ids: Ids::new(seed),
            open: OpenEvents::default(),
            building: Building::default(),
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

    /// Later events belong to this session.
    pub fn session(&mut self, frame: &[u8]) {
        if let Some((session, root)) = Frame(frame).session() {
            self.session_before = root.map(|root| self.target(root));
            self.session = Some(session);
        }
    }

    /// An event starts: from here on its ids, its place in the page and its links are fixed.
    pub fn begin(&mut self, frame: &[u8]) {
        if self.try_begin(frame).is_none() {
            self.building.drop_events(b"malformed", 1);
        }
    }

    fn try_begin(&mut self, frame: &[u8]) -> Option<()> {
        let mut frame = Frame(frame);
        let begun = Begun { number: frame.number()?, start_ns: nanoseconds(frame.float()?) };
        let epoch = frame.word()?;
        let role = frame.byte()?;
        let is = |bit| role & bit != 0;
        let cause = Frame(&frame.take::<8>()?[..]).number();
        let inferred = frame.byte()? != 0;
        let parent = Frame(&frame.take::<8>()?[..]).number();
        let root = frame.number()?;
        let in_trace = root != begun.number;
        let mut links = Vec::new();
        links.extend(cause.map(|cause| OwnLink::cause(cause, inferred)));
        if is(role::PAGE_LOAD) {
            self.page_load = Some(begun);
        }
        if is(role::PAGE_LOAD) || is(role::VIEW) {
            self.view = Some(begun.number);
        }
        let is_root = !in_trace && !is(role::MARK);
        if is_root {
            links.extend(self.session_before.take().map(|root| OwnLink::to(root, LinkKinds::SESSION)));
        }
        let previous = self.last_root.filter(|last| !in_trace && last.number < begun.number);
        if is_root {
            self.last_root = Some(begun);
        }
        let interaction =
            if is(role::INTERACTION) { Some(begun.number) } else { cause.filter(|_| !inferred) };
        let some = |number: Option<u64>| number.map_or(0, |number| number + 1);
        let mut row = Row::default();
        for (field, value) in [
            (Field::Number, begun.number),
            (Field::Start, begun.start_ns),
            (Field::Epoch, epoch.into()),
            (Field::Parent, some(parent.filter(|_| in_trace))),
            (Field::Root, some(Some(root).filter(|_| in_trace))),
            (Field::Previous, some(previous.map(|previous| previous.number))),
            (Field::View, some(self.view)),
            (Field::Interaction, some(interaction)),
        ] {
            set(&mut row, field, value);
        }
        self.open.push(Open { row, session: self.session.clone(), previous, links, long: None });
        Some(())
    }

    /// An open event points to another.
    pub fn link(&mut self, frame: &[u8]) {
        let mut frame = Frame(frame);
        let (Some(number), Some(kinds), Some(trace), Some(span), Some(name)) =
            (frame.number(), frame.word(), frame.take(), frame.take(), frame.text())
        else {
            return;
        };
        let target = self.target((*trace, *span));
        if let Some(open) = self.open.get_mut(number) {
            open.links.push(OwnLink::named(target, LinkKinds(kinds & LinkKinds::ALL.0), name));
        }
    }

    /// An open event stays open for long: every batch says so from now on. Returns about how many bytes wait.
    pub fn long(&mut self, frame: &[u8]) -> usize {
        let mut frame = Frame(frame);
        if let (Some(number), Some(kind), Some(name)) = (frame.number(), frame.byte(), frame.text()) {
            self.open.keep_open(
                number,
                Long::new(Kind::from_otlp(kind.into()).unwrap_or_default(), name, frame.0),
            );
        }
        self.building.bytes()
    }

    /// An open event will not be recorded.
    pub fn cancel(&mut self, frame: &[u8]) {
        if let Some(number) = Frame(frame).number() {
            self.open.take(number);
        }
    }

    /// An event ends and is kept.
    pub fn finish(&mut self, frame: &[u8]) -> Kept {
        if !self.building.has_room(frame.len()) {
            return Kept::SealFirst;
        }
        match self.try_finish(frame) {
            Some(true) => Kept::Waiting(self.building.bytes()),
            Some(false) => Kept::Refused,
            None => {
                self.building.drop_events(b"malformed", 1);
                Kept::Refused
            }
        }
    }

    fn try_finish(&mut self, frame: &[u8]) -> Option<bool> {
        let mut frame = Frame(frame);
        let number = frame.number()?;
        let Some(mut open) = self.open.take(number) else {
            self.building.drop_events(b"not_open", 1);
            return Some(false);
        };
        let duration_ns = nanoseconds(frame.float()?);
        let kind = Kind::from_otlp(frame.byte()?.into())?;
        let status = Status::from_otlp(frame.byte()?.into())?;
        if frame.byte()? != 0 {
            open.demote();
        }
        let (sort, name) = (sort(kind, status), frame.text()?);
        let finished = Finished { open: &open, duration_ns, sort, name, state: 0, with_links: true };
        self.building.add(&finished, frame)
    }

    /// JavaScript had to give up so many events.
    pub fn dropped(&mut self, frame: &[u8]) {
        let mut frame = Frame(frame);
        if let (Some(reason), Some(count)) = (frame.text(), frame.number()) {
            self.building.drop_events(reason, count);
        }
    }

    /// Seals what waits into `out`: form, digest, body. Empty: nothing waits. Returns the body in the plain form.
    pub fn seal(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Vec<u8> {
        let (wall_ns, state) = when(frame);
        let changed = self.told != Some(state);
        if self.open.long_ones().any(|open| changed || !open.is_told()) || !self.building.rows.is_empty() {
            self.tell_open(wall_ns, state);
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
    pub fn tail(&mut self, frame: &[u8], out: &mut Vec<u8>) {
        let (wall_ns, state) = when(frame);
        let (length, dropped) = (self.building.length(), mem::take(&mut self.building.rows.dropped));
        for open in self.open.long_ones() {
            self.building.add_open(open, wall_ns, state, true);
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

    /// A root that JavaScript knows by its ids only: one of ours is told by its number, which costs a byte.
    fn target(&self, (trace, span): (TraceId, SpanId)) -> Target {
        let mut known = self.last_root.into_iter().chain(self.page_load);
        let own =
            known.find(|event| self.ids.trace(event.number) == trace && self.ids.span(event.number) == span);
        own.map_or(Target::Foreign(trace, span), |event| Target::Own(event.number))
    }
}

fn when(frame: &[u8]) -> (u64, OpenState) {
    let mut frame = Frame(frame);
    let wall_ns = frame.float().map_or(0, nanoseconds);
    let state = frame.byte().and_then(|state| OpenState::from_wire(state.into()));
    (wall_ns, state.unwrap_or(OpenState::Visible))
}

/// Milliseconds → nanoseconds, rounded to what browsers resolve (5 µs at best).
fn nanoseconds(ms: f64) -> u64 {
    ((ms * 1_000.0 + 0.5) as u64).min(MAX_NUMBER) * 1_000
}
