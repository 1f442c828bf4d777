//! Reads the spool as it grows. Nobody waits for it: when it is far behind, it goes on at the end.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Explorer,
    budget::Budget,
    look::{look, pass_over, who},
};
use crate::{
    clock::Clock,
    config::Limits,
    pipeline::spool::{Kind, Placed, Reader, Segments},
};

/// Bytes read at once.
const READ_BYTES: usize = 1024 * 1024;

/// Read again at a start: what the spool still holds of the last minutes of a busy collector, or weeks of a quiet one.
const AGAIN_BYTES: u64 = 128 * 1024 * 1024;

/// So far behind it goes on at the end.
const BEHIND_BYTES: u64 = 256 * 1024 * 1024;

/// What comes in a moment is looked at together.
const LINGER: Duration = Duration::from_millis(50);

/// Looks at everything that comes, until `stop`.
pub(crate) async fn feed(
    explorer: Arc<Explorer>,
    segments: Arc<Segments>,
    limits: Limits,
    mut budget: Budget,
    clock: Clock,
    stop: CancellationToken,
) {
    let mut grown = segments.grown();
    let mut place = segments.latest(AGAIN_BYTES);
    let _closing = explorer.closing.clone().drop_guard();
    while !stop.is_cancelled() {
        let end = *grown.borrow_and_update();
        if end.saturating_sub(place) > BEHIND_BYTES {
            explorer.skip(end - place);
            place = end;
        }
        let reader = Reader::new(&segments);
        let read = tokio::task::spawn_blocking(move || reader.read(place, READ_BYTES)).await;
        match read {
            Ok(Ok(chunk)) if chunk.next != place => {
                place = chunk.next;
                let wanted = choose(chunk.records, &mut budget, &explorer, clock.monotonic());
                look_at(&explorer, wanted, &limits).await;
                continue;
            }
            Ok(Ok(_)) => {}
            // Destinations say so, who need it.
            Ok(Err(error)) => tracing::debug!(%error, "the explorer cannot read the spool"),
            Err(_) => return,
        }
        tokio::select! {
            grown = grown.changed() => if grown.is_err() { return },
            () = stop.cancelled() => return,
        }
        let _ = clock.within(LINGER, stop.cancelled()).await;
    }
}

/// Those that there is time for. An erasure always is.
fn choose(all: Vec<Placed>, budget: &mut Budget, explorer: &Explorer, now: Duration) -> Vec<Placed> {
    let (mut wanted, mut passed_over) = (Vec::new(), Vec::new());
    for placed in all {
        let is_erasure = placed.record.kind() == Kind::Erased;
        if is_erasure || budget.takes(who(&placed), placed.record.events.max(1), now) {
            wanted.push(placed);
        } else {
            passed_over.push(pass_over(&placed.record));
        }
    }
    explorer.take(passed_over);
    wanted
}

async fn look_at(explorer: &Arc<Explorer>, all: Vec<Placed>, limits: &Limits) {
    let (explorer, limits) = (Arc::clone(explorer), limits.clone());
    let looking = tokio::task::spawn_blocking(move || {
        let looked = all.iter().filter_map(|placed| look(placed, &limits, &explorer.erased)).collect();
        explorer.take(looked);
    });
    // A defect in looking costs what it was looking at, and nothing else.
    if looking.await.is_err() {
        tracing::error!("looking at records for the explorer panicked");
    }
}
