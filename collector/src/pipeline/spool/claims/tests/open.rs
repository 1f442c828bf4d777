//! What is open of a page: ended or given up once, whatever comes again, and remembered as long as it is waited for.

use super::*;

impl World {
    /// A batch that says that some events are open, and that some have ended.
    fn says(&mut self, open: &[u64], ended: &[u64], at_ms: u64) -> Given {
        let [open, numbers] = [open, ended].map(|numbers| Intervals::from_ascending(numbers.iter().copied()));
        self.claims.take(&self.owner, [1; 16], Wanted { numbers: &numbers, open: &open, withheld: 0 }, at_ms)
    }

    fn close(&mut self, number: u64, at_ms: u64) -> bool {
        self.claims.close(&self.owner, [1; 16], number, at_ms)
    }
}

fn numbers(set: &Intervals) -> Vec<u64> {
    set.numbers().collect()
}

#[test]
fn what_has_ended_cannot_be_given_up_and_what_was_given_up_can_only_end() {
    for commits in [false, true] {
        let mut world = world(0, 1000);
        let first = world.says(&[0, 1], &[], 0).open;
        assert_eq!((numbers(&first.first), first.any), (vec![0, 1], true));
        if commits {
            world.commit(1);
        }
        let ended = world.says(&[1], &[0], 0);
        assert_eq!((numbers(&ended.open.ended), numbers(&ended.open.resumed)), (vec![0], vec![]));
        assert!(ended.open.first.is_empty(), "it was heard of before");
        if commits {
            world.commit(2);
        }
        assert!(!world.close(0, 0), "it has ended");
        assert!(world.close(1, 0));
        assert!(!world.close(1, 0), "not twice");
        if commits {
            world.commit(3);
        }
        assert!(world.says(&[0, 1], &[], 0).open.open.is_empty(), "neither is open any more");
        let late = world.says(&[], &[1], 0);
        assert_eq!((numbers(&late.numbers), numbers(&late.open.resumed)), (vec![1], vec![1]));
        assert!(world.says(&[], &[1], 0).numbers.is_empty());
    }
}

#[test]
fn what_did_not_become_durable_has_not_happened() {
    let mut world = world(10, 1000);
    let owner = world.owner.clone();
    let given = world.says(&[0], &[], 0);
    world.claims.give_back(&owner, [1; 16], &given);
    assert_eq!(numbers(&world.says(&[0], &[], 0).open.first), [0], "it is heard of for the first time");
    let given = world.says(&[], &[0], 0);
    world.claims.give_back(&owner, [1; 16], &given);
    assert!(world.close(0, 0), "it is open again");
    world.claims.reopen(&owner, [1; 16], 0);
    assert!(world.close(0, 0));
    let given = world.says(&[], &[0], 0);
    world.claims.give_back(&owner, [1; 16], &given);
    assert_eq!(numbers(&world.says(&[], &[0], 0).open.resumed), [0]);
}

#[test]
fn a_page_has_at_most_so_many_open_and_says_how_many_were_too_many() {
    let mut world = world(10, 1000);
    let many: Vec<u64> = (0..100).collect();
    let given = world.says(&many, &[], 0).open;
    assert_eq!((given.open.count(), given.first.count(), given.surplus), (64, 64, 36));
    let again = world.says(&many, &[0, 1], 0).open;
    assert_eq!((again.open.count(), again.first.count(), again.surplus), (64, 2, 34), "two have ended");
}

#[test]
fn a_page_with_something_open_is_remembered_until_that_is_given_up() {
    let mut world = world(1, 1000);
    world.says(&[0], &[], DAY_MS);
    world.commit(1);
    // Claims are kept for a week, and ends are waited for ten days: four more, one to spare.
    assert_eq!(world.store.expire(5, 100, &world.ledger).unwrap(), 0);
    assert_eq!(numbers(&world.says(&[], &[0], 5 * DAY_MS).open.ended), [0]);
    world.says(&[1], &[], 6 * DAY_MS);
    world.commit(2);
    assert!(world.close(1, 16 * DAY_MS));
    world.commit(3);
    assert_eq!(world.store.expire(16, 100, &world.ledger).unwrap(), 0);
    assert_eq!(numbers(&world.says(&[], &[1], 20 * DAY_MS).open.resumed), [1], "and so is what was");
}

#[test]
fn neither_what_is_open_nor_what_was_given_up_is_missing() {
    let mut world = world(10, 1000);
    world.says(&[1, 2, 9], &[0, 3, 5], DAY_MS);
    world.commit(1);
    assert_eq!(world.gaps(), (1, 0), "4 alone");
    assert!(world.close(1, DAY_MS));
    world.says(&[], &[2], DAY_MS);
    world.commit(2);
    assert_eq!(world.gaps(), (1, 0));
    world.says(&[], &[1, 4, 9], DAY_MS);
    world.commit(3);
    assert_eq!(world.gaps(), (3, 0), "6, 7 and 8");
}
