//! What an event is expected to say, given those before it in the batch: what it does say of that costs nothing.

use alloc::vec::Vec;

use crate::event::Event;

/// What is known after some events of a batch.
#[derive(Default)]
pub(super) struct Expected {
    next: u64,
    session: Option<u32>,
    epoch: u32,
    view: Option<u64>,
    interaction: Option<u64>,
    last_root: Option<u64>,
    /// Number of an event that is in the trace of another, and of the root of that. In the order of their numbers.
    roots: Vec<(u64, u64)>,
}

impl Expected {
    /// What is known before the first event.
    pub(super) fn of(has_sessions: bool) -> Self {
        Self { session: has_sessions.then_some(0), ..Self::default() }
    }

    pub(super) fn number(&self) -> u64 {
        self.next
    }

    pub(super) fn session(&self) -> Option<u32> {
        self.session
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn view(&self) -> Option<u64> {
        self.view
    }

    pub(super) fn interaction(&self) -> Option<u64> {
        self.interaction
    }

    /// The root of a trace that an event with this parent is in. `None`: it is in its own.
    pub(super) fn root(&self, parent: Option<u64>) -> Option<u64> {
        let parent = parent?;
        let known = self.roots.binary_search_by_key(&parent, |(number, _)| *number);
        Some(known.ok().and_then(|at| self.roots.get(at)).map_or(parent, |(_, root)| *root))
    }

    pub(super) fn previous(&self, is_root: bool) -> Option<u64> {
        self.last_root.filter(|_| is_root)
    }

    /// Goes on behind `event`.
    pub(super) fn after(&mut self, event: &Event) {
        self.next = event.number.wrapping_add(1);
        self.session = event.session;
        self.epoch = event.epoch;
        self.view = event.view;
        self.interaction = event.interaction;
        match event.trace {
            Some(trace) => self.roots.push((event.number, trace.root)),
            None => self.last_root = Some(event.number),
        }
    }
}
