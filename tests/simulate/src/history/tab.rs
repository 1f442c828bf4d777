//! A page of our SDK: what its JavaScript does is done here, what its recorder decides is decided by the recorder, and
//! what is true is kept beside it.

use std::collections::HashMap;

use weft_proto::{Form, Ids, LinkKinds, OpenState, Seed, SpanId, Target};
use weft_sdk::record::{Begin, End, Kept, Recorder};

use super::{
    Body, History, Sealed,
    frames::{self, Told},
    session::{Drawn, Last, Session},
};
use crate::truth::{Id, Source};
use support::random::Random;

pub(super) const PLAIN: u8 = 0;
pub(super) const PAGE_LOAD: u8 = 1;
pub(super) const VIEW: u8 = 2;
pub(super) const INTERACTION: u8 = 4;
pub(super) const MARK: u8 = 8;

/// What happens in a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Deed<'a> {
    pub(super) at_ms: u64,
    pub(super) lasts_ms: u64,
    pub(super) name: &'a str,
    pub(super) role: u8,
    /// As OTLP has it.
    pub(super) kind: u8,
    pub(super) cause: Option<u64>,
    pub(super) within: Option<(u64, u64)>,
    /// Its parent ended before it did.
    pub(super) outlives_parent: bool,
    pub(super) attributes: Vec<(&'a str, Told)>,
    /// What it points to: the kind, and by what name that is known. Without a name nobody should believe it. Nothing: the
    /// page that it points to says that it is not kept.
    pub(super) links: Vec<(LinkKinds, &'static str, Option<Id>)>,
}

/// What a page leaves in its tab for the document after it. Nothing: it is not kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trail {
    pub(super) load: Option<Id>,
    pub(super) root: Option<Id>,
}

/// What a page that is gone left in the journal.
pub(super) struct Orphan {
    pub(super) written_ms: u64,
    pub(super) sealed: Sealed,
    pub(super) events: Vec<SpanId>,
}

/// An open page.
pub(super) struct Tab {
    recorder: Recorder,
    ids: Ids,
    seed: Seed,
    /// How far the clock of its device is ahead.
    ahead_ms: i64,
    /// Of a hundred sessions, so many are kept: what this page's `init` says.
    percent: u64,
    /// What was drawn for the session that it began in holds for the page; and whether one before it was kept.
    first: Option<Drawn>,
    looks_for_others: bool,
    next: u64,
    batches: u64,
    epoch: u32,
    last_root: Option<u64>,
    view: u64,
    told: Option<[u8; 16]>,
    unsealed: Vec<SpanId>,
    /// Its roots: what leads to one of these says its number.
    roots: HashMap<SpanId, u64>,
    pub(super) trail: Option<Trail>,
}

impl Tab {
    pub(super) fn new(random: &mut Random, ahead_ms: i64, percent: u64) -> Self {
        let seed = Seed(random.bytes());
        Self {
            recorder: Recorder::new(),
            ids: Ids::new(seed),
            seed,
            ahead_ms,
            percent,
            first: None,
            looks_for_others: true,
            next: 0,
            batches: 0,
            epoch: 0,
            last_root: None,
            view: 0,
            told: None,
            unsealed: Vec::new(),
            roots: HashMap::new(),
            trail: None,
        }
    }

    /// The device slept: the page's clocks agree anew.
    pub(super) fn woke(&mut self) {
        self.epoch += 1;
    }

    pub(super) fn has_unsealed(&self) -> bool {
        !self.unsealed.is_empty()
    }

    /// Whether anything of it is sent: its first session decides.
    pub(super) fn is_kept(&self) -> bool {
        self.first.is_none_or(Drawn::is_kept)
    }

    /// Whether it sends what pages that are gone have left.
    pub(super) fn looks_for_others(&self) -> bool {
        self.is_kept() || self.looks_for_others
    }

    /// Something happens; its number and its ids. The page load is the first.
    ///
    /// # Panics
    /// If the recorder refuses it.
    pub(super) fn record(
        &mut self,
        history: &mut History,
        random: &mut Random,
        stored: &mut Option<Session>,
        deed: &Deed<'_>,
    ) -> (u64, Id) {
        let number = self.next;
        self.next += 1;
        let id = (self.ids.trace(deed.within.map_or(number, |(_, root)| root)), self.ids.span(number));
        let at_ms = self.by_device(deed.at_ms);
        let session = Session::at(stored, at_ms, self.first, self.percent, random);
        let drawn = *self.first.get_or_insert_with(|| {
            self.looks_for_others = session.follows_what_was_kept();
            session.drawn
        });
        if !drawn.is_kept() {
            history.truth.is_not_kept(id, &self.ids.page());
            if is_root(deed) {
                session.used(at_ms, None);
                self.trail = Some(Trail { load: None, root: None });
            }
            return (number, id);
        }
        let before = session.before();
        if self.told != Some(session.id) {
            let told =
                weft_proto::Session { id: session.id, previous_id: session.previous, randomness: drawn.rv };
            self.recorder.session(told, before.root().map(|root| self.target(root)));
            self.told = Some(session.id);
            history.truth.links_left_out += u64::from(matches!(before, Last::NotKept));
        }
        let before = before.root();
        let Deed { role, cause, within, .. } = *deed;
        self.recorder.begin(&Begin {
            number,
            start_ms: at_ms as f64,
            epoch: self.epoch,
            role,
            cause,
            inferred: false,
            parent: within.map(|(parent, _)| parent),
            root: within.map_or(number, |(_, root)| root),
        });
        for (kinds, name, to) in &deed.links {
            let Some(to) = to else {
                history.truth.links_left_out += 1;
                continue;
            };
            let name = if kinds.contains(LinkKinds::NAMED) { name } else { "" };
            self.recorder.link(number, kinds.0, self.target(*to), name.as_bytes());
        }
        let Deed { lasts_ms, kind, outlives_parent, name, attributes, .. } = deed;
        let (duration_ms, kind, demoted) = (*lasts_ms as f64, u32::from(*kind), *outlives_parent);
        let end = End { number, duration_ms, kind, status: 0, demoted };
        let kept = self.recorder.finish(&end, &frames::finish(name, attributes));
        assert!(matches!(kept, Kept::Waiting(_)), "{kept:?}");
        history.truth.happened(id, Source::Ours);
        history.truth.numbered.happens(self.seed.0, id.1);
        self.unsealed.push(id.1);
        if within.is_none() {
            self.roots.insert(id.1, number);
        }
        self.declare(history, deed, number, id, before);
        if is_root(deed) {
            session.used(at_ms, Some(id));
            self.last_root = Some(number);
            let load = self.trail.map_or(Some(id), |trail| trail.load);
            self.trail = Some(Trail { load, root: Some(id) });
        }
        (number, id)
    }

    fn target(&self, (trace, span): Id) -> Target {
        self.roots.get(&span).map_or(Target::Foreign(trace, span), |number| Target::Own(*number))
    }

    /// What is true of an event, by what has happened in the page: not by what its batch says.
    fn declare(&mut self, history: &mut History, deed: &Deed<'_>, number: u64, id: Id, before: Option<Id>) {
        let own = |number: u64| (self.ids.trace(number), self.ids.span(number));
        let mut says = |kind, to| history.truth.declares(kind, id, to);
        if let Some(cause) = deed.cause {
            says("cause", own(cause));
        }
        if let Some((parent, root)) = deed.within.filter(|_| deed.outlives_parent) {
            says("cause", (self.ids.trace(root), self.ids.span(parent)));
        }
        for (_, name, to) in deed.links.iter().filter(|(_, name, _)| !name.is_empty()) {
            if let Some(to) = to {
                says(name, *to);
            }
        }
        if deed.role & (PAGE_LOAD | VIEW) != 0 {
            self.view = number;
        }
        let is_root = deed.within.is_none();
        if is_root && let Some(last) = self.last_root {
            says("previous", own(last));
        }
        if (is_root || deed.outlives_parent) && number > 0 {
            says("page", own(0));
            if self.view != 0 && self.view != number {
                says("view", own(self.view));
            }
        }
        if is_root
            && deed.role & MARK == 0
            && let Some(before) = before
        {
            says("session", before);
        }
    }

    /// What waits is sealed and sent.
    pub(super) fn flush(&mut self, history: &mut History, random: &mut Random, at_ms: u64) {
        let mut out = Vec::new();
        self.recorder.seal(self.by_device(at_ms) as f64, OpenState::Visible, &mut out);
        if let Some(sealed) = self.sealed(&out) {
            let events = std::mem::take(&mut self.unsealed);
            history.send(random, at_ms, Body::Sealed(sealed.into()), events);
        }
    }

    /// The browser dies, and with it the page: what it leaves behind.
    pub(super) fn crash(mut self, at_ms: u64) -> Option<Orphan> {
        let mut out = Vec::new();
        self.recorder.tail(self.by_device(at_ms) as f64, OpenState::Gone, &mut out);
        let sealed = self.sealed(&out)?;
        Some(Orphan { written_ms: at_ms, sealed, events: self.unsealed })
    }

    fn by_device(&self, at_ms: u64) -> u64 {
        at_ms.saturating_add_signed(self.ahead_ms)
    }

    fn sealed(&mut self, out: &[u8]) -> Option<Sealed> {
        let (form, rest) = out.split_first()?;
        let (digest, bytes) = rest.split_first_chunk()?;
        let number = self.batches;
        self.batches += 1;
        let form = if *form == 0 { Form::Plain } else { Form::Deflate };
        let Self { seed, ahead_ms, epoch, .. } = *self;
        let digest = u32::from_le_bytes(*digest);
        Some(Sealed { seed, ahead_ms, number, epoch, form, digest, bytes: bytes.to_vec() })
    }
}

/// Whether later roots of the page, and of the pages after it, come after this.
fn is_root(deed: &Deed<'_>) -> bool {
    deed.within.is_none() && deed.role & MARK == 0
}
