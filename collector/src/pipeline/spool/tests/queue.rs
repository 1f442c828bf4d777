//! What waits to be written: together with what else waits, and never more than there is room for.

use super::*;

#[tokio::test]
async fn all_that_wait_share_one_sync_and_a_copy_waits_for_the_first() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |_| {});
    world.store(1, 0..1).await.unwrap();
    disk.hold(true);
    let before = disk.syncs();
    let spool = |page, numbers| {
        let (spool, entry) = (world.opened.spool.clone(), world.entry(page, numbers));
        tokio::spawn(async move { spool.store(entry).await })
    };
    let first = spool(2, 0..5);
    while disk.syncs() == before {
        tokio::task::yield_now().await;
    }
    let waiting: Vec<_> = (3..40).map(|page| spool(page, 0..5)).chain([spool(2, 0..5)]).collect();
    // As a current-thread runtime runs tasks in order, all of them have queued after this.
    tokio::task::yield_now().await;
    assert!(!first.is_finished() && waiting.iter().all(|task| !task.is_finished()));
    disk.hold(false);
    for task in [first].into_iter().chain(waiting) {
        task.await.unwrap().unwrap();
    }
    assert_eq!(disk.syncs() - before, 2, "one for the first, one for all others");
    assert_eq!(world.duplicates(), 5);
}

#[tokio::test]
async fn what_waits_is_bounded_by_its_bytes_and_what_does_not_fit_is_told_to_come_back() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |config| {
        config.spool.queue_bytes = 100 * 1024;
    });
    disk.hold(true);
    let large = |page| {
        let mut entry = world.entry(page, 0..5);
        entry.record.body = vec![0; 40 * 1024].into();
        let spool = world.opened.spool.clone();
        tokio::spawn(async move { spool.store(entry).await })
    };
    let waiting = [large(1), large(2)];
    tokio::task::yield_now().await;
    assert_eq!(large(3).await.unwrap(), Err(Reject::SpoolBusy));
    world.ledger.snapshot().keys.values().for_each(|page| assert!(page.balances()));
    disk.hold(false);
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    large(3).await.unwrap().unwrap();
    assert_eq!(world.read_all().len(), 3);
}
