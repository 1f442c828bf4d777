//! The thread that writes: gathers what waits, claims, appends, syncs once, answers all.

use std::{
    fs::File,
    io,
    sync::{Arc, atomic::Ordering},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Job,
    claims::Claims,
    files::{Disk, SegmentFile},
    intervals::Intervals,
    owner,
    record::{Kind, Record},
    segment,
    segments::{Segment, Segments},
};
use crate::{
    clock::Clock, config, ledger::Remarks, metrics::Meters, outcome::Outcome, reject::Reject,
    sessions::Sessions,
};

/// Everything the thread owns.
pub(super) struct Writer {
    pub(super) disk: Box<dyn Disk>,
    pub(super) segments: Arc<Segments>,
    pub(super) claims: Claims,
    /// The segment being written. `None`: the next group begins one.
    pub(super) open: Option<Open>,
    pub(super) settings: config::Spool,
    pub(super) clock: Clock,
    pub(super) meters: Arc<Meters>,
    pub(super) sessions: Sessions,
    pub(super) runtime: tokio::runtime::Handle,
    /// Until the last byte is written nobody else opens the spool.
    pub(super) _lock: Arc<File>,
}

pub(super) struct Open {
    file: Box<dyn SegmentFile>,
    at: Segment,
    /// Where its records begin, after the claims. They alone make it full: a head must not call for the next one.
    records: u64,
}

/// Whether there is a segment to write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Ready,
    Full,
}

/// A job whose claim is made and whose bytes are in the group's buffer.
struct Staged {
    job: Job,
    taken: Intervals,
    events: u64,
}

/// Bytes of a group before it is written: more would delay the first who waits.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// How often a failing disk is tried.
const PROBE: std::time::Duration = std::time::Duration::from_secs(2);

/// Pieces of claims in one record at the head of a segment.
const CLAIM_PIECES: usize = 100_000;

/// As much as a page's id and owner take there.
const PIECES_OF_A_PAGE: usize = 10;

impl Writer {
    /// Until nobody can send jobs any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = self.next(&mut jobs) {
            let mut bytes = first.entry.record.body.len();
            let mut group = vec![first];
            while bytes < GROUP_BYTES
                && let Ok(next) = jobs.try_recv()
            {
                bytes += next.entry.record.body.len();
                group.push(next);
            }
            self.commit(group);
        }
    }

    /// While the disk fails it is tried again from time to time: readiness must not wait for traffic, which waits
    /// for readiness.
    fn next(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        while self.segments.health.failing.load(Ordering::Relaxed) {
            if let Some(next) = self.runtime.block_on(self.clock.within(PROBE, jobs.recv())) {
                return next;
            }
            if self.make_ready(0).is_ok() {
                self.segments.health.failing.store(false, Ordering::Relaxed);
            }
        }
        jobs.blocking_recv()
    }

    /// Makes a group durable with one sync, and answers everybody in it.
    fn commit(&mut self, group: Vec<Job>) {
        let incoming: u64 = group.iter().map(|job| job.entry.record.body.len() as u64 + 1024).sum();
        match self.make_ready(incoming) {
            Ok(Room::Ready) => {}
            Ok(Room::Full) => return self.refuse_full(group.into_iter().map(Staged::unclaimed)),
            Err(error) => return self.fail(group.into_iter().map(Staged::unclaimed).collect(), &error),
        }
        let mut buffer = Vec::new();
        let staged: Vec<_> = group.into_iter().filter_map(|job| self.stage(job, &mut buffer)).collect();
        match self.write(&buffer) {
            Ok(()) => self.accept(staged),
            Err(error) => self.fail(staged, &error),
        }
    }

    /// Before anything is claimed there is a segment with room, whose head remembers all claims so far.
    fn make_ready(&mut self, incoming: u64) -> io::Result<Room> {
        let most = self.settings.max_bytes;
        let full = |open: &Open| open.at.end - open.records >= self.settings.segment_bytes;
        if !self.open.as_ref().is_none_or(full) {
            self.segments.make_room(incoming, most)?;
            return Ok(Room::Ready);
        }
        let head = self.head();
        self.segments.make_room(incoming + head.len() as u64, most)?;
        if !self.segments.may_begin(head.len() as u64, most) {
            return Ok(Room::Full);
        }
        self.open = None;
        self.open = Some(self.begin_segment(&head)?);
        Ok(Room::Ready)
    }

    /// What the next segment begins with.
    fn head(&self) -> Vec<u8> {
        let mut bytes = segment::MAGIC.to_vec();
        let mut record = Record { kind: Kind::Claims.into(), ..Record::default() };
        let mut pieces = 0;
        for claim in self.claims.all() {
            pieces += claim.taken.len() + PIECES_OF_A_PAGE;
            record.claims.push(claim);
            if pieces >= CLAIM_PIECES {
                segment::write(&record, &mut bytes);
                record.claims.clear();
                pieces = 0;
            }
        }
        segment::write(&record, &mut bytes);
        bytes
    }

    fn begin_segment(&mut self, bytes: &[u8]) -> io::Result<Open> {
        let start = self.segments.next_start();
        let mut file = self.disk.create(&self.segments.path(start))?;
        file.append(bytes)?;
        file.sync()?;
        self.disk.sync_directory(self.segments.directory())?;
        let at = Segment { start, end: start + bytes.len() as u64 };
        self.segments.add(at);
        Ok(Open { file, at, records: at.end })
    }

    /// Claims what `job` contributes and puts its record into `buffer`. `None`: it was answered here.
    fn stage(&mut self, mut job: Job, buffer: &mut Vec<u8>) -> Option<Staged> {
        let entry = &mut job.entry;
        let mut taken = Intervals::default();
        let mut events = entry.carried.events();
        if let Some(claim) = &entry.claim {
            taken = self.claims.take(&owner(&entry.record), claim.page, &claim.numbers);
            events = taken.count();
        }
        entry.record.taken = taken.to_wire();
        entry.record.events = events;
        if events > 0 {
            let length = segment::write(&entry.record, buffer);
            if self.segments.bytes() + buffer.len() as u64 > self.settings.max_bytes {
                buffer.truncate(buffer.len() - length);
                self.refuse_full([Staged { job, taken, events }].into_iter());
                return None;
            }
        }
        Some(Staged { job, taken, events })
    }

    fn write(&mut self, buffer: &[u8]) -> io::Result<()> {
        let Some(open) = self.open.as_mut().filter(|_| !buffer.is_empty()) else { return Ok(()) };
        open.file.append(buffer)?;
        let before = self.clock.monotonic();
        open.file.sync()?;
        self.meters.fsync.observe((self.clock.monotonic() - before).as_secs_f64());
        open.at.end += buffer.len() as u64;
        self.segments.health.failing.store(false, Ordering::Relaxed);
        self.segments.health.full.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Counts first, shows the records to readers second, answers last: whoever sees an event finds it counted.
    fn accept(&self, group: Vec<Staged>) {
        self.segments.health.forgotten_claims.store(self.claims.forgotten(), Ordering::Relaxed);
        let answers: Vec<_> = group.into_iter().map(|staged| self.count(staged)).collect();
        if let Some(open) = &self.open {
            self.segments.grow(open.at.end);
        }
        for answer in answers {
            // Whoever stopped waiting will send again, and be told that it is a duplicate.
            let _ = answer.send(Ok(()));
        }
    }

    fn count(&self, Staged { job, taken, events }: Staged) -> oneshot::Sender<Result<(), Reject>> {
        let mut carried = job.entry.carried;
        let mut remarks = Remarks::default();
        if let Some(claim) = &job.entry.claim
            && (events > 0 || claim.numbers.is_empty())
        {
            remarks = claim.told.remarks(&taken);
            self.sessions.note(&job.entry.record, &claim.told, &taken);
        }
        carried.accept(events, &remarks);
        carried.refuse_rest(Outcome::Duplicate);
        job.answer
    }

    /// Nothing of the group is durable: claims are given back, and what follows goes to a new segment.
    fn fail(&mut self, group: Vec<Staged>, error: &io::Error) {
        tracing::error!(%error, batches = group.len(), "spool cannot write");
        self.segments.health.failing.store(true, Ordering::Relaxed);
        if let Some(mut open) = self.open.take()
            && let Err(error) = open.file.cut(open.at.end - open.at.start)
        {
            // Readers stop at the start of the next segment anyway.
            tracing::warn!(%error, "what was not acknowledged stays in its file");
        }
        for staged in group.into_iter().rev() {
            self.refuse(staged, Outcome::SpoolFailing, Reject::SpoolFailing);
        }
    }

    fn refuse_full(&mut self, group: impl Iterator<Item = Staged>) {
        self.segments.health.full.store(true, Ordering::Relaxed);
        group.for_each(|staged| self.refuse(staged, Outcome::SpoolFull, Reject::SpoolFull));
    }

    fn refuse(&mut self, staged: Staged, outcome: Outcome, reject: Reject) {
        let Staged { job, taken, .. } = staged;
        if let Some(claim) = &job.entry.claim {
            self.claims.give_back(&owner(&job.entry.record), claim.page, &taken);
        }
        job.entry.carried.refuse_rest(outcome);
        let _ = job.answer.send(Err(reject));
    }
}

impl Drop for Writer {
    /// Nobody writes any more. That is as it should be when the collector stops, and a failure otherwise.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.segments.health.failing.store(true, Ordering::Relaxed);
        }
    }
}

impl Staged {
    fn unclaimed(job: Job) -> Self {
        Self { job, taken: Intervals::default(), events: 0 }
    }
}
