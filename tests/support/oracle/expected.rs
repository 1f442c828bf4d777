//! What a span has to look like at a destination, whatever the collector adds to it.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};

use crate::received::Received;

/// Attribute of events that a destination may be told to dislike.
pub const MARK: &str = "test.marked";

/// What was sent of one span.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// With the attributes and links that were sent.
    pub(super) span: Span,
    /// `service.name` of whoever sent it.
    pub(super) service: String,
    /// The cart or session by which a rule may link it.
    pub(super) in_common: Option<String>,
}

impl Expected {
    /// What is wrong with a copy that arrived; nothing, mostly.
    pub(super) fn differences(&self, received: &Received) -> Vec<String> {
        let (sent, came) = (&self.span, &received.span);
        let mut wrong = Vec::new();
        let mut check = |same: bool, what: &str| {
            if !same {
                wrong.push(format!("span {}: its {what} is not what was sent", received.span_id()));
            }
        };
        check(sent.trace_id == came.trace_id, "trace id");
        check(sent.name == came.name, "name");
        check(sent.kind == came.kind, "kind");
        check(sent.parent_span_id == came.parent_span_id, "parent");
        check(sent.start_time_unix_nano == came.start_time_unix_nano, "start");
        check(sent.end_time_unix_nano == came.end_time_unix_nano, "end");
        check(self.service == received.service(), "service");
        check(sent.attributes.iter().all(|sent| came.attributes.contains(sent)), "attributes");
        let has_link = |target: &[u8]| came.links.iter().any(|link| link.span_id == target);
        check(sent.links.iter().all(|link| has_link(&link.span_id)), "links");
        wrong
    }
}

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

pub(super) fn int(key: &str, value: i64) -> KeyValue {
    pair(key, Value::IntValue(value))
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
