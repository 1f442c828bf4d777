//! The session of an origin as `wasm-sdk/js/session.ts` has it, and what was drawn for it.

use support::random::Random;

use crate::{
    network::{HOUR, MINUTE},
    sampling::threshold,
    truth::Id,
};

/// What was drawn for a session, and at which rate it was decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub(super) rv: u64,
    percent: u64,
}

impl Drawn {
    pub(super) fn is_kept(self) -> bool {
        self.rv >= threshold(self.percent)
    }
}

/// The last root of a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Last {
    /// It had none.
    None,
    /// It had some, and none was kept.
    NotKept,
    /// The last that was kept.
    Root(Id),
}

impl Last {
    pub(super) fn root(self) -> Option<Id> {
        if let Self::Root(id) = self { Some(id) } else { None }
    }
}

/// As it lies in storage.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: [u8; 16],
    pub(super) previous: Option<[u8; 16]>,
    pub(super) drawn: Drawn,
    previous_root: Last,
    start: u64,
    last: u64,
    root: Last,
}

impl Session {
    /// The session at `at_ms`, found or begun. `first`: what was drawn for the session that the page began in.
    pub(super) fn at<'a>(
        stored: &'a mut Option<Self>,
        at_ms: u64,
        first: Option<Drawn>,
        percent: u64,
        random: &mut Random,
    ) -> &'a mut Self {
        let known = stored.take();
        let goes_on = |known: &Self| at_ms - known.last <= 30 * MINUTE && at_ms - known.start <= 4 * HOUR;
        let session = match known {
            Some(known) if goes_on(&known) => known,
            before => Self {
                id: random.bytes(),
                previous: before.as_ref().map(|before| before.id),
                drawn: first.unwrap_or_else(|| Drawn { rv: random.next() >> 8, percent }),
                previous_root: before.map_or(Last::None, |before| before.root),
                start: at_ms,
                last: at_ms,
                root: Last::None,
            },
        };
        stored.insert(session)
    }

    /// What its first root that is kept links to.
    pub(super) fn before(&self) -> Last {
        if self.root.root().is_some() { Last::None } else { self.previous_root }
    }

    /// Whether a page was kept, here or in the session before: it may have left something in the journal.
    pub(super) fn follows_what_was_kept(&self) -> bool {
        self.root.root().or(self.previous_root.root()).is_some()
    }

    /// It was used; `root`: by one that is kept.
    pub(super) fn used(&mut self, at_ms: u64, root: Option<Id>) {
        self.last = self.last.max(at_ms);
        match (root, self.root) {
            (Some(root), _) => self.root = Last::Root(root),
            (None, Last::None) => self.root = Last::NotKept,
            (None, _) => {}
        }
    }
}
