//! Step 5 of 8, decode: bytes → batch, within bounds.

mod behind;
mod browser;
mod dictionaries;
mod distinct;
mod inflate;
mod items;
pub(crate) mod json;
mod otlp;
pub(crate) mod otlp_json;
mod session;
mod span;
mod strict;
pub(crate) mod wire;

use std::{borrow::Cow, sync::Arc};

use axum::body::Bytes;
use weft_proto::{Batch, Form, Head};

pub(crate) use browser::{is_browsers_attribute, is_browsers_scope};
pub(crate) use dictionaries::{EarlierBody, PageDictionaries};
pub(crate) use distinct::{DistinctValues, EVENT_NAME, Full, LINK_NAME, OVERFLOW, Overflow};
pub(crate) use items::Items;
pub(crate) use otlp::{Counted, Spans, count_items, plain};
pub(crate) use session::{session_id, without};
pub(crate) use span::{RawSpan, SpanKind, link_target};

use self::behind::Alone;
use crate::reject::Reject;

/// What a page has posted.
pub(crate) struct Posted {
    pub(crate) echo: Echo,
    /// One, unless JSON held more than one holds.
    pub(crate) batches: Vec<SealedBatch>,
    /// What later batches of the page may stand behind, once this is durable.
    pub(crate) earlier: Option<EarlierBody>,
}

/// What is told again to whoever posted, so that it cannot be mistaken for what somebody in between answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    /// `policy`: what that of the page is called.
    Batch {
        digest: u32,
        number: u64,
        policy: Option<u32>,
    },
    Json {
        number: u64,
    },
}

/// A batch as the spool keeps it, and what it says.
#[derive(Debug, PartialEq)]
pub(crate) struct SealedBatch {
    pub(crate) bytes: Bytes,
    pub(crate) head: Head,
    pub(crate) batch: Batch,
}

/// Reads what a page has posted, in whatever form; `key`: whose. `limit`: bytes of a batch after inflating.
pub(crate) fn of_page(
    bytes: Bytes,
    limit: usize,
    key: &Arc<str>,
    dictionaries: &PageDictionaries,
) -> Result<Posted, Reject> {
    if json::is_json(&bytes) {
        let (number, batches) = json::read(&bytes, limit)?;
        return Ok(Posted { echo: Echo::Json { number }, batches, earlier: None });
    }
    let (head, policy, rest) = Head::read_with_policy(&bytes)?;
    let Alone { head, bytes, body } = match head.form {
        Form::Behind => behind::alone(head, rest, limit, key, dictionaries)?,
        Form::Plain | Form::Deflate => {
            let body = match plain_body(&head, rest, limit)? {
                Cow::Borrowed(body) => bytes.slice_ref(body),
                Cow::Owned(body) => Bytes::from(body),
            };
            Alone { head, bytes, body }
        }
    };
    let batch = weft_proto::decode(&body)?;
    let earlier = dictionaries.body_of(&head, body, &batch);
    let echo = Echo::Batch { digest: head.digest, number: head.number, policy };
    Ok(Posted { echo, batches: vec![SealedBatch { bytes, head, batch }], earlier })
}

/// Reads a batch that stands alone: its head, and its events. `limit`: bytes after inflating.
pub(crate) fn batch(bytes: &[u8], limit: usize) -> Result<(Head, Batch), Reject> {
    let (head, body) = Head::read(bytes)?;
    let body = plain_body(&head, body, limit)?;
    Ok((head, weft_proto::decode(&body)?))
}

fn plain_body<'a>(head: &Head, body: &'a [u8], limit: usize) -> Result<Cow<'a, [u8]>, Reject> {
    let body = match head.form {
        Form::Plain if body.len() > limit => return Err(Reject::InflatedTooLarge(limit)),
        Form::Plain => Cow::Borrowed(body),
        Form::Deflate => Cow::Owned(inflate::deflate(body, limit)?),
        Form::Behind => return Err(Reject::BaseUnknown),
    };
    if weft_proto::digest(&body) == head.digest { Ok(body) } else { Err(Reject::DigestMismatch) }
}

#[cfg(test)]
mod tests;
