//! What is acknowledged is there after anything; what is not is gone without a trace.

mod bookkeeping;
mod bounds;
mod damage;
mod disk;
mod erased;
mod queue;
mod waiting;
mod waiting_counts;
mod world;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use tempfile::TempDir;
use weft_proto::{Batch, Event};

use self::{
    disk::Moody,
    world::{World, destination, in_memory, join, segments},
};
use super::{
    files::{Disk, RealDisk},
    recover::open_on,
    *,
};
use crate::{
    config::Config, ledger::Ledger, metrics::Meters, pipeline::link::WaitingRoom, sessions::Sessions,
};

#[tokio::test]
async fn an_overlapping_batch_contributes_only_what_is_new() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..10).await.unwrap();
    world.store(1, 5..15).await.unwrap();
    world.store(1, 2..12).await.unwrap();
    world.store(2, 0..3).await.unwrap();
    assert_eq!(world.taken(), [vec![0, 10], vec![10, 5], vec![0, 3]]);
    assert_eq!(world.duplicates(), 5 + 10);
}

#[tokio::test]
async fn a_restart_forgets_neither_records_nor_what_was_taken() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    world.store(1, 0..10).await.unwrap();
    world.close().await;
    let world = World::open(data.path());
    assert_eq!(world.ledger.snapshot().keys["shop-web"].destinations["main"].recovered, 10);
    world.store(1, 8..12).await.unwrap();
    assert_eq!(world.taken(), [vec![0, 10], vec![10, 2]]);
    assert_eq!(world.duplicates(), 2);
}

#[tokio::test]
async fn segments_go_when_everybody_passed_them_and_what_they_took_stays_taken() {
    let data = TempDir::new().unwrap();
    let small = |config: &mut Config| config.spool.segment_bytes = 300;
    let world = World::open_with(data.path(), Box::new(RealDisk), small);
    for page in 0..20 {
        world.store(page, 0..5).await.unwrap();
    }
    let before = segments(data.path()).len();
    assert!(before > 2, "{before}");
    world.pass_all().await;
    assert_eq!(segments(data.path()).len(), 1);
    world.close().await;
    let world = World::open_with(data.path(), Box::new(RealDisk), small);
    assert!(world.ledger.snapshot().keys.is_empty(), "nothing is pending");
    for page in 0..20 {
        world.store(page, 0..5).await.unwrap();
    }
    assert_eq!(world.duplicates(), 100);
}

#[tokio::test]
async fn a_record_torn_at_any_byte_is_cut_off_and_those_before_it_are_whole() {
    let original = TempDir::new().unwrap();
    let world = World::open(original.path());
    world.store(1, 0..3).await.unwrap();
    let second = world.opened.segments.bytes();
    world.store(1, 3..7).await.unwrap();
    world.close().await;
    let path = segments(original.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    let name = path.file_name().unwrap();
    for cut in usize::try_from(second).unwrap()..bytes.len() {
        let data = in_memory();
        fs::create_dir_all(data.path().join("spool")).unwrap();
        fs::write(data.path().join("spool").join(name), &bytes[..cut]).unwrap();
        let world = World::open(data.path());
        assert_eq!(world.taken(), [vec![0, 3]], "cut at {cut}");
        let torn = u64::from(cut as u64 != second);
        assert_eq!(world.opened.segments.health.torn_tails.load(Ordering::Relaxed), torn);
        world.store(1, 0..7).await.unwrap();
        assert_eq!(world.taken(), [vec![0, 3], vec![3, 4]], "what was torn was never taken");
        world.close().await;
    }
}

#[tokio::test]
async fn two_collectors_never_share_a_spool() {
    let data = TempDir::new().unwrap();
    let world = World::open(data.path());
    let again = World::open_again(&world.config, &world.ledger);
    assert!(matches!(again, Err(OpenError::InUse(_))));
}

#[tokio::test]
async fn the_spool_stays_locked_until_its_writer_has_written() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |_| {});
    disk.hold(true);
    let (spool, entry) = (world.opened.spool.clone(), world.entry(1, 0..3));
    let storing = tokio::spawn(async move { spool.store(entry).await });
    while disk.syncs() == 0 {
        tokio::task::yield_now().await;
    }
    let World { opened: Opened { spool, threads, lock, .. }, config, ledger } = world;
    // As when the deadline of stopping has passed.
    drop((spool, lock));
    let again = || World::open_again(&config, &ledger);
    assert!(matches!(again(), Err(OpenError::InUse(_))));
    disk.hold(false);
    storing.await.unwrap().unwrap();
    join(threads).await;
    assert!(again().is_ok());
}

#[tokio::test]
async fn a_full_spool_refuses_and_gives_its_claims_back() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), |config| {
        config.spool.segment_bytes = 200;
        config.spool.max_bytes = 1000;
    });
    let mut page = 0;
    while world.store(page, 0..3).await.is_ok() {
        page += 1;
    }
    assert_eq!(world.store(page, 0..3).await, Err(Reject::SpoolFull));
    world.pass_all().await;
    world.store(page, 0..3).await.unwrap();
    assert_eq!(world.read_all().last().unwrap().taken, [0, 3]);
    assert_eq!(world.duplicates(), 0);
}

#[tokio::test]
async fn what_a_failed_sync_leaves_in_the_file_is_neither_taken_nor_ever_read() {
    let data = TempDir::new().unwrap();
    let disk = Moody::default();
    let world = World::open_with(data.path(), Box::new(disk.clone()), |_| {});
    world.store(1, 0..3).await.unwrap();
    disk.fail(true);
    assert_eq!(world.store(1, 3..6).await, Err(Reject::SpoolFailing));
    assert_eq!(world.store(1, 3..6).await, Err(Reject::SpoolFailing), "no segment can be made");
    disk.fail(false);
    world.store(1, 3..6).await.unwrap();
    assert_eq!(world.taken(), [vec![0, 3], vec![3, 3]]);
    let lengths: u64 = segments(data.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(lengths > world.opened.segments.bytes(), "the failed record is still in its file");
    world.close().await;
    let world = World::open(data.path());
    assert_eq!(world.taken(), [vec![0, 3], vec![3, 3]]);
    world.store(1, 0..7).await.unwrap();
    assert_eq!(world.taken().last().unwrap(), &[6, 1]);
}
