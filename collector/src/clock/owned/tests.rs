//! What a clock that stands still does to those who wait.

use std::{
    future::{pending, ready},
    time::Duration,
};

use super::Clock;

const MONDAY_MS: u64 = 1_794_993_153_624;
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn time_passes_on_a_still_clock_when_its_owner_lets_it() {
    let (clock, owner) = Clock::still(MONDAY_MS);
    assert_eq!((clock.wall_ms(), clock.monotonic()), (MONDAY_MS, Duration::ZERO));
    owner.pass(MINUTE);
    assert_eq!((clock.wall_ms(), clock.monotonic()), (MONDAY_MS + 60_000, MINUTE));
    owner.advance_ms(-1);
    assert_eq!((clock.wall_ms(), clock.monotonic()), (MONDAY_MS + 59_999, MINUTE));
}

#[tokio::test]
async fn whoever_waits_for_a_still_clock_wakes_up_when_it_has_moved_far_enough() {
    let (clock, owner) = Clock::still(MONDAY_MS);
    let mut sleeps = std::pin::pin!(clock.sleep(MINUTE));
    let mut waits = std::pin::pin!(clock.within(MINUTE, pending::<()>()));
    for _ in 0..2 {
        tokio::select! {
            biased;
            () = &mut sleeps => panic!("no minute has passed"),
            _ = &mut waits => panic!("no minute has passed"),
            () = ready(()) => {}
        }
        owner.pass(MINUTE / 3);
    }
    owner.pass(MINUTE / 3);
    sleeps.await;
    assert_eq!(waits.await, None);
}

#[tokio::test]
async fn what_is_ready_is_taken_though_no_time_is_left() {
    let (clock, _owner) = Clock::still(MONDAY_MS);
    assert_eq!(clock.within(Duration::ZERO, ready(7)).await, Some(7));
    assert_eq!(clock.within(Duration::ZERO, pending::<()>()).await, None);
    assert_eq!(clock.within(Duration::MAX, ready(7)).await, Some(7));
}
