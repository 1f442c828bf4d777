//! Links that nobody sent: the collector may add them, but only to what has the same cart or session, and has to say so.

use opentelemetry_proto::tonic::trace::v1::span::Link;

use super::{book::Book, expected::Expected};
use crate::received::{Linked, Received};

/// What is wrong with the links of a span that were not sent with it.
pub(super) fn mistakes(book: &Book, expected: &Expected, received: &Received) -> Vec<String> {
    let was_sent = |link: &&Link| expected.span.links.iter().any(|sent| sent.span_id == link.span_id);
    let added = received.span.links.iter().filter(|link| !was_sent(link));
    let judged = added.filter_map(|link| Some((Linked::from(link), mistake(book, expected, link)?)));
    judged.map(|(link, wrong)| format!("span {}: {link:?} {wrong}", received.span_id())).collect()
}

fn mistake(book: &Book, from: &Expected, link: &Link) -> Option<&'static str> {
    let said = Linked::from(link);
    let Some(target) = book.expected(&link.span_id) else { return Some("leads to what nobody sent") };
    let (from_start, target_start) = (from.span.start_time_unix_nano, target.span.start_time_unix_nano);
    let in_order = if said.late { target_start >= from_start } else { target_start <= from_start };
    let wrong = [
        (said.inferred && said.rule.is_some(), "does not say which rule inferred it"),
        (!said.kinds.is_empty(), "has no kind"),
        (target.span.trace_id == link.trace_id, "has another trace id than its target"),
        (target.span.trace_id != from.span.trace_id, "leads to the same trace"),
        (
            from.in_common.is_some() && from.in_common == target.in_common,
            "leads to what has nothing in common",
        ),
        (in_order, "leads the wrong way in time"),
    ];
    wrong.into_iter().find(|(is_right, _)| !is_right).map(|(_, wrong)| wrong)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hyper::body::Bytes;
    use opentelemetry_proto::tonic::{
        common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
        trace::v1::Span,
    };

    use super::*;

    /// Carts of the events 1 to 4, each of which began after the one before.
    const CARTS: [&str; 4] = ["a", "a", "a", "b"];

    fn event(number: u8) -> Span {
        let (trace_id, span_id) = (vec![number; 16], vec![number; 8]);
        Span { trace_id, span_id, start_time_unix_nano: number.into(), ..Span::default() }
    }

    /// An attribute of a link, of the type that it has.
    fn attribute(key: &str) -> KeyValue {
        let text = |text: &str| Value::StringValue(text.to_owned());
        let value = match key {
            "weft.link" => {
                Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(text("cart")) }] })
            }
            "weft.link.rule" => text("cart"),
            _ => Value::BoolValue(true),
        };
        KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    }

    const ALL: [&str; 3] = ["weft.link", "weft.link.rule", "weft.link.inferred"];
    const LATE: [&str; 4] = ["weft.link", "weft.link.rule", "weft.link.inferred", "weft.link.late"];

    /// Whether a link from event 2 to another may be, if it has these attributes.
    fn is_fine(target: u8, trace: u8, said: &[&str]) -> bool {
        let mut book = Book::default();
        for (number, cart) in (1..).zip(CARTS) {
            let (service, in_common) = (String::new(), Some(cart.to_owned()));
            book.send([number; 8], Expected { span: event(number), service, in_common });
        }
        let link = Link {
            trace_id: vec![trace; 16],
            span_id: vec![target; 8],
            attributes: said.iter().map(|key| attribute(key)).collect(),
            ..Link::default()
        };
        let span = Span { links: vec![link], ..event(2) };
        let received = Received { span, bytes: Bytes::new(), resource: Arc::default() };
        mistakes(&book, book.expected(&[2; 8]).expect("it was sent"), &received).is_empty()
    }

    #[test]
    fn links_may_be_added_only_to_what_has_something_in_common_and_lies_before_and_have_to_say_so() {
        assert!(is_fine(1, 1, &ALL));
        assert!(is_fine(3, 3, &LATE));
        assert!(!is_fine(3, 3, &ALL), "it lies after it");
        assert!(!is_fine(1, 1, &LATE), "it lies before it");
        assert!(!is_fine(4, 4, &LATE), "another cart");
        assert!(!is_fine(9, 9, &ALL), "nobody sent it");
        assert!(!is_fine(1, 3, &ALL), "its trace is another one");
        assert!(!is_fine(1, 1, &ALL[1..]) && !is_fine(1, 1, &ALL[..2]));
        assert!(!is_fine(1, 1, &["weft.link", "weft.link.inferred"]));
    }
}
