//! Step 5 of 8, decode: bytes → batch, within bounds.

mod inflate;
mod items;
mod otlp;
mod span;
mod strict;
pub(crate) mod wire;

use std::borrow::Cow;

use weft_proto::{Batch, Form, Head};

pub(crate) use items::Items;
pub(crate) use otlp::{Counted, Spans, count_items, plain};

use crate::reject::Reject;

/// Reads a request of ours: its head, and its events. `limit`: bytes after inflating.
pub(crate) fn batch(bytes: &[u8], limit: usize) -> Result<(Head, Batch), Reject> {
    let (head, body) = Head::read(bytes)?;
    let body = match head.form {
        Form::Plain if body.len() > limit => return Err(Reject::InflatedTooLarge(limit)),
        Form::Plain => Cow::Borrowed(body),
        Form::Deflate => Cow::Owned(inflate::deflate(body, limit)?),
    };
    if weft_proto::digest(&body) != head.digest {
        return Err(Reject::DigestMismatch);
    }
    Ok((head, weft_proto::decode(&body)?))
}

#[cfg(test)]
mod tests;
