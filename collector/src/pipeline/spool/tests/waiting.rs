//! Events that wait are in nobody's count until they are released; damage does not make them go without a name.

use super::{
    waiting_counts::{LARGE, Waits},
    *,
};
use crate::ledger::Fates;

/// A spool of three records, and what is in its file; what was released of the first one if that is wanted.
async fn three(is_released: bool) -> (TempDir, PathBuf, Vec<u64>) {
    let data = TempDir::new().unwrap();
    let mut waits = Waits::open(data.path(), 0, LARGE);
    let mut ends = Vec::new();
    for page in 1..4 {
        ends.push(waits.store(page).await);
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
        let waits = Waits::open(data.path(), 0, LARGE);
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
        let waits = Waits::open(data.path(), 0, LARGE);
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
