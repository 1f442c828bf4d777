//! OTLP from any SDK: what violates the specification is refused span by span, the rest goes on, byte for byte.

use std::{borrow::Cow, cell::OnceCell};

use super::{
    browser::{is_browsers_attribute, is_browsers_scope},
    inflate,
    items::Items,
    span::{self, RawSpan},
    strict::{self, Part},
    wire::contents,
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

/// A plain request that was looked through: what violates the specification, and what goes on. The same bytes always
/// give the same, today and on replay.
pub(crate) struct Spans<'a> {
    items: Items<'a>,
    /// By position: whether the span is valid.
    valid: Vec<bool>,
    /// By position of a resource, and of a scope: whether it is a browser's. Asked of few requests.
    browsers: OnceCell<[Vec<bool>; 2]>,
}

impl<'a> Spans<'a> {
    pub(crate) fn of(plain: &'a [u8]) -> Result<Self, Reject> {
        let items = items(plain)?;
        let valid = items.iter().map(|item| is_valid(item.content)).collect();
        Ok(Self { items, valid, browsers: OnceCell::new() })
    }

    pub(crate) fn counted(&self) -> Counted {
        let spans = self.valid.iter().filter(|valid| **valid).count();
        Counted { spans: spans as u64, refused: (self.valid.len() - spans) as u64 }
    }

    /// Valid spans by their position in the request.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (usize, RawSpan<'a>)> {
        let all = self.items.iter().zip(&self.valid).enumerate();
        all.filter(|(_, (_, valid))| **valid).map(|(at, (item, _))| (at, RawSpan::of(item)))
    }

    /// Whether what it is a span of runs in a browser.
    pub(crate) fn is_of_browser(&self, span: &RawSpan<'_>) -> bool {
        let [resources, scopes] = self.browsers.get_or_init(|| {
            let (resources, scopes) = self.items.frames();
            [resources.map(is_browsers_resource).collect(), scopes.map(has_browsers_scope).collect()]
        });
        let is = |of: &[bool], at: usize| of.get(at).copied().unwrap_or(false);
        is(resources, span.resource) || is(scopes, span.scope)
    }

    /// Valid spans as they lie, each with the `ResourceSpans` and `ScopeSpans` that it is in, and that one's position.
    pub(crate) fn framed(&self) -> impl Iterator<Item = (usize, [&'a [u8]; 2], &'a [u8])> {
        let all = self.items.framed().zip(&self.valid).filter(|(_, valid)| **valid);
        all.map(|((at, around, item), _)| (at, around, item.content))
    }

    /// As [`Self::of`], of a request that was looked through before and found to be valid, all of it.
    pub(crate) fn of_valid(plain: &'a [u8]) -> Result<Self, Reject> {
        let items = Items::of(plain).ok_or_else(|| Reject::NotABatch("no valid OTLP".to_owned()))?;
        let valid = vec![true; items.len()];
        Ok(Self { items, valid, browsers: OnceCell::new() })
    }

    /// A request of the valid spans that are wanted, and how many these are.
    pub(crate) fn request(&self, is_wanted: impl Fn(usize) -> bool) -> (Vec<u8>, u64) {
        let goes = |at: usize| self.valid.get(at).copied().unwrap_or(false) && is_wanted(at);
        let spans = (0..self.valid.len()).filter(|at| goes(*at)).count();
        (self.items.request(goes), spans as u64)
    }
}

/// Counts the items of a plain request of any signal, which are passed on as they are.
pub(crate) fn count_items(plain: &[u8]) -> Result<Counted, Reject> {
    let items = Items::of(plain).ok_or_else(|| Reject::NotABatch("no valid OTLP".to_owned()))?;
    Ok(Counted { spans: items.len() as u64, refused: 0 })
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

/// Of a `ResourceSpans`, whose field 1 is its resource, whose field 1 is its attributes.
fn is_browsers_resource(resource_spans: &[u8]) -> bool {
    contents(resource_spans, 1)
        .flat_map(|resource| span::pairs(resource, 1))
        .any(|(name, value)| is_browsers_attribute(name, span::only_text(value)))
}

/// Of a `ScopeSpans`, whose field 1 is its scope, whose field 1 is its name.
fn has_browsers_scope(scope_spans: &[u8]) -> bool {
    contents(scope_spans, 1).flat_map(|scope| contents(scope, 1)).any(is_browsers_scope)
}

fn is_valid(span: &[u8]) -> bool {
    strict::is(Part::Span, span, DEPTH + 2)
}
