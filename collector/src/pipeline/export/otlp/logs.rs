//! Moments → the bytes of an `ExportLogsServiceRequest`: what an event is where a destination wants no span without
//! duration. Field numbers are those of opentelemetry-proto 1.11.

use weft_proto::Status;

use super::{
    attributes::{Page, text_pair},
    backward::Backward,
    nested, unless_zero, unless_zero_fixed,
};
use crate::pipeline::link::{FLAGS, Linked, LinkedEvent, hex, start_ns};

/// `LogRecord.attributes`.
const ATTRIBUTES: u64 = 6;

/// `SEVERITY_NUMBER_INFO` and `SEVERITY_NUMBER_ERROR`.
const INFO: u64 = 9;
const ERROR: u64 = 17;

pub(super) fn write(linked: Linked<'_>, moments: &[LinkedEvent<'_>]) -> Vec<u8> {
    let received_ns = linked.record.receive_time_ms.saturating_mul(1_000_000);
    nested(Page::new(linked, ATTRIBUTES), moments, |out, page, moment| record(out, page, moment, received_ns))
}

fn record(out: &mut Backward, page: &mut Page<'_>, moment: &LinkedEvent<'_>, received_ns: u64) {
    let event = moment.event;
    out.text(12, page.name(event));
    unless_zero_fixed(out, 11, received_ns);
    out.bytes(10, &moment.span_id);
    out.bytes(9, &moment.trace_id);
    out.fixed32(8, FLAGS & 0xff);
    unless_zero(out, 7, page.removed(moment));
    // What a span says in links.
    for link in page.linked.links.get(moment.links.clone()).unwrap_or_default().iter().rev() {
        let target = format!("{}-{}", hex(&link.target.0), hex(&link.target.1));
        for kind in link.kinds.names() {
            text_pair(out, ATTRIBUTES, &format!("weft.link.{kind}"), &target);
        }
    }
    page.attributes(out, moment);
    out.varint(2, if event.status == Status::Error { ERROR } else { INFO });
    unless_zero_fixed(out, 1, start_ns(event, moment.skew_ms));
}
