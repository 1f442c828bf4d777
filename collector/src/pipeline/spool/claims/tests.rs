//! Claims against a naive set, in memory and through the store.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use proptest::prelude::*;
use tempfile::TempDir;

mod open;

use super::*;
use crate::{
    clock::DAY_MS,
    config::{Config, Destinations},
};

/// How long ends of long spans are waited for.
const WAITS: Duration = Duration::from_secs(10 * 86_400);

struct World {
    claims: Claims,
    store: Arc<Store>,
    ledger: Ledger,
    owner: Owner,
    _data: TempDir,
}

/// No claims yet, of so many pages and pieces in memory.
fn world(pages: usize, pieces: usize) -> World {
    let config = Config::from_toml(crate::config::TEN_LINES).unwrap();
    let data = TempDir::new().unwrap();
    let store = Arc::new(Store::open(data.path()).unwrap());
    let claims = Claims::new(&config::Spool { pages, pieces, ..config.spool }, WAITS, &store);
    let ledger = Ledger::new(Arc::new(Destinations::default()));
    World { claims, store, ledger, owner: Owner::new("web", "shop"), _data: data }
}

/// Nothing is open.
fn only(numbers: &Intervals) -> Wanted<'_> {
    static NOTHING: LazyLock<Intervals> = LazyLock::new(Intervals::default);
    Wanted { numbers, open: &NOTHING, withheld: 0 }
}

impl World {
    fn take(&mut self, page: u8, numbers: impl IntoIterator<Item = u64>) -> u64 {
        self.take_at(page, numbers, 0)
    }

    fn take_at(&mut self, page: u8, numbers: impl IntoIterator<Item = u64>, at_ms: u64) -> u64 {
        let numbers = Intervals::from_ascending(numbers);
        self.claims.take(&self.owner, [page; 16], only(&numbers), at_ms).numbers.count()
    }

    fn commit(&mut self, place: u64) {
        self.claims.commit(&Held { place, ..Held::default() }, &self.ledger).unwrap();
    }

    fn gaps(&self) -> (u64, u64) {
        let gaps = self.ledger.snapshot().keys["web"].gaps;
        (gaps.not_seen_yet, gaps.lost_in_browser)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn overlapping_batches_take_every_number_once_whatever_is_in_memory(
        batches in prop::collection::vec((0u8..5, 0u64..60, 1u64..20, any::<bool>(), any::<bool>()), 1..40)
    ) {
        let mut world = world(2, 1000);
        let mut naive: HashMap<u8, BTreeSet<u64>> = HashMap::new();
        for (place, (page, from, length, durable, commits)) in batches.into_iter().enumerate() {
            let wanted: BTreeSet<u64> = (from..from + length).collect();
            let taken = naive.entry(page).or_default();
            let expected: BTreeSet<u64> = &wanted - taken;
            let numbers = Intervals::from_ascending(wanted.iter().copied());
            let given = world.claims.take(&world.owner, [page; 16], only(&numbers), 0);
            prop_assert_eq!(&given.numbers, &Intervals::from_ascending(expected.iter().copied()));
            if durable {
                taken.extend(expected);
            } else {
                world.claims.give_back(&world.owner, [page; 16], &given);
            }
            if commits {
                world.commit(place as u64);
                prop_assert!(world.claims.pages.len() <= 2);
            }
        }
    }
}

#[test]
fn pages_that_memory_has_no_room_for_are_remembered_all_the_same() {
    let mut world = world(2, 1000);
    for page in 0..100 {
        assert_eq!(world.take(page, 0..3), 3);
        world.commit(u64::from(page));
    }
    assert_eq!(world.claims.pages.len(), 2);
    for page in 0..100 {
        assert_eq!(world.take(page, 0..4), 1, "page {page}");
        world.commit(100);
    }
    assert_eq!((world.claims.forgotten(), world.store.applied()), (0, 100));
}

#[test]
fn a_page_full_of_gaps_keeps_the_latest_and_what_it_forgets_is_counted() {
    let mut world = world(1_000, 2_000);
    for page in 0..100 {
        world.take(page, (0..2_000).map(|number| number * 2));
        world.commit(1);
        let pieces: usize = world.claims.pages.values().map(|taken| taken.numbers.pieces()).sum();
        assert_eq!(pieces, world.claims.pieces);
        assert!(pieces <= 2_000, "{pieces}");
        assert_eq!(world.claims.pages.len(), world.claims.by_use.len());
    }
    assert!(world.claims.forgotten() > 90);
    assert_eq!(world.take(98, (1_900..2_000).map(|number| number * 2)), 0, "the latest of a page stay");
}

#[test]
fn numbers_that_have_not_come_are_missing_until_they_do_and_lost_when_their_page_is_forgotten() {
    let mut world = world(10, 1000);
    world.take_at(1, [0, 1, 5], DAY_MS);
    world.take_at(2, [1, 3], DAY_MS);
    world.commit(1);
    assert_eq!(world.gaps(), (3 + 1, 0));
    world.take_at(1, 2..4, 3 * DAY_MS);
    world.commit(2);
    assert_eq!(world.gaps(), (1 + 1, 0));
    assert_eq!(world.store.expire(3, 100, &world.ledger).unwrap(), 1, "page 1 was heard of since");
    assert_eq!(world.gaps(), (1, 1));
    let again = Ledger::new(Arc::new(Destinations::default()));
    world.store.tell(&again);
    assert_eq!(again.snapshot().keys["web"].gaps, world.ledger.snapshot().keys["web"].gaps);
}

#[test]
fn a_page_is_forgotten_by_the_day_of_its_last_record() {
    assert_eq!((day(0), day(DAY_MS - 1), day(DAY_MS)), (0, 0, 1));
    let mut world = world(1, 1000);
    world.take_at(1, 0..3, DAY_MS);
    world.take_at(2, 0..3, 2 * DAY_MS);
    world.take_at(3, 0..3, 2 * DAY_MS);
    world.commit(1);
    assert_eq!(world.store.expire(2, 100, &world.ledger).unwrap(), 1);
    assert_eq!(world.take(1, 0..3), 3);
    assert_eq!(world.take(2, 0..3), 0);
}

#[test]
fn a_store_that_cannot_be_read_is_put_aside() {
    let data = TempDir::new().unwrap();
    let path = data.path().join("claims");
    std::fs::create_dir_all(&path).unwrap();
    drop(Store::open(&path).unwrap());
    for entry in std::fs::read_dir(&path).unwrap().map(Result::unwrap) {
        if entry.path().is_file() && entry.file_name() != "lock" {
            std::fs::write(entry.path(), b"damaged").unwrap();
        }
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(store.applied(), 0);
    assert!(data.path().join("claims.damaged").is_dir());
}

#[test]
fn a_page_that_comes_back_after_three_weeks_has_lost_nothing() {
    for pages in [1, 10] {
        let mut world = world(pages, 1000);
        world.take_at(1, 0..5000, DAY_MS);
        world.commit(1);
        assert_eq!(world.store.expire(10, 100, &world.ledger).unwrap(), 1);
        world.take_at(2, 0..1, 21 * DAY_MS);
        world.commit(2);
        world.take_at(1, 5000..5001, 22 * DAY_MS);
        world.commit(3);
        assert_eq!(world.store.expire(40, 100, &world.ledger).unwrap(), 2);
        assert!(!world.ledger.snapshot().keys.contains_key("web"), "with {pages} pages in memory");
    }
}

#[test]
fn what_was_missing_of_a_forgotten_page_is_lost_once() {
    let mut world = world(10, 1000);
    world.take_at(1, [0, 10], DAY_MS);
    world.commit(1);
    world.store.expire(10, 100, &world.ledger).unwrap();
    assert_eq!(world.gaps(), (0, 9));
    world.take_at(1, [11], 21 * DAY_MS);
    world.commit(2);
    world.store.expire(40, 100, &world.ledger).unwrap();
    assert_eq!(world.gaps(), (0, 9));
}

#[test]
fn what_a_page_was_told_to_withhold_is_not_missing_however_often_it_says_so() {
    let mut world = world(2, 1_000);
    let mut batch = |numbers: [u64; 2], withheld| {
        let numbers = Intervals::from_ascending(numbers);
        let wanted = Wanted { withheld, ..only(&numbers) };
        world.claims.take(&world.owner, [1; 16], wanted, 0)
    };
    // Of ten numbers six are here or withheld, and again as a retry.
    batch([0, 9], 4);
    assert_eq!(batch([0, 9], 4).withheld, 0, "it came before");
    let given = batch([10, 13], 2);
    assert_eq!(given.withheld, 2);
    world.claims.give_back(&world.owner, [1; 16], &given);
    world.commit(1);
    assert_eq!(world.gaps(), (4, 0), "nor is what could not be written");
    let config = Config::from_toml(crate::config::TEN_LINES).unwrap();
    world.claims = Claims::new(&config.spool, WAITS, &world.store);
    assert_eq!(world.take(1, [14]), 1);
    world.commit(2);
    assert_eq!(world.gaps().0, 8, "it is remembered across a restart");
}
