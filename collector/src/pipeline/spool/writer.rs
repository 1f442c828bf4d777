//! The thread that writes: gathers what waits, claims, appends, syncs once, answers all.

mod erase;
mod room;
mod stage;

use std::{
    fs::File,
    io,
    ops::Range,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;

use self::{
    room::Room,
    stage::{Staged, Taken},
};
use super::{
    Claim, Entry, Job, Order, Said,
    claims::{Bodies, Claims},
    files::{Disk, SegmentFile},
    record::{Held, Record},
    segment::Salt,
    segments::{Added, Segments},
};
use crate::{
    clock::Clock,
    config::{self, Durability},
    ledger::{Ledger, Made, Owner, Remarks, Tally},
    metrics::{Meters, NotKept},
    outcome::Outcome,
    pipeline::link::{Heard, Waiting, WaitingRoom},
    reject::Reject,
    sessions::Sessions,
};

/// Everything the thread owns.
pub(super) struct Writer {
    pub(super) disk: Box<dyn Disk>,
    pub(super) segments: Arc<Segments>,
    pub(super) claims: Claims,
    pub(super) bodies: Bodies,
    /// Ends the keeper of claims after the last of them.
    pub(super) _ended: DropGuard,
    pub(super) ledger: Ledger,
    /// The segment being written. `None`: the next group begins one.
    pub(super) open: Option<Open>,
    /// Groups whose claims are not in the store yet.
    pub(super) unstored: u32,
    pub(super) settings: config::Spool,
    pub(super) clock: Clock,
    pub(super) meters: Arc<Meters>,
    pub(super) sessions: Sessions,
    pub(super) waiting_room: Arc<WaitingRoom>,
    pub(super) runtime: tokio::runtime::Handle,
    /// Until the last byte is written nobody else opens the spool.
    pub(super) _lock: Arc<File>,
}

pub(super) struct Open {
    file: Box<dyn SegmentFile>,
    salt: Salt,
    start: u64,
    end: u64,
    /// When it began, by the collector's clock.
    began: Duration,
    /// Events in it, without those that wait, and these.
    tally: Tally,
    waited: Tally,
}

/// Bytes of a group before it is written: more would delay the first who waits.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// Groups whose claims may wait for a moment without traffic: to read so many again at a start takes no time.
const MOST_UNSTORED: u32 = 16;

/// How often a failing disk is tried.
const PROBE: Duration = Duration::from_secs(2);

impl Writer {
    /// Until nobody can send jobs any more.
    pub(super) fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = self.next(&mut orders) {
            let (mut group, mut bytes, mut next) = (Vec::new(), 0, Some(first));
            let mut between = None;
            while let Some(order) = next.take() {
                match order {
                    Order::Store(job) => {
                        bytes += job.entry.record.body.len();
                        group.push(*job);
                        next = if bytes < GROUP_BYTES { orders.try_recv().ok() } else { None };
                    }
                    Order::Between(work) => between = Some(work),
                }
            }
            if !group.is_empty() {
                self.commit(group);
            }
            // Off the path of every answer, and of the next group where one waits already.
            if self.unstored > 0 && (orders.is_empty() || self.unstored >= MOST_UNSTORED) {
                self.store_claims();
            }
            between.into_iter().for_each(|work| work());
        }
    }

    /// While the disk fails it is tried again from time to time: readiness must not wait for traffic, which waits
    /// for readiness.
    fn next(&mut self, jobs: &mut mpsc::Receiver<Order>) -> Option<Order> {
        while self.segments.health.failing.load(Ordering::Relaxed) {
            if let Some(next) = self.runtime.block_on(self.clock.within(PROBE, jobs.recv())) {
                return next;
            }
            if self.make_ready(0, false).is_ok() {
                self.segments.health.failing.store(false, Ordering::Relaxed);
            }
        }
        jobs.blocking_recv()
    }

    /// Makes a group durable with one sync, and answers everybody in it.
    fn commit(&mut self, group: Vec<Job>) {
        let incoming: u64 = group.iter().map(|job| job.entry.record.body.len() as u64 + 1024).sum();
        // What is released may use what is kept free: until it has left, nothing behind it can be deleted.
        let may_use_reserve = group.iter().all(Job::is_released);
        match self.make_ready(incoming, may_use_reserve) {
            Ok(Room::Ready) => {}
            Ok(Room::Full) => {
                let (released, others): (Vec<_>, _) = group.into_iter().partition(Job::is_released);
                self.refuse_full(incoming, others.into_iter().map(Staged::unclaimed));
                if !released.is_empty() {
                    self.commit(released);
                }
                return;
            }
            Err(error) => return self.fail(group.into_iter().map(Staged::unclaimed).collect(), &error),
        }
        let mut buffer = Vec::new();
        let staged: Vec<_> = group.into_iter().filter_map(|job| self.stage(job, &mut buffer)).collect();
        match self.write(&buffer) {
            Ok(()) => self.accept(staged),
            Err(error) => self.fail(staged, &error),
        }
    }

    fn write(&mut self, buffer: &[u8]) -> io::Result<()> {
        let Some(open) = self.open.as_mut().filter(|_| !buffer.is_empty()) else { return Ok(()) };
        open.file.append(buffer)?;
        if self.settings.durability == Durability::Fsync {
            let before = self.clock.monotonic();
            open.file.sync()?;
            self.meters.fsync.observe((self.clock.monotonic() - before).as_secs_f64());
        }
        open.end += buffer.len() as u64;
        self.segments.health.failing.store(false, Ordering::Relaxed);
        self.note_room();
        Ok(())
    }

    /// Counts first, shows the records to readers second, answers last: whoever sees an event finds it counted.
    fn accept(&mut self, group: Vec<Staged>) {
        let forgotten = self.claims.forgotten() + self.bodies.forgotten();
        self.segments.health.forgotten_claims.store(forgotten, Ordering::Relaxed);
        let mut added = Added::default();
        for Staged { job: Job { entry, .. }, events, .. } in &group {
            let owner = entry.carried.owner();
            added.tally.add(owner, entry.record.events);
            match entry.claim {
                Claim::Released => added.released.add(owner, *events),
                _ => added.waiting.add(owner, entry.candidates.len() as u64),
            }
            added.newest_ms = added.newest_ms.max(entry.record.receive_time_ms);
            if let Claim::Body(..) = entry.claim {
                added.bodies_ms = added.bodies_ms.max(entry.record.receive_time_ms);
            }
        }
        group.iter().for_each(|staged| self.erase(staged));
        let answers: Vec<_> = group.into_iter().map(|staged| self.count(staged)).collect();
        if let Some(open) = &self.open {
            self.segments.grow(open.end, &added);
        }
        for answer in answers {
            // Whoever stopped waiting will send again, and be told that it is a duplicate.
            let _ = answer.send(Ok(()));
        }
        self.unstored += 1;
    }

    /// What is not stored yet is in the spool.
    fn store_claims(&mut self) {
        self.unstored = 0;
        let Some(open) = &self.open else { return };
        if let Err(error) =
            self.claims.commit(&Held::new(open.start, open.end, &open.tally, &open.waited), &self.ledger)
        {
            self.segments.health.claims_failing.store(true, Ordering::Relaxed);
            tracing::error!(%error, "claims cannot be written: segments stay until they can");
        }
    }

    fn count(&self, staged: Staged) -> oneshot::Sender<Result<(), Reject>> {
        let Staged { job: Job { entry, answer, .. }, taken, events, place, .. } = staged;
        let Entry { record, claim, candidates, mut carried } = entry;
        let (mut remarks, mut known) = (Remarks::default(), None);
        match claim {
            Claim::Closure { why, .. } if events > 0 => self.meters.long.close(why),
            Claim::Body(_, Some(seen)) if events > 0 => self.meters.connections.put_spans(&record, seen),
            Claim::Numbers { told, numbers, decoded, open, .. }
                if events > 0 || numbers.is_empty() || !place.is_empty() =>
            {
                self.meters.connections.put_batch(&record, decoded.as_ref(), &taken.page.numbers);
                self.hear(&record, &taken, open, carried.owner());
                remarks = told.remarks(&taken.page.numbers);
                self.sessions.note(&record, &told, &taken.page.numbers);
                known = decoded.filter(|_| events > 0);
                known.iter().for_each(|decoded| self.segments.recent.put(place.end, Arc::clone(decoded)));
            }
            _ => {}
        }
        carried.accept(events, &remarks);
        carried.refuse_rest(Outcome::Duplicate);
        if !candidates.is_empty() && events > 0 {
            let (Range { start, end }, came) = (place, self.clock.monotonic());
            self.waiting_room.put(Waiting { record, start, end, decoded: known, candidates, came });
        }
        answer
    }

    /// Tells the linker what is open of a page, if anything is or was.
    fn hear(&self, record: &Record, taken: &Taken, said: Said, owner: &Owner) {
        let (open, announced) = (&taken.page.open, taken.announced.count());
        self.meters.long.resume(open.resumed.count());
        self.meters.long.keep_not(NotKept::PageFull, open.surplus);
        if announced > 0 {
            self.ledger.make(owner, Made::Announcement, announced);
        }
        if open.any {
            Heard::of(record, said.words).into_iter().for_each(|heard| self.waiting_room.hear(heard));
        }
    }

    /// Nothing of the group is durable: claims are given back, and what follows goes to a new segment.
    fn fail(&mut self, group: Vec<Staged>, error: &io::Error) {
        tracing::error!(%error, batches = group.len(), "spool cannot write");
        self.segments.health.failing.store(true, Ordering::Relaxed);
        if let Some(mut open) = self.open.take()
            && let Err(error) = open.file.cut(open.end - open.start)
        {
            // Readers stop at the start of the next segment anyway.
            tracing::warn!(%error, "what was not acknowledged stays in its file");
        }
        for staged in group.into_iter().rev() {
            self.refuse(staged, Outcome::SpoolFailing, Reject::SpoolFailing);
        }
    }

    fn refuse_full(&mut self, bytes: u64, group: impl Iterator<Item = Staged>) {
        self.segments.health.no_room_for.fetch_max(bytes, Ordering::Relaxed);
        // What could be deleted may wait for its claims.
        self.segments.ask_to_keep(&self.segments.shelf());
        group.for_each(|staged| self.refuse(staged, Outcome::SpoolFull, Reject::SpoolFull));
    }

    fn refuse(&mut self, staged: Staged, outcome: Outcome, reject: Reject) {
        let Staged { job, taken, reserved, .. } = staged;
        match &job.entry.claim {
            Claim::Numbers { page, .. } => {
                self.claims.give_back(job.entry.carried.owner(), *page, &taken.page);
            }
            Claim::Closure { page, number, .. } if taken.closure => {
                self.claims.reopen(job.entry.carried.owner(), *page, *number);
            }
            Claim::Body(hash, _) if taken.body => self.bodies.give_back(*hash),
            Claim::Body(..) | Claim::Released | Claim::Closure { .. } | Claim::Erase(_) => {}
        }
        if reserved > 0 {
            self.waiting_room.give_back(reserved);
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
