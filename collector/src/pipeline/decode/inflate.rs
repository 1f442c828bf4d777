//! Inflates within a bound: a few bytes may not become a gigabyte.

use std::{cell::RefCell, io::Read};

use flate2::{Decompress, FlushDecompress, Status, read::MultiGzDecoder};

use weft_proto::DICTIONARY;

use crate::reject::Reject;

/// Raw DEFLATE behind the dictionary of the format, whole: neither cut short nor followed by anything.
pub(super) fn deflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Reject> {
    deflate_behind(DICTIONARY, bytes, limit)
}

/// The same, behind the dictionary of the format and earlier bodies.
pub(super) fn behind(earlier: &[u8], bytes: &[u8], limit: usize) -> Result<Vec<u8>, Reject> {
    deflate_behind(&[DICTIONARY, earlier].concat(), bytes, limit)
}

/// Of `known`, DEFLATE can refer to the last 32 KiB.
fn deflate_behind(known: &[u8], bytes: &[u8], limit: usize) -> Result<Vec<u8>, Reject> {
    INFLATER.with_borrow_mut(|inflater| {
        inflater.reset(false);
        inflater.set_dictionary(known).map_err(|_| Reject::NotDeflate)?;
        inflate(inflater, bytes, limit)
    })
}

thread_local! {
    /// Its window costs more to make than a small batch to inflate.
    static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

fn inflate(inflater: &mut Decompress, bytes: &[u8], limit: usize) -> Result<Vec<u8>, Reject> {
    // One byte more than allowed tells "too large" from "just fits".
    let most = limit.saturating_add(1);
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4).max(256).min(most));
    loop {
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let before = out.len();
        let rest = bytes.get(read..).unwrap_or_default();
        let status = inflater
            .decompress_vec(rest, &mut out, FlushDecompress::Finish)
            .map_err(|_| Reject::NotDeflate)?;
        if out.len() > limit {
            return Err(Reject::InflatedTooLarge(limit));
        }
        let used = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        match status {
            Status::StreamEnd if used == bytes.len() => return Ok(out),
            Status::StreamEnd => return Err(Reject::NotABatch("bytes after the end of DEFLATE".to_owned())),
            _ if out.len() == out.capacity() => out.reserve_exact(out.len().max(256).min(most - out.len())),
            _ if out.len() == before && used == read => return Err(Reject::Truncated("DEFLATE")),
            _ => {}
        }
    }
}

/// gzip, in as many members as there are.
pub(super) fn gzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Reject> {
    let mut out = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(limit as u64 + 1);
    reader.read_to_end(&mut out).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Reject::Truncated("gzip"),
        _ => Reject::NotABatch("no valid gzip".to_owned()),
    })?;
    if out.len() > limit { Err(Reject::InflatedTooLarge(limit)) } else { Ok(out) }
}
