//! What the spool keeps is bounded, being full always ends, and a destination's bound is its own.

use std::time::Duration;

use super::*;
use crate::ledger::Tally;

impl World {
    fn segments(&self) -> usize {
        segments(&self.config.data).len()
    }

    fn dropped(&self, destination: &str, why: Outcome) -> u64 {
        let book = self.ledger.snapshot();
        let fates = book.keys.get("shop-web").and_then(|page| page.destinations.get(destination));
        fates.and_then(|fates| fates.dropped.get(&why)).copied().unwrap_or(0)
    }
}

fn small(config: &mut Config) {
    config.spool.segment_bytes = 16 * 1024;
    config.spool.max_bytes = 128 * 1024;
}

#[tokio::test]
async fn a_full_spool_refuses_until_something_is_passed_however_often_it_is_restarted() {
    let data = TempDir::new().unwrap();
    let mut world = World::open_with(data.path(), Box::new(RealDisk), small);
    let mut page = 0;
    while world.store_large(page).await.is_ok() {
        page += 1;
    }
    for _ in 0..20 {
        assert_eq!(world.store_large(page).await, Err(Reject::SpoolFull));
        assert!(world.opened.segments.health.no_room_for.load(Ordering::Relaxed) > 0);
        world.close().await;
        world = World::open_with(data.path(), Box::new(RealDisk), small);
    }
    let bytes = world.opened.segments.bytes();
    assert!(bytes <= 128 * 1024, "{bytes}: restarts write no head where there is no room");
    world.pass_all().await;
    for more in page..page + 3 {
        world.store_large(more).await.unwrap();
    }
}

#[tokio::test]
async fn without_destinations_the_oldest_segments_make_room() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), |config| {
        small(config);
        config.destinations.0.clear();
    });
    for page in 0..100 {
        while world.store_large(page).await == Err(Reject::SpoolFull) {
            // Its claims become durable beside it.
            tokio::task::yield_now().await;
        }
        assert!(world.opened.segments.bytes() <= 128 * 1024);
    }
    assert!(world.segments() > 1);
}

#[tokio::test]
async fn what_lies_beyond_a_destinations_bound_is_dropped_for_it_by_name_and_its_segments_go() {
    let data = TempDir::new().unwrap();
    let bounded = |config: &mut Config| {
        small(config);
        destination(config, |to| to.max_bytes = 40 * 1024);
    };
    let world = World::open_with(data.path(), Box::new(RealDisk), bounded);
    assert!(world.opened.segments.give_up("main", &Tally::default()).is_none());
    for page in 0..20 {
        world.store_large(page).await.unwrap();
    }
    let before = world.segments();
    let given_up = world.opened.segments.give_up("main", &Tally::default()).unwrap();
    assert_eq!(given_up.why, Outcome::OverBound);
    assert_eq!(world.opened.segments.place("main"), given_up.place);
    assert!(world.opened.segments.depth("main") <= 40 * 1024);
    world.ledger.drop_pending(&"main".into(), &given_up.dropped, given_up.why);
    assert_eq!(world.dropped("main", Outcome::OverBound), given_up.dropped.total());
    let left = world.read_from(given_up.place).len();
    assert_eq!(given_up.dropped.total(), 3 * (20 - left as u64), "exactly what it will not get");
    while world.opened.segments.waits_for_claims() {
        tokio::task::yield_now().await;
    }
    assert!(world.segments() < before);
    assert!(world.opened.segments.give_up("main", &Tally::default()).is_none());
}

#[tokio::test]
async fn what_waits_too_long_is_dropped_even_in_the_newest_segment_and_once() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), |config| {
        destination(config, |to| to.max_age = Duration::from_secs(60));
    });
    let mut entry = world.entry(1, 0..5);
    entry.record.receive_time_ms = 1;
    world.opened.spool.store(entry).await.unwrap();
    let given_up = world.opened.segments.give_up("main", &Tally::default()).unwrap();
    assert_eq!((given_up.why, given_up.dropped.total()), (Outcome::TooOld, 5));
    assert!(world.opened.segments.give_up("main", &Tally::default()).is_none(), "it is behind it now");
    world.close().await;
    let world = World::open(data.path());
    assert!(world.ledger.snapshot().keys.is_empty(), "a restart does not find it again");
}

#[tokio::test]
async fn a_new_destination_begins_now_unless_it_asks_for_the_oldest_and_a_removed_one_is_counted() {
    let data = TempDir::new().unwrap();
    let named = |name: &'static str, from| {
        move |config: &mut Config| {
            destination(config, |to| (to.name, to.from) = (name.into(), from));
        }
    };
    let world = World::open(data.path());
    world.store(1, 0..5).await.unwrap();
    world.close().await;
    let open = |name, from| World::open_with(data.path(), Box::new(RealDisk), named(name, from));
    let world = open("now", crate::config::From::Now);
    let page = world.ledger.snapshot().keys["shop-web"].clone();
    assert!(!page.destinations.contains_key("now"));
    assert!(page.balances());
    assert_eq!(world.dropped("main", Outcome::DestinationRemoved), 5);
    world.store(1, 5..7).await.unwrap();
    world.close().await;
    let world = open("old", crate::config::From::Oldest);
    let recovered = |world: &World| world.ledger.snapshot().keys["shop-web"].destinations["old"].recovered;
    assert_eq!(recovered(&world), 2, "what nobody needed is gone");
    assert_eq!(world.dropped("now", Outcome::DestinationRemoved), 2);
    world.close().await;
    let world = open("old", crate::config::From::Now);
    assert_eq!(recovered(&world), 2, "where it begins is decided once");
    assert_eq!(world.dropped("now", Outcome::DestinationRemoved), 0, "and counted once");
}

#[tokio::test]
async fn a_disk_without_room_refuses_before_it_is_full_and_goes_on_when_there_is_room() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |_| {});
    world.store(1, 0..3).await.unwrap();
    disk.leave(Some(0));
    assert_eq!(world.store(1, 3..6).await, Err(Reject::SpoolFull));
    world.opened.segments.pass("main", *world.opened.segments.grown().borrow()).1.unwrap();
    disk.leave(None);
    world.store(1, 3..6).await.unwrap();
    assert_eq!(world.duplicates(), 0);
}

#[tokio::test]
async fn what_is_small_and_still_fits_does_not_make_room_for_what_was_refused() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world =
        World::open_with(data.path(), Box::new(disk.clone()), |config| config.spool.reserve_bytes = 0);
    let is_full = || world.opened.segments.health.no_room_for.load(Ordering::Relaxed) > 0;
    disk.leave(Some(5_000));
    assert_eq!(world.store_large(1).await, Err(Reject::SpoolFull));
    world.store(2, 0..3).await.unwrap();
    assert!(is_full(), "it would still be refused");
    disk.leave(None);
    world.store_large(1).await.unwrap();
    assert!(!is_full());
}
