//! OTLP from any SDK: what violates the specification is refused span by span, the rest goes on, byte for byte.

use std::borrow::Cow;

use super::{
    inflate,
    items::Items,
    strict::{self, Part},
};
use crate::{pipeline::admit::Coding, reject::Reject};

/// What a request holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Valid spans.
    pub(crate) spans: u64,
    /// Spans that are refused.
    pub(crate) refused: u64,
}

/// Spans in one request: twice what OpenTelemetry's collector puts into one.
pub(super) const MAX_SPANS: usize = 20_000;

/// Counts what a plain request holds. The same bytes always give the same, today and on replay.
pub(crate) fn count(plain: &[u8]) -> Result<Counted, Reject> {
    let items = items(plain)?;
    let spans = items.iter().filter(|item| is_valid(item.content)).count();
    Ok(Counted { spans: spans as u64, refused: (items.len() - spans) as u64 })
}

/// Counts the items of a plain request of any signal, which are passed on as they are.
pub(crate) fn count_items(plain: &[u8]) -> Result<Counted, Reject> {
    let items = Items::of(plain).ok_or_else(|| Reject::NotABatch("no valid OTLP".to_owned()))?;
    Ok(Counted { spans: items.len() as u64, refused: 0 })
}

/// The valid spans of a plain request.
pub(crate) fn valid(plain: &[u8]) -> Result<(Vec<u8>, u64), Reject> {
    let items = items(plain)?;
    let valid: Vec<bool> = items.iter().map(|item| is_valid(item.content)).collect();
    let spans = valid.iter().filter(|valid| **valid).count() as u64;
    Ok((items.request(|at| valid.get(at).copied().unwrap_or(false)), spans))
}

/// A body as it was before it was compressed.
pub(crate) fn plain(bytes: &[u8], coding: Coding, limit: usize) -> Result<Cow<'_, [u8]>, Reject> {
    match coding {
        Coding::Identity if bytes.len() > limit => Err(Reject::InflatedTooLarge(limit)),
        Coding::Identity => Ok(Cow::Borrowed(bytes)),
        Coding::Gzip => Ok(Cow::Owned(inflate::gzip(bytes, limit)?)),
    }
}

/// Depth of resources and scopes in a request, and of spans.
const DEPTH: usize = 1;

fn items(plain: &[u8]) -> Result<Items<'_>, Reject> {
    let invalid = || Reject::NotABatch("no valid ExportTraceServiceRequest".to_owned());
    let items = Items::of(plain).ok_or_else(invalid)?;
    if items.len() > MAX_SPANS {
        return Err(Reject::TooLarge { what: "spans", limit: MAX_SPANS });
    }
    let (mut resources, mut scopes) = items.frames();
    let framed = resources.all(|resource| strict::is(Part::ResourceSpans, resource, DEPTH))
        && scopes.all(|scope| strict::is(Part::ScopeSpans, scope, DEPTH + 1));
    drop((resources, scopes));
    if framed { Ok(items) } else { Err(invalid()) }
}

fn is_valid(span: &[u8]) -> bool {
    strict::is(Part::Span, span, DEPTH + 2)
}
