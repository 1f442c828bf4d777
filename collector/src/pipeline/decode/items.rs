//! Where the items of an OTLP request lie: spans, log records or metrics, all at the same depth in the same fields
//! (`opentelemetry/proto/*/v1`: resource 1 → scope 2 → item 2). Nothing is decoded, so nothing is changed.

use std::ops::Range;

use prost::encoding::{WireType, decode_key, decode_varint};

/// Items of a request, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Items {
    items: Vec<Item>,
    resources: Vec<Frame>,
    scopes: Vec<Frame>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    resource: usize,
    scope: usize,
    /// Its field, tag and all.
    field: Range<usize>,
}

/// What stands around items: every field of a message that holds none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Frame {
    fields: Vec<Range<usize>>,
}

/// The field of a request that holds what belongs to one resource.
const RESOURCE: u32 = 1;
/// The field in that which holds what belongs to one scope, and the field in that which holds an item.
const INNER: u32 = 2;

impl Items {
    /// `None`: no valid protobuf.
    pub(crate) fn of(request: &[u8]) -> Option<Self> {
        let mut all = Self::default();
        for resource in Fields::of(request, 0..request.len()) {
            let resource = resource?;
            if resource.tag != RESOURCE || resource.content.is_none() {
                continue;
            }
            all.resource(request, resource.content?)?;
        }
        Some(all)
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// A request with these items only, each byte for byte as it was.
    pub(crate) fn request(&self, from: &[u8], which: Range<usize>) -> Vec<u8> {
        let items = self.items.get(which).unwrap_or_default();
        let mut out = Vec::new();
        for of_resource in items.chunk_by(|a, b| a.resource == b.resource) {
            let mut resource = Vec::new();
            for of_scope in of_resource.chunk_by(|a, b| a.scope == b.scope) {
                let mut scope = Vec::new();
                let Some(first) = of_scope.first() else { continue };
                if resource.is_empty() {
                    self.resources
                        .get(first.resource)
                        .into_iter()
                        .for_each(|frame| frame.copy(from, &mut resource));
                }
                self.scopes.get(first.scope).into_iter().for_each(|frame| frame.copy(from, &mut scope));
                of_scope.iter().for_each(|item| copy(from, &item.field, &mut scope));
                message(INNER, &scope, &mut resource);
            }
            message(RESOURCE, &resource, &mut out);
        }
        out
    }

    fn resource(&mut self, request: &[u8], content: Range<usize>) -> Option<()> {
        let at = self.resources.len();
        self.resources.push(Frame::default());
        for field in Fields::of(request, content) {
            let field = field?;
            match field.content.filter(|_| field.tag == INNER) {
                Some(scope) => self.scope(request, at, scope)?,
                None => self.resources.get_mut(at)?.fields.push(field.whole),
            }
        }
        Some(())
    }

    fn scope(&mut self, request: &[u8], resource: usize, content: Range<usize>) -> Option<()> {
        let at = self.scopes.len();
        self.scopes.push(Frame::default());
        for field in Fields::of(request, content) {
            let field = field?;
            if field.tag == INNER && field.content.is_some() {
                self.items.push(Item { resource, scope: at, field: field.whole });
            } else {
                self.scopes.get_mut(at)?.fields.push(field.whole);
            }
        }
        Some(())
    }
}

impl Frame {
    fn copy(&self, from: &[u8], out: &mut Vec<u8>) {
        self.fields.iter().for_each(|field| copy(from, field, out));
    }
}

fn copy(from: &[u8], field: &Range<usize>, out: &mut Vec<u8>) {
    out.extend_from_slice(from.get(field.clone()).unwrap_or_default());
}

fn message(tag: u32, content: &[u8], out: &mut Vec<u8>) {
    prost::encoding::encode_key(tag, WireType::LengthDelimited, out);
    prost::encoding::encode_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// The fields of a message, as ranges of the request.
struct Fields<'a> {
    request: &'a [u8],
    at: usize,
    end: usize,
}

struct Field {
    tag: u32,
    whole: Range<usize>,
    /// Of a field that has a length.
    content: Option<Range<usize>>,
}

impl<'a> Fields<'a> {
    fn of(request: &'a [u8], within: Range<usize>) -> Self {
        Self { request, at: within.start, end: within.end }
    }

    fn read(&self) -> Option<Field> {
        let mut rest = self.request.get(self.at..self.end)?;
        let before = rest.len();
        let (tag, wire) = decode_key(&mut rest).ok()?;
        let length = match wire {
            WireType::Varint => {
                decode_varint(&mut rest).ok()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut rest).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let start = self.at + (before - rest.len());
        let end = start.checked_add(length).filter(|end| *end <= self.end)?;
        let content = (wire == WireType::LengthDelimited).then_some(start..end);
        Some(Field { tag, whole: self.at..end, content })
    }
}

impl Iterator for Fields<'_> {
    /// `None`: no field.
    type Item = Option<Field>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let field = self.read();
        self.at = field.as_ref().map_or(self.end, |field| field.whole.end);
        Some(field)
    }
}

#[cfg(test)]
mod tests {
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
            let part = ExportTraceServiceRequest::decode(&*items.request(&bytes, from..to)).unwrap();
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
