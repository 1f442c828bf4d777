//! Events that wait are in nobody's count until they are released; damage does not make them go without a name.

use super::*;
use crate::{
    ledger::{Fates, Owner},
    pipeline::link::{Candidate, Waiting},
};

/// A spool beside which a linker could stand.
struct Waits {
    opened: Opened,
    ledger: Ledger,
    inbox: tokio::sync::mpsc::Receiver<Waiting>,
}

impl Waits {
    fn open(data: &Path) -> Self {
        let mut config = Config::from_toml(crate::config::TEN_LINES).unwrap();
        config.data = data.to_owned();
        destination(&mut config, |to| to.from = crate::config::From::Oldest);
        let ledger = Ledger::new(Arc::new(config.destinations.clone()));
        let (room, inbox) = WaitingRoom::new(1 << 20);
        let (clock, sessions) = (Clock::system(), Sessions::default());
        let opened = open(With {
            config: &config,
            clock: &clock,
            ledger: &ledger,
            sessions: &sessions,
            meters: &Arc::new(Meters::new()),
            waiting_room: &room,
            linked: 0,
        });
        Self { opened: opened.unwrap(), ledger, inbox }
    }

    /// Five events, three of which wait; where their record ends.
    async fn store(&mut self, world: &World, page: u8) -> u64 {
        let mut entry = world.entry(page, 0..5);
        entry.candidates = (1..4).map(Candidate::without_rule).collect();
        entry.carried.refuse_rest(Outcome::Draining);
        let key = world.config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        entry.carried = Carried::receive(&self.ledger, key, 5);
        self.opened.spool.store(entry).await.unwrap();
        let waiting = self.inbox.recv().await.unwrap();
        assert_eq!(waiting.record.waiting, [1, 3]);
        waiting.end
    }

    async fn release(&self, origin: u64) {
        let owner = Owner::new("shop-web", "shop");
        let record = Record {
            kind: Kind::Released.into(),
            key: owner.key.to_string(),
            application: owner.application.to_string(),
            body: b"what waited".to_vec().into(),
            origin,
            ..Record::default()
        };
        let carried = Carried::again(&self.ledger, owner, 3);
        let entry = Entry { record, claim: Claim::Released, candidates: Vec::new(), carried };
        self.opened.spool.release(entry).await.unwrap();
    }

    fn fates(&self) -> Fates {
        let book = self.ledger.snapshot();
        assert!(book.keys.values().all(crate::ledger::Page::balances));
        book.keys.get("shop-web").map(|page| page.destinations["main"].clone()).unwrap_or_default()
    }

    async fn close(self) {
        drop(self.opened.spool);
        join(self.opened.threads).await;
    }
}

/// A spool of three records, and what is in its file; what was released of the first one if that is wanted.
async fn three(is_released: bool) -> (TempDir, PathBuf, Vec<u64>) {
    let (data, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let world = World::open(elsewhere.path());
    let mut waits = Waits::open(data.path());
    let mut ends = Vec::new();
    for page in 1..4 {
        ends.push(waits.store(&world, page).await);
    }
    if is_released {
        waits.release(ends[0]).await;
    }
    assert_eq!(waits.fates().pending, 15);
    waits.close().await;
    let path = segments(data.path()).remove(0);
    (data, path, ends)
}

fn flip(path: &Path, at: u64) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at as usize] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn what_waits_is_pending_after_a_restart_whether_or_not_it_was_released() {
    for is_released in [false, true] {
        let (data, ..) = three(is_released).await;
        let waits = Waits::open(data.path());
        let Fates { recovered, pending, .. } = waits.fates();
        assert_eq!((recovered, pending), (15, 15), "released: {is_released}");
        let released = if is_released { 3 } else { 0 };
        assert_eq!(waits.opened.segments.events_waiting(), 9 - released);
        waits.close().await;
    }
}

#[tokio::test]
async fn what_waited_in_a_damaged_record_is_lost_by_name_unless_it_was_released() {
    for (is_released, lost) in [(false, 5), (true, 2)] {
        let (data, path, ends) = three(is_released).await;
        flip(&path, ends[0] - 3);
        let waits = Waits::open(data.path());
        let Fates { recovered, .. } = waits.fates();
        assert_eq!(recovered, 15, "released: {is_released}");
        let end = waits.opened.segments.end();
        let (unread, _) = waits.opened.segments.pass("main", end);
        assert_eq!(unread.total(), if is_released { 9 } else { 6 }, "what does not wait, whole or not");
        // What did not wait is found to be missing by whoever reads there; what waited is known to be at the start.
        let dropped = waits.fates().dropped.get(&Outcome::Damaged).copied().unwrap_or(0);
        assert_eq!(dropped, lost - 2, "released: {is_released}");
        waits.close().await;
    }
}
