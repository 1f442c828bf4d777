//! What a batch tells beside its events: little enough to be kept while it waits to be written, when the batch is not.

use weft_proto::{Batch, Session};

use super::reserved;
use crate::{ledger::Remarks, pipeline::spool::Intervals};

/// What is to be counted and shown when events of a batch are accepted.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) events: Vec<ToldEvent>,
    pub(crate) sessions: Vec<Session>,
    sdk_dropped: Vec<(String, u64)>,
    reserved_of_resource: usize,
}

/// An event without its content.
#[derive(Debug)]
pub(crate) struct ToldEvent {
    pub(crate) number: u64,
    pub(crate) start_ns: u64,
    pub(crate) session: Option<u32>,
    reserved: usize,
}

impl Told {
    pub(crate) fn by(batch: &Batch) -> Self {
        let finished = batch.events.iter().filter(|event| event.open.is_none());
        let events = finished.map(|event| ToldEvent {
            number: event.number,
            start_ns: event.start_ns,
            session: event.session,
            reserved: reserved::in_event(batch, event),
        });
        let dropped = batch.dropped.iter();
        Self {
            events: events.collect(),
            sessions: batch.sessions.clone(),
            sdk_dropped: dropped
                .map(|lost| (batch.strings.get(lost.reason).to_owned(), lost.count))
                .collect(),
            reserved_of_resource: reserved::in_resource(batch),
        }
    }

    /// Events that have numbers and will never come, because the app or a policy has taken them away: they are not lost.
    pub(crate) fn withheld(&self) -> u64 {
        let is_withheld = |reason: &str| reason == "before_record" || reason.starts_with("policy_");
        let told = self.sdk_dropped.iter().filter(|(reason, _)| is_withheld(reason));
        told.fold(0, |all, (_, count)| all.saturating_add(*count))
    }

    /// What is to be counted when the events in `taken` are accepted.
    pub(crate) fn remarks(&self, taken: &Intervals) -> Remarks {
        let events = self.events.iter().filter(|event| taken.contains(event.number));
        let of_events: usize = events.map(|event| event.reserved).sum();
        Remarks {
            reserved_attributes: (of_events + self.reserved_of_resource) as u64,
            sdk_dropped: self.sdk_dropped.clone(),
        }
    }

    /// Bytes it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let reasons: usize = self.sdk_dropped.iter().map(|(reason, _)| reason.len() + 32).sum();
        size_of_val(self.events.as_slice()) + size_of_val(self.sessions.as_slice()) + reasons
    }
}
