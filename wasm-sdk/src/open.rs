//! Events that have started and not ended, and among them those that stay open for long.

use alloc::vec::Vec;

use weft_proto::{
    Kind, LinkKinds, Session, Target, limits,
    rows::{Field, Row, set},
};

use crate::frame::cut;

/// Events open at once, and how many of them may be open for long. Beyond that the one open longest is forgotten;
/// when it ends it is refused and counted.
const MAX_OPEN: usize = 256;
const MAX_LONG: usize = 64;

/// Bytes of the attributes of a long span that are told while it is open.
const MAX_TOLD: usize = 2 * 1024;

/// When an event of this page began.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) number: u64,
    pub(crate) start_ns: u64,
}

/// A link of an event that is not encoded yet.
pub(crate) struct OwnLink {
    pub(crate) target: Target,
    pub(crate) kinds: LinkKinds,
    /// The rule that inferred it, or, with `LinkKinds::NAMED`, the app's name for it.
    pub(crate) name: Vec<u8>,
}

impl OwnLink {
    /// Whether its name is told.
    pub(crate) fn is_named(&self) -> bool {
        self.kinds.contains(LinkKinds::NAMED) || !self.name.is_empty()
    }
}

/// What is told of a long span while it is open.
pub(crate) struct Long {
    pub(crate) kind: Kind,
    pub(crate) name: Vec<u8>,
    /// Attributes as JavaScript gave them; empty: there are none, or too many.
    pub(crate) attributes: Vec<u8>,
    told: bool,
}

impl Long {
    pub(crate) fn new(kind: Kind, name: &[u8], attributes: &[u8]) -> Self {
        let attributes = if attributes.len() <= MAX_TOLD { attributes.into() } else { Vec::new() };
        Self { kind, name: cut(name, limits::MAX_NAME_BYTES).to_vec(), attributes, told: false }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name && self.attributes == other.attributes
    }
}

/// What is known of an event when it starts.
pub(crate) struct Open {
    /// Its number and start, its place in the page.
    pub(crate) row: Row,
    pub(crate) session: Option<Session>,
    pub(crate) previous: Option<Begun>,
    pub(crate) links: Vec<OwnLink>,
    pub(crate) long: Option<Long>,
}

impl Open {
    pub(crate) fn new(session: Option<Session>) -> Self {
        Self { row: Row::default(), session, previous: None, links: Vec::new(), long: None }
    }

    fn get(&self, field: Field) -> u64 {
        self.row.get(field as usize).copied().unwrap_or(0)
    }

    pub(crate) fn begun(&self) -> Begun {
        Begun { number: self.get(Field::Number), start_ns: self.get(Field::Start) }
    }

    /// Its parent ended before it: it stays in the trace that its headers named, and points to what began it.
    pub(crate) fn demote(&mut self) {
        if let Some(parent) = self.get(Field::Parent).checked_sub(1) {
            set(&mut self.row, Field::Parent, 0);
            self.link(Target::Own(parent), LinkKinds::CAUSE, b"");
        }
    }

    /// It points to another.
    #[inline(never)]
    pub(crate) fn link(&mut self, target: Target, kinds: LinkKinds, name: &[u8]) {
        self.links.push(OwnLink { target, kinds, name: name.to_vec() });
    }

    pub(crate) fn is_told(&self) -> bool {
        self.long.as_ref().is_none_or(|long| long.told)
    }

    pub(crate) fn set_told(&mut self) {
        if let Some(long) = &mut self.long {
            long.told = true;
        }
    }
}

/// The open events of a page, in the order in which they began.
pub(crate) struct OpenEvents(Vec<Open>);

impl OpenEvents {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, open: Open) {
        if self.0.len() == MAX_OPEN {
            // What is open for long is meant to be.
            let at = self.0.iter().position(|open| open.long.is_none()).unwrap_or(0);
            self.0.remove(at);
        }
        self.0.push(open);
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Open> {
        self.0.iter_mut().find(|open| open.begun().number == number)
    }

    /// The event ends.
    pub(crate) fn take(&mut self, number: u64) -> Option<Open> {
        let at = self.0.iter().position(|open| open.begun().number == number)?;
        Some(self.0.remove(at))
    }

    /// The event stays open for long. With too many of them it is told at its end only.
    pub(crate) fn keep_open(&mut self, number: u64, long: Long) {
        let room = self.long_ones().count() < MAX_LONG;
        if let Some(open) = self.get_mut(number)
            && (room || open.long.is_some())
        {
            // Told already, and nothing new is said.
            let told = open.long.as_ref().is_some_and(|known| known.told && known.says_the_same(&long));
            open.long = Some(Long { told, ..long });
        }
    }

    pub(crate) fn long_ones(&self) -> impl Iterator<Item = &Open> {
        self.0.iter().filter(|open| open.long.is_some())
    }

    pub(crate) fn long_ones_mut(&mut self) -> impl Iterator<Item = &mut Open> {
        self.0.iter_mut().filter(|open| open.long.is_some())
    }
}
