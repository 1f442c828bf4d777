//! Erasures, once they are durable: from then on nothing of the session leaves.

use super::{
    super::{Claim, erased::Erasure},
    Writer,
    stage::Staged,
};
use crate::pipeline::link::hex;

impl Writer {
    /// Whether `claim` erases what is not erased yet.
    pub(super) fn erases(&self, claim: &Claim, owner: &crate::ledger::Owner) -> bool {
        matches!(claim, Claim::Erase(session) if !self.segments.erased.contains(owner, session))
    }

    /// Remembers what `staged` has erased, if it has.
    pub(super) fn erase(&mut self, Staged { job, place, .. }: &Staged) {
        let Claim::Erase(session) = job.entry.claim else { return };
        if place.is_empty() {
            return;
        }
        let (owner, at_ms) = (job.entry.carried.owner().clone(), job.entry.record.receive_time_ms);
        // What was delivered is beyond reach from here: whoever runs the destinations needs to know which session it is.
        tracing::info!(
            key = %owner.key,
            application = %owner.application,
            session = hex(&session),
            "a session was erased: what destinations have of it is theirs to erase"
        );
        self.sessions.forget(&owner.application, &session);
        self.meters.erased.inc();
        let erasure = Erasure { at_ms, place: place.end, owner, session };
        self.segments.erased.add(&erasure);
        self.claims.erase(erasure);
    }
}
