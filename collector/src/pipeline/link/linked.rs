//! Linked spans as OTLP's bytes, written span by span: as structures they take fifteen times the memory.

use opentelemetry_proto::tonic::{common::v1::InstrumentationScope, resource::v1::Resource, trace::v1::Span};
use prost::encoding::{bytes, message};

/// What a record has come to: part of an `ExportTraceServiceRequest`, whole when such parts are put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) bytes: Vec<u8>,
    /// Spans in it.
    pub(crate) spans: u64,
}

/// Field numbers of `opentelemetry.proto.trace.v1`.
mod field {
    pub(super) const RESOURCE_SPANS: u32 = 1;
    pub(super) const RESOURCE: u32 = 1;
    pub(super) const SCOPE_SPANS: u32 = 2;
    pub(super) const SCOPE: u32 = 1;
    pub(super) const SPAN: u32 = 2;
}

impl Linked {
    /// The spans of one resource and scope.
    pub(super) fn of(
        resource: &Resource,
        scope: &InstrumentationScope,
        spans: impl Iterator<Item = Span>,
    ) -> Self {
        let (mut of_scope, mut count) = (Vec::new(), 0);
        message::encode(field::SCOPE, scope, &mut of_scope);
        for span in spans {
            message::encode(field::SPAN, &span, &mut of_scope);
            count += 1;
        }
        let mut of_resource = Vec::with_capacity(of_scope.len() + 1024);
        message::encode(field::RESOURCE, resource, &mut of_resource);
        // A message inside another is written as its bytes are.
        bytes::encode(field::SCOPE_SPANS, &of_scope, &mut of_resource);
        drop(of_scope);
        let mut whole = Vec::with_capacity(of_resource.len() + 8);
        bytes::encode(field::RESOURCE_SPANS, &of_resource, &mut whole);
        Self { bytes: whole, spans: count }
    }
}
