//! Reads a body within a bound of bytes and of time.

use axum::{
    BoxError,
    body::{Body, Bytes},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio_util::bytes::BytesMut;

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
    match clock.within(limits.body_time, gather(Limited::new(body, limit), limit)).await {
        None => Err(Reject::BodyTimeout(limits.body_time)),
        Some(Ok(whole)) => Ok(whole),
        Some(Err(error)) if error.is::<LengthLimitError>() => Err(Reject::BodyTooLarge(limit)),
        Some(Err(error)) => Err(Reject::BodyBroken(error.to_string())),
    }
}

/// One frame as it came; more of them put together, in a buffer of the size they are said to have.
async fn gather(mut body: Limited<&mut Body>, limit: usize) -> Result<Bytes, BoxError> {
    let said = usize::try_from(body.size_hint().lower()).unwrap_or(limit).min(limit);
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.is_empty() && rest.is_empty() {
            first = data;
            continue;
        }
        if rest.is_empty() {
            rest.reserve(said.max(first.len() + data.len()));
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&data);
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Reads what is left of a refused body and keeps nothing, so that its sender gets to read the refusal. Of more than `most`
/// bytes not all.
pub(super) async fn discard(mut body: Body, most: usize, limits: &Limits, clock: &Clock) {
    if body.size_hint().lower() > most as u64 {
        return;
    }
    let mut left = most;
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
