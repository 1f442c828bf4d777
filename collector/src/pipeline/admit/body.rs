//! Reads a body within a bound of bytes and of time.

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::{clock::Clock, config::Limits, reject::Reject};

/// The whole body. One that says it is too large is refused before its first byte is read.
pub(super) async fn read(
    body: &mut Body,
    limit: usize,
    limits: &Limits,
    clock: &Clock,
) -> Result<Bytes, Reject> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Reject::BodyTooLarge(limit));
    }
    let read = clock.within(limits.body_time, Limited::new(body, limit).collect()).await;
    match read {
        None => Err(Reject::BodyTimeout(limits.body_time)),
        Some(Ok(whole)) => Ok(whole.to_bytes()),
        Some(Err(error)) if error.is::<LengthLimitError>() => Err(Reject::BodyTooLarge(limit)),
        Some(Err(error)) => Err(Reject::BodyBroken(error.to_string())),
    }
}

/// Bytes of a refused body that are read and forgotten, so that its sender gets to read the refusal.
const MAX_DISCARDED_BYTES: usize = 4 * 1024 * 1024;

/// Reads what is left of a refused body and keeps nothing.
pub(super) async fn discard(mut body: Body, limits: &Limits, clock: &Clock) {
    if body.size_hint().lower() > MAX_DISCARDED_BYTES as u64 {
        return;
    }
    let mut left = MAX_DISCARDED_BYTES;
    let discard = async {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(bytes) else { return };
            left = rest;
        }
    };
    // How it ends makes no difference: the refusal is answered next.
    let _ = clock.within(limits.body_time, discard).await;
}
