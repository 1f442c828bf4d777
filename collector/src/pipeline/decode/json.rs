//! The JSON form of a batch: the calls of a page whose module was not ready when it had to go, or cannot be had.
//!
//! The calls are played to the recorder that the module is made of. What it seals is read like any other batch, and is
//! what the spool keeps: behind this file nothing knows that it came as JSON.

mod body;
mod play;
pub(super) mod text;

use axum::body::Bytes;
use serde::Deserialize;
use weft_proto::head::VERSION;

use super::SealedBatch;
use crate::reject::Reject;
use body::Body;

/// What a body of this form begins with.
const FIRST_BYTE: u8 = b'{';

/// Characters of a reason that are told: it may quote what was sent.
const MAX_REASON_CHARS: usize = 200;

/// Whether `bytes` are of this form: no format version has this number.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    bytes.first() == Some(&FIRST_BYTE)
}

/// Reads a request: its number, and the batches that its calls become. One, unless it is larger than the SDK makes them.
/// `limit`: bytes of a batch after inflating.
pub(crate) fn read(bytes: &[u8], limit: usize) -> Result<(u64, Vec<SealedBatch>), Reject> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Reject::NotABatch("JSON that is no UTF-8".to_owned()))?;
    let body: Body<'_> = serde_json::from_str(text).map_err(|error| why(text, &error))?;
    if body.weft != VERSION {
        return Err(Reject::VersionUnknown(body.weft));
    }
    let batches = play::all(&body).into_iter().map(|bytes| {
        let (head, batch) = super::batch(&bytes, limit)?;
        Ok(SealedBatch { bytes: Bytes::from(bytes), head, batch })
    });
    let batches = batches.collect::<Result<Vec<_>, Reject>>()?;
    if batches.is_empty() {
        return Err(Reject::NotABatch("JSON without a call that ends an event or keeps one open".to_owned()));
    }
    Ok((body.number.0, batches))
}

/// The seed of the page that a request of this form says it is of.
pub(crate) fn seed(bytes: &[u8]) -> Option<[u8; 16]> {
    #[derive(Deserialize)]
    struct Seed {
        seed: text::Hex<16>,
    }
    let read = |bytes| serde_json::from_slice(bytes).ok();
    is_json(bytes).then_some(bytes).and_then(read).map(|Seed { seed }| seed.0)
}

/// A version we do not know may say anything: then it is the version that is named.
fn why(text: &str, error: &serde_json::Error) -> Reject {
    #[derive(Deserialize)]
    struct Version {
        weft: u8,
    }
    match serde_json::from_str(text) {
        Ok(Version { weft }) if weft != VERSION => Reject::VersionUnknown(weft),
        _ if error.is_eof() => Reject::Truncated("JSON"),
        _ => Reject::NotABatch(format!("JSON: {error}").chars().take(MAX_REASON_CHARS).collect()),
    }
}

#[cfg(test)]
mod tests;
