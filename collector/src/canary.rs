//! An event of the collector's own that goes the whole way every minute: admitted, spooled, linked, exported. That it
//! arrives, and how long it takes, says more than any part can say of itself.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, http::header};
use weft_proto::{Batch, Event, Head, Seed, seal};

use crate::{
    clock::Clock,
    config::{CANARY, Key},
    pipeline::{Intake, take_batch},
};

/// Makes one each time `every` has passed, for ever.
pub(crate) async fn sing(intake: Arc<Intake>, key: Arc<Key>, every: Duration, clock: Clock) {
    let mut seed = [0; 16];
    fastrand::fill(&mut seed);
    let mut number = 0;
    let meters = Arc::clone(&intake.meters);
    meters.canary.begin(every.as_millis() as u64);
    loop {
        clock.sleep(every).await;
        let now_ms = clock.wall_ms();
        let body = one_event("weft.canary", Seed(seed), number, now_ms);
        let Ok(request) = Request::post(format!("/?key={}", key.secret.expose()))
            .header(header::ORIGIN, CANARY)
            .body(Body::from(body))
        else {
            continue;
        };
        // Refused when the spool is full or the collector drains, which is counted and shown like any other refusal.
        let is_taken = take_batch(&intake, request).await.is_ok();
        meters.canary.made(now_ms, is_taken);
        number += u64::from(is_taken);
    }
}

/// The body of a request with one event that has nothing but a name and a time.
pub(crate) fn one_event(name: &str, seed: Seed, number: u64, now_ms: u64) -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern(name);
    batch.events.push(Event { number, name, start_ns: now_ms.saturating_mul(1_000_000), ..Event::default() });
    let sealed = seal(&batch);
    let (form, digest) = (sealed.form, sealed.digest);
    let mut bytes = Vec::new();
    Head { form, seed, digest, number, send_time_ms: now_ms, epoch: 0 }.write(&mut bytes);
    bytes.extend_from_slice(&sealed.bytes);
    bytes
}
