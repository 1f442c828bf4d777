//! Where the items of an OTLP request lie: spans, log records or metrics, all at the same depth in the same fields
//! (`opentelemetry/proto/*/v1`: resource 1 → scope 2 → item 2). Nothing is decoded, so nothing is changed.

use std::borrow::Cow;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::wire::{Broken, Field, Fields, Value};

/// Items of a request, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Items<'a> {
    items: Vec<Item<'a>>,
    resources: Vec<Frame<'a>>,
    scopes: Vec<Frame<'a>>,
    /// Of all of these, fields of frames included.
    parts: usize,
}

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) resource: usize,
    pub(super) scope: usize,
    /// Its field, tag and all.
    field: &'a [u8],
    pub(super) content: &'a [u8],
}

/// What stands around items: every field of a message that holds none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Frame<'a> {
    whole: &'a [u8],
    fields: Vec<&'a [u8]>,
}

/// Two bytes may be a message, and each takes fifty here: a request has no more parts than this.
const MOST_PARTS: usize = 200_000;

/// The field of a request that holds what belongs to one resource.
const RESOURCE: u32 = 1;
/// The field in that which holds what belongs to one scope, and the field in that which holds an item.
const INNER: u32 = 2;

impl<'a> Items<'a> {
    /// `None`: no valid protobuf.
    pub(crate) fn of(request: &'a [u8]) -> Option<Self> {
        let mut all = Self::default();
        all.read(request).ok()?;
        Some(all)
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter()
    }

    /// Each with the messages around it, of its resource and of its scope, and that one's position.
    pub(super) fn framed(&self) -> impl Iterator<Item = (usize, [&'a [u8]; 2], &Item<'a>)> {
        let whole = |frames: &[Frame<'a>], at: usize| frames.get(at).map_or(&[][..], |frame| frame.whole);
        let around =
            move |item: &Item<'a>| [whole(&self.resources, item.resource), whole(&self.scopes, item.scope)];
        self.items.iter().map(move |item| (item.scope, around(item), item))
    }

    /// The messages around items: of resources, and of scopes.
    pub(super) fn frames(&self) -> (impl Iterator<Item = &'a [u8]>, impl Iterator<Item = &'a [u8]>) {
        let whole = |frame: &Frame<'a>| frame.whole;
        (self.resources.iter().map(whole), self.scopes.iter().map(whole))
    }

    /// A request with some items only, each byte for byte as it was.
    pub(crate) fn request(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<u8> {
        self.written(is_wanted, |_, item, out| out.extend_from_slice(item.field))
    }

    /// The request with every item's content as `content` makes it.
    pub(crate) fn changed(&self, content: impl Fn(usize, &'a [u8]) -> Cow<'a, [u8]>) -> Vec<u8> {
        self.written(|_| true, |at, item, out| message(INNER, &content(at, item.content), out))
    }

    fn written(
        &self,
        is_wanted: impl Fn(usize) -> bool,
        write: impl Fn(usize, &Item<'a>, &mut Vec<u8>),
    ) -> Vec<u8> {
        let items: Vec<_> = self.items.iter().enumerate().filter(|(at, _)| is_wanted(*at)).collect();
        let mut out = Vec::new();
        for of_resource in items.chunk_by(|(_, a), (_, b)| a.resource == b.resource) {
            let mut resource = Vec::new();
            for of_scope in of_resource.chunk_by(|(_, a), (_, b)| a.scope == b.scope) {
                let Some((_, first)) = of_scope.first() else { continue };
                if resource.is_empty() {
                    copy(self.resources.get(first.resource), &mut resource);
                }
                let mut scope = Vec::new();
                copy(self.scopes.get(first.scope), &mut scope);
                of_scope.iter().for_each(|(at, item)| write(*at, item, &mut scope));
                message(INNER, &scope, &mut resource);
            }
            message(RESOURCE, &resource, &mut out);
        }
        out
    }

    fn count(&mut self) -> Result<(), Broken> {
        self.parts += 1;
        if self.parts > MOST_PARTS { Err(Broken) } else { Ok(()) }
    }

    fn read(&mut self, request: &'a [u8]) -> Result<(), Broken> {
        for field in Fields::of(request) {
            self.count()?;
            match field? {
                Field { tag: RESOURCE, value: Value::Bytes(resource), .. } => self.resource(resource)?,
                Field { tag: RESOURCE, .. } => return Err(Broken),
                _ => {}
            }
        }
        Ok(())
    }

    fn resource(&mut self, whole: &'a [u8]) -> Result<(), Broken> {
        let mut frame = Frame { whole, fields: Vec::new() };
        for field in Fields::of(whole) {
            self.count()?;
            match field? {
                Field { tag: INNER, value: Value::Bytes(scope), .. } => self.scope(scope)?,
                Field { tag: INNER, .. } => return Err(Broken),
                field => frame.fields.push(field.whole),
            }
        }
        self.resources.push(frame);
        Ok(())
    }

    fn scope(&mut self, whole: &'a [u8]) -> Result<(), Broken> {
        let mut frame = Frame { whole, fields: Vec::new() };
        let (resource, scope) = (self.resources.len(), self.scopes.len());
        for field in Fields::of(whole) {
            self.count()?;
            match field? {
                Field { tag: INNER, value: Value::Bytes(content), whole: field } => {
                    self.items.push(Item { resource, scope, field, content });
                }
                Field { tag: INNER, .. } => return Err(Broken),
                field => frame.fields.push(field.whole),
            }
        }
        self.scopes.push(frame);
        Ok(())
    }
}

fn copy(frame: Option<&Frame<'_>>, out: &mut Vec<u8>) {
    frame.into_iter().flat_map(|frame| &frame.fields).for_each(|field| out.extend_from_slice(field));
}

fn message(tag: u32, content: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use opentelemetry_proto::tonic::{
        collector::trace::v1::ExportTraceServiceRequest,
        resource::v1::Resource,
        trace::v1::{ResourceSpans, ScopeSpans, Span},
    };
    use prost::Message;

    use super::*;

    fn span(name: u64) -> Span {
        Span { name: name.to_string(), ..Span::default() }
    }

    #[test]
    fn any_part_of_a_request_is_a_request_with_the_same_resources_scopes_and_spans() {
        let scope = |names: Range<u64>| ScopeSpans {
            spans: names.map(span).collect(),
            schema_url: "scope".into(),
            ..ScopeSpans::default()
        };
        let resource = |dropped, scope_spans| ResourceSpans {
            resource: Some(Resource { dropped_attributes_count: dropped, ..Resource::default() }),
            scope_spans,
            schema_url: "resource".into(),
        };
        let whole = ExportTraceServiceRequest {
            resource_spans: vec![
                resource(1, vec![scope(0..3), scope(3..4)]),
                resource(2, vec![]),
                resource(3, vec![scope(4..9)]),
            ],
        };
        let bytes = whole.encode_to_vec();
        let items = Items::of(&bytes).unwrap();
        assert_eq!(items.len(), 9);
        for (from, to) in (0..=9).flat_map(|from| (from..=9).map(move |to| (from, to))) {
            let part =
                ExportTraceServiceRequest::decode(&*items.request(|at| (from..to).contains(&at))).unwrap();
            let mut expected = whole.clone();
            for scope in expected.resource_spans.iter_mut().flat_map(|resource| &mut resource.scope_spans) {
                scope.spans.retain(|span| (from..to).contains(&span.name.parse().unwrap()));
            }
            for resource in &mut expected.resource_spans {
                resource.scope_spans.retain(|scope| !scope.spans.is_empty());
            }
            expected.resource_spans.retain(|resource| !resource.scope_spans.is_empty());
            assert_eq!(part, expected, "{from}..{to}");
        }
    }

    #[test]
    fn what_is_no_protobuf_has_no_items() {
        assert_eq!(Items::of(&[0x0a, 5, 1]), None);
        assert_eq!(Items::of(&[0x0a, 2, 0x12, 9]), None);
        assert_eq!(Items::of(&[]).map(|items| items.len()), Some(0));
    }
}
