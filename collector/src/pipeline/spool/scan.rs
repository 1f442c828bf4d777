//! One pass over all segments at start: what is there, what is taken, and how far each destination has come.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io,
    path::Path,
    sync::Arc,
};

use prost::Message;

use super::{
    claims::{Bodies, Claims, Store, Wanted},
    erased::{Erased, Erasure},
    intervals::Intervals,
    places::Cursors,
    record::{Held, Kind, OwnedEvents, Record},
    recover::{OpenError, With},
    segment::{self, Head, Piece, Salt},
    segments::{self, Segment, Shelf},
};
use crate::ledger::{Owner, Tally};

/// What is known so far.
pub(super) struct Scan<'a> {
    with: With<'a>,
    store: Arc<Store>,
    /// The store of claims knows everything before.
    applied: u64,
    /// What waits, by where its record ends.
    waiting: BTreeMap<u64, Waits>,
    /// What was released from records that are not there.
    released: Tally,
    found: Scanned,
}

/// Events of a record that wait, and of whom.
struct Waits {
    owner: Owner,
    page: Option<[u8; 16]>,
    events: u64,
    at_ms: u64,
}

/// What a pass over all segments finds.
pub(super) struct Scanned {
    pub(super) claims: Claims,
    pub(super) bodies: Bodies,
    pub(super) erased: Erased,
    pub(super) shelf: Shelf,
    pub(super) torn: u64,
    /// Bytes.
    pub(super) damaged: u64,
}

impl<'a> Scan<'a> {
    pub(super) fn new(with: With<'a>, store: &Arc<Store>, cursors: Cursors, erased: Erased) -> Self {
        let applied = store.applied();
        let shelf = Shelf {
            cursors,
            linked: with.linked.unwrap_or(u64::MAX),
            // Neither store may take what comes for what it knows.
            least_start: applied.max(with.linked.unwrap_or(0)),
            most_bytes: with.config.spool.max_bytes,
            ..Shelf::default()
        };
        let claims = Claims::new(&with.config.spool, with.config.long_spans.abandoned_after, store);
        Self {
            with,
            store: Arc::clone(store),
            applied,
            waiting: BTreeMap::new(),
            released: Tally::default(),
            found: Scanned { claims, bodies: Bodies::default(), erased, shelf, torn: 0, damaged: 0 },
        }
    }

    /// `next`: where the next segment begins. What this file holds beyond that was never acknowledged.
    pub(super) fn file(&mut self, directory: &Path, start: u64, next: Option<u64>) -> Result<(), OpenError> {
        let path = segments::path(directory, start);
        let failed = |error| OpenError::Io { path: path.clone(), error };
        let mut bytes = fs::read(&path).map_err(failed)?;
        let most = next.map_or(u64::MAX, |next| next - start);
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        if next.is_none() && (bytes.len() < segment::HEAD as usize || bytes.iter().all(|byte| *byte == 0)) {
            // Created and never synced: nothing in it was acknowledged, and its name is used again.
            self.found.torn += 1;
            return fs::remove_file(&path).map_err(failed);
        }
        for cursor in self.found.shelf.cursors.values_mut().filter(|cursor| cursor.place >= start) {
            (cursor.segment, cursor.done) = (start, Tally::default());
        }
        self.found.shelf.segments.push_back(Segment { start, closed: true, ..Segment::default() });
        let whole = match segment::head(&bytes) {
            Head::Salted(salt) => self.records(salt, &bytes, start, next.is_none()),
            Head::OtherVersion(version) => {
                return Err(OpenError::Version { path, version: char::from(version) });
            }
            Head::Damaged => {
                self.damaged(start, 0, bytes.len());
                bytes.len()
            }
        };
        if whole < bytes.len() {
            // What was being written when the collector died, and was not acknowledged.
            self.found.torn += 1;
            let bytes = bytes.len() - whole;
            tracing::warn!(segment = %path.display(), bytes, "the end of the spool is no whole record and is cut off: it was being written when the collector died");
            cut(&path, whole as u64).map_err(failed)?;
        }
        let (whole_to, goes_to) = (start + whole as u64, next.unwrap_or(start + whole as u64));
        if whole_to < goes_to {
            self.damaged(start, whole, usize::try_from(goes_to - whole_to).unwrap_or(usize::MAX));
        }
        if let Some(last) = self.found.shelf.segments.back_mut() {
            last.end = goes_to;
        }
        Ok(())
    }

    /// Everything, with the claims of it stored.
    pub(super) fn finish(mut self) -> Scanned {
        self.held();
        let linked = self.found.shelf.linked;
        for (_, Waits { owner, page, events, at_ms }) in
            std::mem::take(&mut self.waiting).into_iter().filter(|(end, _)| *end > linked)
        {
            self.found.shelf.waiting.add(&owner, events);
            page.into_iter().for_each(|page| self.found.claims.recalls(&owner, page, at_ms));
        }
        self.found.shelf.lost_waiting = self.found.shelf.lost_waiting.less(&self.released);
        let end = self.found.shelf.end();
        if end > self.applied {
            self.commit(end);
        }
        for cursor in self.found.shelf.cursors.values_mut() {
            cursor.place = if cursor.place == u64::MAX { end } else { cursor.place };
        }
        self.found
    }

    /// Takes in every whole record. Gives where the last of them ends.
    fn records(&mut self, salt: Salt, bytes: &[u8], start: u64, is_last: bool) -> usize {
        let mut at = segment::HEAD as usize;
        for piece in salt.pieces(bytes.get(at..).unwrap_or_default()) {
            match piece {
                Piece::Frame(payload, length) => {
                    at += length;
                    match Record::decode(payload) {
                        Ok(record) => self.record(&record, start + at as u64),
                        Err(_) => self.damaged(start, at - length, length),
                    }
                }
                Piece::Tail(_) if is_last => break,
                Piece::Damaged(length) | Piece::Tail(length) => {
                    self.damaged(start, at, length);
                    at += length;
                }
            }
        }
        at
    }

    fn damaged(&mut self, start: u64, at: usize, bytes: usize) {
        tracing::error!(
            segment = format!("{start:016x}"),
            at,
            bytes,
            "spool is damaged: reading goes on behind it"
        );
        self.found.damaged += bytes as u64;
    }

    fn record(&mut self, record: &Record, end: u64) {
        if record.kind() == Kind::Head {
            return self.previous(record.previous_start, &record.previous);
        }
        let owner = record.owner();
        let Some(segment) = self.found.shelf.segments.back_mut() else { return };
        // What is missing before it was damaged.
        let events = record.before.saturating_sub(segment.totals.of(&owner)) + record.events;
        segment.totals.add(&owner, events);
        segment.newest_ms = segment.newest_ms.max(record.receive_time_ms);
        if !record.body_hash.is_empty() {
            segment.bodies_ms = segment.bodies_ms.max(record.receive_time_ms);
        }
        for cursor in self.found.shelf.cursors.values_mut().filter(|cursor| cursor.place >= end) {
            cursor.done.add(&owner, events);
        }
        let waits = record.events_waiting();
        let damaged = record.waited_before.saturating_sub(segment.waited.of(&owner));
        segment.waited.add(&owner, damaged + waits);
        self.found.shelf.lost_waiting.add(&owner, damaged);
        if waits > 0 {
            let (owner, page) = (owner.clone(), record.page.as_slice().try_into().ok());
            self.waiting.insert(end, Waits { owner, page, events: waits, at_ms: record.receive_time_ms });
        } else if record.kind() == Kind::Released
            && self.waiting.remove(&record.origin).is_none()
            && self.found.shelf.segments.front().is_some_and(|first| record.origin > first.start)
        {
            // Where it waited is damaged: it is here all the same.
            self.released.add(&owner, record.events);
        }
        self.claim(record, &owner, end);
    }

    fn claim(&mut self, record: &Record, owner: &Owner, end: u64) {
        if let Some(erasure) = Erasure::of(record, owner, end) {
            self.found.erased.add(&erasure);
            self.found.claims.erase(erasure);
        }
        if let Ok(hash) = <[u8; 16]>::try_from(record.body_hash.as_slice()) {
            self.found.bodies.take(u128::from_be_bytes(hash), record.receive_time_ms);
        }
        if end <= self.applied {
            return;
        }
        let (claims, at_ms) = (&mut self.found.claims, record.receive_time_ms);
        if let Ok(page) = <[u8; 16]>::try_from(record.page.as_slice()) {
            if record.kind() == Kind::Closed {
                claims.close(owner, page, record.closed, at_ms);
            } else {
                let [numbers, open] = [&record.taken, &record.open].map(|flat| Intervals::from_wire(flat));
                let wanted = Wanted { numbers: &numbers, open: &open, withheld: record.withheld };
                claims.take(owner, page, wanted, at_ms);
            }
        }
        if self.found.claims.is_behind() {
            self.commit(end);
        }
    }

    fn commit(&mut self, place: u64) {
        let last = self.found.shelf.segments.back();
        let held =
            last.map(|last| Held::new(last.start, place, &last.totals, &last.waited)).unwrap_or_default();
        if let Err(error) = self.found.claims.commit(&held, self.with.ledger) {
            tracing::error!(%error, "claims cannot be written: segments stay until they can");
        }
    }

    /// What the newest segment held when its claims were stored: what is not there any more was cut off.
    fn held(&mut self) {
        let Ok(Some(held)) = self.store.held() else { return };
        let segments = &mut self.found.shelf.segments;
        let is_gone = segments.back().is_none_or(|last| last.end <= held.start);
        if is_gone
            && !held.events.is_empty()
            && self.found.shelf.cursors.values().any(|cursor| cursor.place < held.place)
        {
            // Its file is gone: readers will find that out, and count it.
            let closed = true;
            segments.push_back(Segment { start: held.start, end: held.place, closed, ..Segment::default() });
        }
        let Some(segment) = segments.iter_mut().find(|segment| segment.start == held.start) else { return };
        let (held_events, waited) = OwnedEvents::tallies(&held.events);
        self.found.shelf.lost_waiting.add_all(&waited.less(&segment.waited));
        let missing = held_events.less(&segment.totals);
        if missing.is_empty() {
            return;
        }
        let (start, events) = (segment.start, missing.total());
        tracing::error!(segment = format!("{start:016x}"), events, "the end of the spool is missing");
        segment.totals.add_all(&missing);
        // Who was behind it had it.
        let cursors = self.found.shelf.cursors.values_mut();
        let behind = cursors.filter(|cursor| cursor.segment == start && cursor.place >= held.place);
        behind.for_each(|cursor| cursor.done.add_all(&missing));
    }

    /// What the segment before this one held when it was closed: what was not found in it was damaged.
    fn previous(&mut self, start: u64, held: &[OwnedEvents]) {
        let (held, waited) = OwnedEvents::tallies(held);
        let shelf = &mut self.found.shelf;
        let Some(this) = shelf.segments.back().map(|this| this.start) else { return };
        let at = shelf.segments.len() - 1;
        if let Some(before) = at.checked_sub(1).and_then(|before| shelf.segments.get_mut(before)) {
            if before.start == start {
                shelf.lost_waiting.add_all(&waited.less(&before.waited));
                return before.totals.add_all(&held.less(&before.totals));
            }
            before.end = before.end.min(start);
        }
        // Its file is gone: with it what waited there, unless it was released.
        if start < this && shelf.linked < this {
            shelf.lost_waiting.add_all(&waited);
        }
        // Who was behind it had it; for all others it is lost.
        if start < this && shelf.cursors.values().any(|cursor| cursor.place < this) {
            let closed = true;
            let gone = Segment { start, end: this, totals: held, closed, ..Segment::default() };
            shelf.segments.insert(at, gone);
        }
    }
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(length)
}
