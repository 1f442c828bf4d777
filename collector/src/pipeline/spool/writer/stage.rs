//! What of a group is new, and what of that waits: claims are made in the order of appending.

use std::ops::Range;

use super::{
    super::{
        Claim, Entry, Job, Said,
        claims::{Given, Wanted},
    },
    Writer,
};
use crate::pipeline::{
    link::{self, WaitingRoom},
    spool::Intervals,
};

/// A job whose claim is made and whose bytes are in the group's buffer.
pub(super) struct Staged {
    pub(super) job: Job,
    pub(super) taken: Taken,
    pub(super) events: u64,
    /// Where its record begins and ends.
    pub(super) place: Range<u64>,
    /// Bytes taken in the waiting room.
    pub(super) reserved: u64,
}

/// What a job was given of what it wants.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) page: Given,
    pub(super) body: bool,
    pub(super) closure: bool,
    /// Of what is open, what is forwarded as having begun.
    pub(super) announced: Intervals,
}

impl Writer {
    /// Claims what `job` contributes and puts its record into `buffer`. `None`: it was answered here.
    pub(super) fn stage(&mut self, mut job: Job, buffer: &mut Vec<u8>) -> Option<Staged> {
        let (taken, events) = self.claim(&job);
        let erases = self.erases(&job.entry.claim, job.entry.carried.owner());
        let is_news = events > 0 || !taken.page.open.open.is_empty() || erases;
        let Some(open) = self.open.as_mut().filter(|_| is_news) else {
            job.entry.candidates.clear();
            return Some(Staged { job, taken, events, place: 0..0, reserved: 0 });
        };
        let reserved = wait(&self.waiting_room, &mut job.entry, &taken);
        let entry = &mut job.entry;
        entry.record.taken = taken.page.numbers.to_wire();
        entry.record.open = taken.page.open.open.to_wire();
        entry.record.announced = taken.announced.to_wire();
        entry.record.resumed = taken.page.open.resumed.to_wire();
        entry.record.has_open = taken.page.open.any;
        entry.record.events = events - entry.candidates.len() as u64 + taken.announced.count();
        entry.record.before = open.tally.of(entry.carried.owner());
        entry.record.waited_before = open.waited.of(entry.carried.owner());
        let before = buffer.len();
        open.salt.write(&entry.record, buffer);
        if self.segments.bytes() + buffer.len() as u64 > self.settings.max_bytes && !job.is_released() {
            let bytes = (buffer.len() - before) as u64;
            buffer.truncate(before);
            self.refuse_full(bytes, [Staged { job, taken, events, place: 0..0, reserved }].into_iter());
            return None;
        }
        let owner = job.entry.carried.owner();
        open.tally.add(owner, job.entry.record.events);
        open.waited.add(owner, job.entry.candidates.len() as u64);
        let place = open.end + before as u64..open.end + buffer.len() as u64;
        Some(Staged { job, taken, events, place, reserved })
    }

    /// What of it is new, and how many events that are.
    fn claim(&mut self, job: &Job) -> (Taken, u64) {
        let Job { entry, .. } = job;
        let at_ms = entry.record.receive_time_ms;
        match &entry.claim {
            Claim::Numbers { page, numbers, open, .. } => {
                let said = Intervals::from_ascending(open.words.iter().map(|word| word.number));
                let wanted = Wanted { numbers, open: &said, withheld: entry.record.withheld };
                let page = self.claims.take(entry.carried.owner(), *page, wanted, at_ms);
                let announced = announced(open, &page);
                let events = page.numbers.count();
                (Taken { page, announced, ..Taken::default() }, events)
            }
            Claim::Closure { page, number, .. } => {
                let closure = self.claims.close(entry.carried.owner(), *page, *number, at_ms);
                (Taken { closure, ..Taken::default() }, u64::from(closure))
            }
            Claim::Body(hash, _) => {
                let body = self.bodies.take(*hash, at_ms);
                let events = if body { entry.carried.events() } else { 0 };
                (Taken { body, ..Taken::default() }, events)
            }
            Claim::Released => (Taken::default(), entry.carried.events()),
            Claim::Erase(_) => (Taken::default(), 0),
        }
    }
}

impl Staged {
    pub(super) fn unclaimed(job: Job) -> Self {
        Self { job, taken: Taken::default(), events: 0, place: 0..0, reserved: 0 }
    }
}

/// What is forwarded as having begun: what is heard of for the first time, if that says what it is.
fn announced(said: &Said, given: &Given) -> Intervals {
    let words = said.words.iter().filter(|word| said.announces && word.is_told);
    Intervals::from_ascending(words.map(|word| word.number)).and(&given.open.first)
}

/// Lets those of an entry's events that rules look at wait, if there is room. Bytes taken for it in the waiting room.
fn wait(room: &WaitingRoom, entry: &mut Entry, taken: &Taken) -> u64 {
    let Entry { record, claim, candidates, .. } = entry;
    let decoded = match claim {
        Claim::Numbers { decoded, .. } => {
            candidates.retain(|candidate| taken.page.numbers.contains(candidate.at));
            decoded.as_deref()
        }
        Claim::Body(..) | Claim::Released | Claim::Closure { .. } | Claim::Erase(_) => None,
    };
    let bytes = link::weight(record, decoded, candidates);
    if candidates.is_empty() || !room.reserve(bytes, candidates.len() as u64) {
        candidates.clear();
        return 0;
    }
    record.waiting = Intervals::from_ascending(candidates.iter().map(|candidate| candidate.at)).to_wire();
    bytes
}
