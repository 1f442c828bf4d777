//! Step 2 of 8, record: calls into the module → policy, ids, links, columns → a sealed batch.

use alloc::{string::ToString, vec::Vec};

use weft_proto::{
    Head, Ids, Kind, LinkKinds, Seed, Session, SpanId, Status, Target, TraceId, limits::MAX_NUMBER, seal,
};

use crate::{
    batch::{Building, Finished},
    frame::{Frame, cut},
    policy,
};

/// Events open at once. Beyond that the one open longest is forgotten; when it ends it is refused and counted.
const MAX_OPEN: usize = 256;

/// What an event is to its page; the bits of `role` in a `begin` frame.
mod role {
    pub(super) const PAGE_LOAD: u8 = 1;
    pub(super) const INTERACTION: u8 = 4;
    /// The SDK's word about itself: never anybody's `previous`.
    pub(super) const MARK: u8 = 8;
}

/// When an event of this page began.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) number: u64,
    pub(crate) start_ns: u64,
}

/// What is known of an event when it starts.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) begun: Begun,
    pub(crate) epoch: u32,
    pub(crate) session: Option<Session>,
    pub(crate) previous: Option<Begun>,
    pub(crate) view: Option<u64>,
    pub(crate) interaction: Option<u64>,
    pub(crate) links: Vec<(Target, LinkKinds)>,
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
    seed: Seed,
    ids: Ids,
    open: Vec<Open>,
    building: Building,
    page_load: Option<Begun>,
    last_root: Option<Begun>,
    view: Option<u64>,
    session: Option<Session>,
    /// Last root of the session before, until the first root of this one has linked to it.
    session_before: Option<Target>,
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
            seed,
            ids: Ids::new(seed),
            open: Vec::new(),
            building: Building::default(),
            page_load: None,
            last_root: None,
            view: None,
            session: None,
            session_before: None,
        }
    }

    /// Takes the attributes of what sends.
    pub fn resource(&mut self, frame: &[u8]) {
        self.building.set_resource(frame);
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
            self.building.drop_events("malformed", 1);
        }
    }

    fn try_begin(&mut self, frame: &[u8]) -> Option<()> {
        let mut frame = Frame(frame);
        let begun = Begun { number: frame.number()?, start_ns: nanoseconds(frame.float()?) };
        let epoch = frame.word()?;
        let role = frame.byte()?;
        let is = |bit| role & bit != 0;
        let cause = frame.number();
        let mut links = Vec::new();
        links.extend(cause.map(|cause| (Target::Own(cause), LinkKinds::CAUSE)));
        if is(role::PAGE_LOAD) {
            self.page_load = Some(begun);
            self.view = Some(begun.number);
        }
        if !is(role::MARK) {
            links.extend(self.session_before.take().map(|root| (root, LinkKinds::SESSION)));
        }
        let previous = self.last_root.filter(|last| last.number < begun.number);
        if !is(role::MARK) {
            self.last_root = Some(begun);
        }
        if self.open.len() == MAX_OPEN {
            // When it ends it is refused as `not_open`, and counted then.
            self.open.remove(0);
        }
        self.open.push(Open {
            begun,
            epoch,
            session: self.session.clone(),
            previous,
            view: self.view,
            interaction: if is(role::INTERACTION) { Some(begun.number) } else { cause },
            links,
        });
        Some(())
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
                self.building.drop_events("malformed", 1);
                Kept::Refused
            }
        }
    }

    fn try_finish(&mut self, frame: &[u8]) -> Option<bool> {
        let mut frame = Frame(frame);
        let number = frame.number()?;
        let Some(at) = self.open.iter().position(|open| open.begun.number == number) else {
            self.building.drop_events("not_open", 1);
            return Some(false);
        };
        let finished = Finished {
            open: self.open.remove(at),
            duration_ns: nanoseconds(frame.float()?),
            kind: Kind::from_otlp(frame.byte()?.into())?,
            status: Status::from_otlp(frame.byte()?.into())?,
            name: cut(&policy::scrub("", frame.text()?), weft_proto::limits::MAX_NAME_BYTES).to_string(),
        };
        self.building.add(finished, frame)
    }

    /// JavaScript had to give up so many events.
    pub fn dropped(&mut self, frame: &[u8]) {
        let mut frame = Frame(frame);
        if let (Some(reason), Some(count)) = (frame.text(), frame.number()) {
            self.building.drop_events(reason, count);
        }
    }

    /// Seals what waits into `out`: form, digest, body. Empty: nothing waits.
    pub fn seal(&mut self, out: &mut Vec<u8>) {
        out.clear();
        let Some(batch) = self.building.take(self.page_load) else { return };
        let sealed = seal(&batch);
        out.push(sealed.form as u8);
        out.extend_from_slice(&sealed.digest.to_le_bytes());
        out.extend_from_slice(&sealed.bytes);
    }

    /// Writes the head for one try to send a sealed batch.
    pub fn head(&self, frame: &[u8], out: &mut Vec<u8>) {
        out.clear();
        if let Some(head) = Frame(frame).head(self.seed) {
            Head::write(&head, out);
        }
    }

    /// Milliseconds to wait before sending again; `None`: the answer does not acknowledge that batch.
    #[must_use]
    pub fn ack(&self, frame: &[u8]) -> Option<u32> {
        Frame(frame).ack()
    }

    /// A root that JavaScript knows by its ids only: one of ours is told by its number, which costs a byte.
    fn target(&self, (trace, span): (TraceId, SpanId)) -> Target {
        match self.last_root {
            Some(last) if self.ids.trace(last.number) == trace => Target::Own(last.number),
            _ => Target::Foreign(trace, span),
        }
    }
}

/// Milliseconds → nanoseconds, rounded to what browsers resolve (5 µs at best).
fn nanoseconds(ms: f64) -> u64 {
    ((ms * 1_000.0 + 0.5) as u64).min(MAX_NUMBER) * 1_000
}
