//! What waits is counted once, whatever happens to the files it is in.

use super::*;
use crate::{
    ledger::{Fates, Owner},
    pipeline::link::{Came, Candidate},
};

/// A spool beside which a linker could stand.
pub(super) struct Waits {
    pub(super) opened: Opened,
    ledger: Ledger,
    config: Config,
    inbox: tokio::sync::mpsc::Receiver<Came>,
}

impl Waits {
    pub(super) fn open(data: &Path, linked: u64, segment_bytes: u64) -> Self {
        let mut config = Config::from_toml(crate::config::TEN_LINES).unwrap();
        config.data = data.to_owned();
        config.spool.segment_bytes = segment_bytes;
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
            linked: Some(linked),
        });
        Self { opened: opened.unwrap(), ledger, config, inbox }
    }

    fn entry(&self, page: u8) -> Entry {
        let key = self.config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
        let events = (0..5).map(|number| Event { number, ..Event::default() }).collect();
        let told = Told::by(&Batch { events, ..Batch::default() });
        let record = Record {
            kind: Kind::Batch.into(),
            key: "shop-web".to_owned(),
            application: "shop".to_owned(),
            page: vec![page; 16],
            receive_time_ms: Clock::system().wall_ms(),
            body: vec![page; 300].into(),
            ..Record::default()
        };
        let numbers = Intervals::from_ascending(0..5);
        let claim = Claim::Numbers { page: [page; 16], numbers, open: Said::default(), told, decoded: None };
        let candidates = (1..4).map(Candidate::without_rule).collect();
        Entry { record, claim, candidates, carried: Carried::receive(&self.ledger, key, 5) }
    }

    /// Five events, three of which wait; where their record ends.
    pub(super) async fn store(&mut self, page: u8) -> u64 {
        self.opened.spool.store(self.entry(page)).await.unwrap();
        match self.inbox.recv().await {
            Some(Came::Waiting(waiting)) => waiting.end,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn release(&self, origin: u64) {
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

    pub(super) fn fates(&self) -> Fates {
        let book = self.ledger.snapshot();
        assert!(book.keys.values().all(crate::ledger::Page::balances));
        book.keys.get("shop-web").map(|page| page.destinations["main"].clone()).unwrap_or_default()
    }

    fn damaged(&self) -> u64 {
        self.fates().dropped.get(&Outcome::Damaged).copied().unwrap_or(0)
    }

    /// Everything is read by the only destination; events that it does not find.
    fn read_all(&self) -> u64 {
        let end = self.opened.segments.end();
        let (lost, saved) = self.opened.segments.pass("main", end);
        saved.unwrap();
        lost.total()
    }

    pub(super) async fn close(self) {
        drop(self.opened.spool);
        join(self.opened.threads).await;
    }
}

/// Segments that are never full.
pub(super) const LARGE: u64 = 64 << 20;

#[tokio::test]
async fn what_is_sent_twice_does_not_wait_twice() {
    let data = TempDir::new().unwrap();
    let mut waits = Waits::open(data.path(), 0, LARGE);
    waits.store(1).await;
    waits.opened.spool.store(waits.entry(1)).await.unwrap();
    assert_eq!(waits.opened.segments.events_waiting(), 3);
}

#[tokio::test]
async fn what_is_sent_twice_is_not_lost_at_the_next_start() {
    let data = TempDir::new().unwrap();
    let mut waits = Waits::open(data.path(), 0, 4096);
    let origin = waits.store(1).await;
    waits.opened.spool.store(waits.entry(1)).await.unwrap();
    waits.release(origin).await;
    for page in 2..20 {
        let origin = waits.store(page).await;
        waits.release(origin).await;
    }
    assert!(segments(data.path()).len() > 1);
    waits.close().await;
    let waits = Waits::open(data.path(), 0, 4096);
    let recovered = waits.fates().recovered;
    assert_eq!((recovered, waits.damaged()), (19 * 5, 0), "nothing is damaged");
}

/// A reload takes up a destination: what it is said to get, and what it can get.
#[tokio::test]
async fn what_is_sent_twice_is_not_promised_to_a_new_destination() {
    let data = TempDir::new().unwrap();
    let mut waits = Waits::open(data.path(), 0, LARGE);
    let origin = waits.store(1).await;
    waits.opened.spool.store(waits.entry(1)).await.unwrap();
    waits.release(origin).await;
    let mut other = waits.config.destinations.0[0].as_ref().clone();
    other.name = "other".into();
    other.from = crate::config::From::Now;
    let cursors = data.path().join("cursors");
    let changed = waits.opened.segments.register(&cursors, &other).unwrap();
    assert_eq!(changed.more.total(), 0, "nothing waits, and it begins at the end");
}

#[tokio::test]
async fn what_waited_in_a_segment_that_is_gone_is_lost_by_name() {
    let data = TempDir::new().unwrap();
    let mut waits = Waits::open(data.path(), 0, 4096);
    for page in 1..60 {
        waits.store(page).await;
    }
    waits.close().await;
    let files = segments(data.path());
    assert!(files.len() > 3);
    fs::remove_file(&files[1]).unwrap();
    let waits = Waits::open(data.path(), 0, 4096);
    let recovered = waits.fates().recovered;
    assert_eq!(recovered, 59 * 5, "whatever becomes of it");
}

/// What was released of records that are long gone says nothing of what waited in a damaged one.
#[tokio::test]
async fn what_is_damaged_is_lost_by_name_whatever_else_was_released() {
    let data = TempDir::new().unwrap();
    let mut waits = Waits::open(data.path(), 0, 4096);
    let first = waits.store(1).await;
    for page in 2..30 {
        let origin = waits.store(page).await;
        waits.release(origin).await;
    }
    waits.release(first).await;
    // As the linker and the destination do; then the first segments go.
    let path = segments(data.path());
    let start =
        |path: &PathBuf| u64::from_str_radix(path.file_stem().unwrap().to_str().unwrap(), 16).unwrap();
    let linked = start(path.last().unwrap());
    waits.opened.segments.links_are_durable(linked).unwrap();
    waits.opened.segments.pass("main", linked).1.unwrap();
    while waits.opened.segments.waits_for_claims() {
        tokio::task::yield_now().await;
    }
    assert_eq!(segments(data.path()).len(), 1);
    let lost = waits.store(40).await;
    waits.store(41).await;
    waits.close().await;
    let path = segments(data.path()).into_iter().rfind(|path| start(path) < lost).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[(lost - start(&path)) as usize - 3] ^= 1;
    fs::write(&path, bytes).unwrap();
    let waits = Waits::open(data.path(), linked, 4096);
    assert_eq!(waits.damaged(), 3, "what waited in the damaged record");
}

/// The index is ahead of what is left of the spool: power failed where the system decides what is durable, or somebody
/// has put the damaged spool aside.
#[tokio::test]
async fn what_waits_in_a_spool_that_is_behind_the_index_is_not_forgotten() {
    let (data, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut waits = Waits::open(other.path(), 0, LARGE);
    for page in 1..10 {
        waits.store(page).await;
    }
    let linked = waits.opened.segments.end();
    waits.close().await;
    // A spool that ends before.
    let mut waits = Waits::open(data.path(), linked, LARGE);
    waits.store(1).await;
    waits.close().await;
    let waits = Waits::open(data.path(), linked, LARGE);
    assert_eq!((waits.fates().recovered, waits.opened.segments.events_waiting()), (5, 3));
    let _ = waits.read_all();
}
