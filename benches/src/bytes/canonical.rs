//! Whether what came back is what was recorded: everything, but that ids follow from numbers now.

use std::collections::HashMap;

use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::{Back, json::Recorded, ours, page::Page};

/// What is different, if something is.
pub(super) fn difference(recorded: &Recorded, pages: &[Page], back: &Back) -> Option<String> {
    if back.len() != recorded.spans.len() {
        return Some(format!("{} spans went, {} came back", recorded.spans.len(), back.len()));
    }
    for page in pages {
        let raw = raw_traces(page, recorded);
        for (at, place) in &page.places {
            let one = recorded.spans.get(*at)?;
            let Some(rebuilt) = back.get(&(page.seed, place.number)) else {
                return Some(format!("span {at} did not come back"));
            };
            let (scope, scope_schema, _) = recorded.scopes.get(one.scope)?;
            let (resource, schema, _) = recorded.resources.get(one.resource)?;
            if rebuilt.resource != (resource.clone(), schema.clone()) {
                return Some(format!("resource of span {at}: {resource:?} {:?}", rebuilt.resource));
            }
            if rebuilt.scope != (scope.clone(), scope_schema.clone()) {
                return Some(format!("scope of span {at}: {scope:?} {:?}", rebuilt.scope));
            }
            let expected = renumbered(&one.span, page, place);
            let got = resolved(&rebuilt.span, &raw, page);
            // As bytes: a number that is none is not equal to itself.
            if expected.encode_to_vec() != got.encode_to_vec() {
                return Some(format!("span {at}:\n{expected:#?}\ncame back as\n{got:#?}"));
            }
        }
    }
    None
}

/// By trace id that follows from a number: the id that the trace has instead, because no span of the page is its root.
fn raw_traces(page: &Page, recorded: &Recorded) -> HashMap<Vec<u8>, Vec<u8>> {
    let roots = page.places.iter().filter(|(_, place)| place.trace.is_none() && place.trace_is_raw);
    let ids = roots.filter_map(|(at, place)| {
        Some((page.ids.trace(place.number).to_vec(), recorded.spans.get(*at)?.span.trace_id.clone()))
    });
    ids.collect()
}

/// The span with the ids that its numbers stand for.
fn renumbered(span: &Span, page: &Page, place: &super::page::Place) -> Span {
    let mut span = span.clone();
    ours::renumbered(&mut span.attributes, &page.ids, &page.by_span);
    for link in &mut span.links {
        if let Some((trace, id)) = page.ids_of(&link.trace_id, &link.span_id) {
            (link.trace_id, link.span_id) = (trace, id.to_vec());
        }
    }
    if !place.own_is_raw {
        span.span_id = page.ids.span(place.number).to_vec();
    }
    if let Some(parent) = place.trace.and_then(|trace| trace.parent) {
        span.parent_span_id = page.ids.span(parent).to_vec();
    }
    span.trace_id = page.trace_of(&span.trace_id);
    span
}

/// The span that came back, with what only the page knows: which trace a link's target is in, and ids of traces without a root.
fn resolved(span: &Span, raw: &HashMap<Vec<u8>, Vec<u8>>, page: &Page) -> Span {
    let mut span = span.clone();
    if let Some(id) = raw.get(&span.trace_id) {
        span.trace_id.clone_from(id);
    }
    for link in span.links.iter_mut().filter(|link| link.trace_id.is_empty() && !link.span_id.is_empty()) {
        let target =
            page.places.values().find(|place| page.ids.span(place.number).as_slice() == link.span_id);
        let root = target.map(|place| place.trace.map_or(place.number, |trace| trace.root));
        let trace = root.map(|root| page.ids.trace(root).to_vec()).unwrap_or_default();
        link.trace_id = raw.get(&trace).cloned().unwrap_or(trace);
    }
    span
}
