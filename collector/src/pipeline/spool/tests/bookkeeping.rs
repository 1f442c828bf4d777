//! What is counted for a destination is what it gets or does without: at every rotation, after every restart, and whatever
//! becomes of files and settings.

use super::*;
use crate::{config::Applications, ledger::Tally};

impl World {
    /// Reads from `place` on as a destination that takes everything. Gives how many events it was told are lost.
    fn step(&self, place: &mut u64) -> u64 {
        let chunk = Reader::new(&self.opened.segments).read(*place, 64 * 1024).unwrap();
        if chunk.next == *place {
            return 0;
        }
        *place = chunk.next;
        for placed in &chunk.records {
            self.opened.segments.settle("main", &placed.record.owner(), placed.record.events);
        }
        self.opened.segments.pass("main", *place).0.total()
    }

    fn step_to_the_end(&self, place: &mut u64) -> u64 {
        let mut lost = 0;
        while *place < *self.opened.segments.grown().borrow() {
            lost += self.step(place);
        }
        lost
    }

    fn recovered(&self) -> u64 {
        let book = self.ledger.snapshot();
        book.keys
            .get("shop-web")
            .and_then(|page| page.destinations.get("main"))
            .map_or(0, |fates| fates.recovered)
    }
}

fn segments_of(bytes: u64) -> impl Fn(&mut Config) {
    move |config| config.spool.segment_bytes = bytes
}

#[tokio::test]
async fn who_has_passed_a_segment_before_it_was_closed_loses_nothing_when_the_next_begins() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), segments_of(500));
    let (mut place, mut page) = (0, 0);
    while segments(data.path()).len() < 2 {
        page += 1;
        world.store(page, 0..3).await.unwrap();
        if segments(data.path()).len() < 2 {
            assert_eq!(world.step(&mut place), 0);
        }
    }
    while segments(data.path()).len() < 3 {
        page += 1;
        world.store(page, 0..3).await.unwrap();
    }
    assert_eq!(world.step_to_the_end(&mut place), 0);
}

#[tokio::test]
async fn nor_does_it_when_that_was_before_a_restart() {
    let data = TempDir::new().unwrap();
    let open = || World::open_with(data.path(), Box::new(RealDisk), segments_of(700));
    let (world, mut place) = (open(), 0);
    world.store(1, 0..3).await.unwrap();
    world.step(&mut place);
    world.close().await;
    let world = open();
    world.store(2, 0..3).await.unwrap();
    world.step(&mut place);
    for page in 3..20 {
        world.store(page, 0..3).await.unwrap();
    }
    assert_eq!(world.step_to_the_end(&mut place), 0);
}

#[tokio::test]
async fn segments_that_are_gone_at_start_are_counted_by_event_and_once() {
    for is_last in [false, true] {
        let data = TempDir::new().unwrap();
        let world = World::open_with(data.path(), Box::new(RealDisk), segments_of(100));
        for page in 1..10 {
            world.store(page, 0..3).await.unwrap();
        }
        world.close().await;
        let all = segments(data.path());
        let gone = if is_last { all.len() - 1 } else { 2 };
        fs::remove_file(&all[gone]).unwrap();
        let world = World::open(data.path());
        assert_eq!(world.recovered(), 27, "segment {gone}");
        world.store(50, 0..1).await.unwrap();
        world.close().await;
        let world = World::open(data.path());
        assert_eq!(world.recovered(), 28, "segment {gone}");
        assert_eq!(world.step_to_the_end(&mut 0), 3, "segment {gone}");
    }
}

#[tokio::test]
async fn an_end_that_is_lost_costs_nobody_who_had_it() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..3).await.unwrap();
    let first = world.opened.segments.bytes();
    world.store(2, 0..3).await.unwrap();
    world.step_to_the_end(&mut 0);
    world.close().await;
    let path = segments(data.path()).remove(0);
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(first).unwrap();
    let world = World::open(data.path());
    assert!(world.ledger.snapshot().keys.is_empty());
}

fn of(applications: Option<Vec<String>>) -> impl Fn(&mut Config) {
    move |config| destination(config, |to| to.applications = Applications(applications.clone()))
}

#[tokio::test]
async fn who_takes_fewer_applications_after_a_restart_does_without_the_others_by_name() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..5).await.unwrap();
    world.close().await;
    let world = World::open_with(data.path(), Box::new(RealDisk), of(Some(vec!["else".to_owned()])));
    let page = world.ledger.snapshot().keys["shop-web"].clone();
    assert!(page.balances());
    assert_eq!(page.destinations["main"].dropped[&Outcome::DestinationRemoved], 5);
}

#[tokio::test]
async fn who_takes_more_applications_gets_those_that_come_from_then_on() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), of(Some(vec!["else".to_owned()])));
    world.store(1, 0..5).await.unwrap();
    let mut place = 0;
    assert_eq!(world.step_to_the_end(&mut place), 0);
    let mut to = (*world.config.destinations.0[0]).clone();
    to.applications = Applications(None);
    let changed = world.opened.segments.register(&data.path().join("cursors"), &to).unwrap();
    assert_eq!((changed.more, changed.less), (Tally::default(), Tally::default()));
}

#[tokio::test]
async fn what_was_never_acknowledged_is_not_listed() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |_| {});
    world.store(1, 0..3).await.unwrap();
    disk.fail(true);
    assert_eq!(world.store(1, 3..6).await, Err(Reject::SpoolFailing));
    disk.fail(false);
    world.store(1, 3..6).await.unwrap();
    world.close().await;
    let found = inspect(data.path(), |_| {}).unwrap();
    assert_eq!(
        found.iter().map(|segment| (segment.records, segment.events)).collect::<Vec<_>>(),
        [(1, 3), (1, 3)]
    );
}
