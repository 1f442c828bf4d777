//! Links between sessions: from the first root of one to the last of the one before.

use std::sync::Arc;

use super::{
    super::{
        look::{Candidate, Look},
        seen::{Follower, Found, How, Seen, SeenEvent, order_of},
    },
    Index, recall,
};

/// What an event of a session may have to do with other sessions.
pub(super) struct Across {
    is_first: bool,
    next: Vec<Follower>,
}

impl Across {
    pub(super) fn of(seen: &Seen, candidate: &Candidate, came: u64) -> Self {
        let is_first = seen.begins_with(order_of(candidate));
        Self { is_first, next: seen.missed_by_next(candidate, came) }
    }
}

impl Index {
    /// Across sessions: from the first of one to the last of the one before, and late the other way round.
    pub(super) fn find_across(
        &mut self,
        candidate: &Candidate,
        look: &Look,
        across: Across,
        found: &mut Vec<Found>,
    ) {
        let kind = &self.session;
        let link = |event: &SeenEvent, is| {
            let (trace_id, span_id) = (event.trace_id, event.span_id);
            Found { trace_id, span_id, kind: Arc::clone(kind), is }
        };
        let recall = |key| recall(&self.values, self.place, key);
        if let Some(before) = look.session_before().filter(|_| across.is_first) {
            let row = self.rows.row(before, || recall(before));
            found.extend(row.seen.last_before(order_of(candidate)).map(|last| link(last, How::InOrder)));
        }
        for Follower { event, of } in across.next {
            if self.rows.row(of, || recall(of)).seen.begins_with(event.order()) {
                found.push(link(&event, How::Late));
            }
        }
    }
}
