//! A batch that stands behind earlier ones of its page → the same batch, standing alone: as the spool keeps it.

use std::sync::Arc;

use axum::body::Bytes;
use weft_proto::{Base, Earlier, Form, Head, digest, limits::MAX_REQUEST_BYTES};

use super::{PageDictionaries, inflate};
use crate::reject::Reject;

/// What a batch is that stands alone.
pub(super) struct Alone {
    pub(super) head: Head,
    /// Head and body.
    pub(super) bytes: Bytes,
    pub(super) body: Bytes,
}

/// Whatever is wrong with it behind its base: the page is asked for it alone, and then it is refused for what it is.
/// `limit`: bytes after inflating.
pub(super) fn alone(
    head: Head,
    bytes: &[u8],
    limit: usize,
    key: &Arc<str>,
    dictionaries: &PageDictionaries,
) -> Result<Alone, Reject> {
    // The spool has it as it is inflated, so it may be no larger than what is sent.
    let limit = limit.min(MAX_REQUEST_BYTES);
    let earlier = dictionaries.of(key, head.seed);
    let body = earlier.and_then(|earlier| inflated(&head, bytes, &earlier, limit));
    dictionaries.count(body.is_some());
    let body = body.ok_or(Reject::BaseUnknown)?;
    let head = Head { form: Form::Plain, ..head };
    let mut bytes = Vec::with_capacity(MOST_OF_A_HEAD + body.len());
    head.write(&mut bytes);
    let from = bytes.len();
    bytes.extend_from_slice(&body);
    let bytes = Bytes::from(bytes);
    let body = bytes.slice(from..);
    Ok(Alone { head, bytes, body })
}

/// Version, form, seed, digest, and three numbers.
const MOST_OF_A_HEAD: usize = 1 + 1 + 16 + 4 + 3 * 10;

fn inflated(head: &Head, bytes: &[u8], earlier: &Earlier, limit: usize) -> Option<Vec<u8>> {
    let (base, bytes) = Base::read(head.number, bytes).ok()?;
    let body = inflate::behind(earlier.of(&base)?, bytes, limit).ok()?;
    (digest(&body) == head.digest).then_some(body)
}

#[cfg(test)]
mod tests;
