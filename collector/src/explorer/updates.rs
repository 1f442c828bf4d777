//! Tells a page that there is something new, as server-sent events: it asks again for what it shows.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

use crate::{admin::Admin, clock::Clock};

/// Nobody reads faster.
const SELDOM: Duration = Duration::from_millis(500);

/// Something is said so often, so that who is gone is noticed.
const AT_LEAST: Duration = Duration::from_secs(15);

struct Listener {
    version: watch::Receiver<u64>,
    clock: Clock,
    closing: CancellationToken,
    has_begun: bool,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn updates(State(admin): State<Arc<Admin>>) -> Response {
    let explorer = &admin.explorer;
    let Ok(place) = Arc::clone(&explorer.listeners).try_acquire_owned() else {
        let why = "Too many pages listen already: close some, or ask again from time to time.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    };
    let listener = Listener {
        version: explorer.version.subscribe(),
        clock: admin.clock.clone(),
        closing: explorer.closing.clone(),
        has_begun: false,
        _place: place,
    };
    let said = stream::unfold(listener, |mut listener| async {
        let said = listener.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(said)), listener))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(said)).into_response()
}

impl Listener {
    /// What is said next. `None`: the collector ends.
    async fn next(&mut self) -> Option<String> {
        if std::mem::replace(&mut self.has_begun, true) {
            tokio::select! {
                () = self.closing.cancelled() => return None,
                () = self.clock.sleep(SELDOM) => {}
            }
            let changed = self.clock.within(AT_LEAST, async {
                tokio::select! {
                    () = self.closing.cancelled() => None,
                    changed = self.version.changed() => changed.ok(),
                }
            });
            match changed.await {
                None => return Some(": still here\n\n".to_owned()),
                Some(changed) => changed?,
            }
        }
        let version = *self.version.borrow_and_update();
        Some(format!("event: changed\ndata: {version}\n\n"))
    }
}
