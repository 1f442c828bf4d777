//! The same again: the first is kept, those that follow within a while are counted.

use alloc::{collections::VecDeque, vec::Vec};

use super::{Verdict, document::Verb, seen::Seen, summary::Summary};

/// Events that are remembered. Beyond that the one that began longest ago is forgotten, and told if it came again.
const MAX_KNOWN: usize = 128;

#[derive(Debug)]
struct Known {
    hash: u64,
    until_ms: f64,
    summary: Summary,
}

/// What came lately, in the order in which it came first.
#[derive(Debug, Default)]
pub(super) struct Again(Vec<Known>);

impl Again {
    /// Whether this one came before.
    pub(super) fn look(
        &mut self,
        verb: &Verb,
        seen: &Seen<'_>,
        wall_ms: f64,
        due: &mut VecDeque<Summary>,
    ) -> Verdict {
        let hash = hash(seen);
        if let Some(at) = self.0.iter().position(|known| known.hash == hash) {
            if let Some(known) = self.0.get_mut(at).filter(|known| wall_ms < known.until_ms) {
                known.summary.add(seen);
                return Verdict::Dedupe;
            }
            self.forget(at, due);
        }
        if self.0.len() == MAX_KNOWN {
            self.forget(0, due);
        }
        let summary = Summary::of(Verdict::Dedupe, seen, &[]);
        self.0.push(Known { hash, until_ms: wall_ms + verb.number as f64, summary });
        Verdict::Keep
    }

    /// What came again is told: all of it, or of those that are not remembered any longer.
    pub(super) fn settle(&mut self, wall_ms: f64, all: bool, due: &mut VecDeque<Summary>) {
        let mut at = 0;
        while let Some(known) = self.0.get_mut(at) {
            if wall_ms >= known.until_ms {
                self.forget(at, due);
                continue;
            }
            if all && known.summary.count > 0 {
                due.push_back(known.summary.take());
            }
            at += 1;
        }
    }

    fn forget(&mut self, at: usize, due: &mut VecDeque<Summary>) {
        let known = self.0.remove(at);
        if known.summary.count > 0 {
            due.push_back(known.summary);
        }
    }
}

/// FNV-1a over name, status and attributes as they lie there: what differs in anything is another event.
fn hash(seen: &Seen<'_>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ u64::from(seen.ended.failed);
    for part in [seen.name, seen.attributes.0] {
        for byte in part {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ 0xff).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
