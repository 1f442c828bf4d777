//! Noisy events, merged: of each name and template the first of a view is kept, and those that follow are counted, with
//! what they weighed and how long they took.

use alloc::{collections::VecDeque, vec::Vec};

use super::{Verdict, document::Verb, glob, seen::Seen, summary::Summary};
use crate::policy::scrub;

/// Groups of a view. What belongs to none of these is kept as it is.
const MAX_GROUPS: usize = 64;

#[derive(Debug)]
struct Group {
    verb: usize,
    until_ms: f64,
    summary: Summary,
}

/// The groups of a view, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    /// Adds an event; `at`: which verb says so. Errors are kept: they are what is looked for.
    pub(super) fn add(
        &mut self,
        verb: &Verb,
        at: usize,
        seen: &Seen<'_>,
        wall_ms: f64,
        due: &mut VecDeque<Summary>,
    ) -> Verdict {
        if seen.failed() {
            return Verdict::Keep;
        }
        let template = template(verb, seen);
        let mut is_same = |group: &&mut Group| {
            group.verb == at && group.summary.name == seen.name && group.summary.template == template
        };
        if let Some(group) = self.0.iter_mut().find(&mut is_same) {
            group.summary.add(seen);
            if wall_ms >= group.until_ms {
                due.push_back(group.summary.take());
                group.until_ms = wall_ms + verb.number as f64;
            }
            return Verdict::Aggregate;
        }
        if self.0.len() < MAX_GROUPS {
            let summary = Summary::of(Verdict::Aggregate, seen, &template);
            self.0.push(Group { verb: at, until_ms: wall_ms + verb.number as f64, summary });
        }
        Verdict::Keep
    }

    /// The view is over: all that was counted in it is told.
    pub(super) fn settle(&mut self, due: &mut VecDeque<Summary>) {
        for group in self.0.drain(..) {
            if group.summary.count > 0 {
                due.push_back(group.summary);
            }
        }
    }

    /// What has been counted for as long as its verb says is told.
    pub(super) fn settle_old(&mut self, wall_ms: f64, due: &mut VecDeque<Summary>) {
        for group in &mut self.0 {
            if wall_ms >= group.until_ms && group.summary.count > 0 {
                due.push_back(group.summary.take());
            }
        }
    }
}

/// The address without what differs from one to the next: the first pattern of the verb that it fits, or what is always
/// kept of it.
fn template(verb: &Verb, seen: &Seen<'_>) -> Vec<u8> {
    for key in [&b"url.full"[..], b"url.path", b"url.template"] {
        if let Some(text) = seen.text(key) {
            let fits = |pattern: &&Vec<u8>| glob::matches(pattern, text);
            return verb.patterns.iter().find(fits).cloned().unwrap_or_else(|| scrub(key, text));
        }
    }
    Vec::new()
}
