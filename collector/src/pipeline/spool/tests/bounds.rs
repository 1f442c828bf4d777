//! What the spool remembers, and what it writes to remember it, is bounded; and being full always ends.

use super::*;

impl World {
    /// A batch of a page of its own whose every other event is missing.
    async fn store_even(&self, page: u8) -> Result<(), Reject> {
        let mut entry = self.entry(page, 0..600);
        let even = Intervals::from_ascending((0..600).map(|number| number * 2));
        entry.claim.as_mut().unwrap().numbers = even;
        self.opened.spool.store(entry).await
    }

    fn segments(&self) -> usize {
        segments(&self.config.data).len()
    }

    fn pass_all(&self) {
        let end = *self.opened.segments.grown().borrow();
        self.opened.segments.pass(&"main".into(), end).unwrap();
    }
}

fn small(config: &mut Config) {
    config.spool.segment_bytes = 16 * 1024;
    config.spool.max_bytes = 128 * 1024;
    config.spool.pieces = 4_000;
}

#[tokio::test]
async fn claims_at_the_head_of_a_segment_do_not_make_it_full() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), small);
    for page in 0..200 {
        world.store_even(page).await.unwrap();
        world.pass_all();
    }
    let before = world.opened.segments.bytes();
    assert!(before < 64 * 1024, "{before} bytes: one head, and the records of one segment");
    assert!(world.opened.segments.health.forgotten_claims.load(Ordering::Relaxed) > 0);
    world.close().await;
    let world = World::open_with(data.path(), Box::new(RealDisk), small);
    for page in 0..10 {
        world.store(page, 5_000..5_001).await.unwrap();
    }
    assert_eq!(world.segments(), 2, "what was there, and one for all that came since");
}

#[tokio::test]
async fn a_full_spool_refuses_until_something_is_passed_however_often_it_is_restarted() {
    let data = TempDir::new().unwrap();
    let mut world = World::open_with(data.path(), Box::new(RealDisk), small);
    let mut page = 0;
    while world.store_even(page).await.is_ok() {
        page += 1;
    }
    for _ in 0..20 {
        assert_eq!(world.store_even(page).await, Err(Reject::SpoolFull));
        assert!(world.opened.segments.health.full.load(Ordering::Relaxed));
        world.close().await;
        world = World::open_with(data.path(), Box::new(RealDisk), small);
    }
    let bytes = world.opened.segments.bytes();
    assert!(bytes <= 128 * 1024, "{bytes}: restarts write no head where there is no room");
    world.pass_all();
    for more in page..page + 3 {
        world.store_even(more).await.unwrap();
    }
}

#[tokio::test]
async fn without_destinations_the_oldest_segments_make_room_for_records_and_for_heads() {
    let data = TempDir::new().unwrap();
    let world = World::open_with(data.path(), Box::new(RealDisk), |config| {
        small(config);
        config.destinations.0.clear();
    });
    for page in 0..200 {
        world.store_even(page).await.unwrap();
        assert!(world.opened.segments.bytes() <= 128 * 1024);
    }
}
