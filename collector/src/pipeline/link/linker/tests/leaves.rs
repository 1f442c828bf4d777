//! What leaves, as a destination would get it, and what must be true of that whatever has happened.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value as Any, trace::v1::Span,
};
use prost::Message;
use weft_proto::{Ids, LinkKinds};

use super::world::{SEED, World};
use crate::{
    config::EventsAs,
    ledger::Page as Book,
    pipeline::{link, spool::Reader},
};

impl World {
    /// Every span that leaves, in the order of the spool.
    fn spans(&self) -> Vec<Span> {
        let open = self.open.as_ref().unwrap();
        let (reader, mut place, mut spans) = (Reader::new(&open.segments), 0, Vec::new());
        loop {
            let chunk = reader.read(place, 1 << 20).unwrap();
            if chunk.next == place {
                return spans;
            }
            place = chunk.next;
            for placed in chunk.records {
                let parts = link::linked(&placed.record, &self.config.limits, EventsAs::Spans).unwrap();
                let here: u64 = parts.iter().map(|part| part.spans).sum();
                assert_eq!(here, placed.record.events, "what is counted is what leaves");
                for part in parts {
                    let request = ExportTraceServiceRequest::decode(part.bytes.as_slice()).unwrap();
                    let resources = request.resource_spans.into_iter();
                    let scopes = resources.flat_map(|resource| resource.scope_spans);
                    spans.extend(scopes.flat_map(|scope| scope.spans));
                }
            }
        }
    }

    /// Which events are given up, ascending.
    pub(super) fn closed(&self) -> Vec<u64> {
        let (spans, ids) = (self.spans(), Ids::new(SEED));
        (0..4).filter(|number| spans.iter().any(|span| span.span_id == ids.closure(*number))).collect()
    }

    pub(super) fn closure(&self, number: u64) -> Span {
        let id = Ids::new(SEED).closure(number);
        self.spans().into_iter().find(|span| span.span_id == id).unwrap()
    }

    fn was_sent(&self, number: u64, is_open: bool) -> bool {
        let events = self.sent.iter().flat_map(|batch| &batch.events);
        events.into_iter().any(|event| event.number == number && event.open.is_some() == is_open)
    }

    pub(super) fn check(&self) {
        let (spans, ids) = (self.spans(), Ids::new(SEED));
        for number in 0..4 {
            let at = |id: [u8; 8]| {
                let found: Vec<_> = spans.iter().enumerate().filter(|(_, span)| span.span_id == id).collect();
                assert!(found.len() <= 1, "event {number}: no id leaves twice");
                found.first().copied()
            };
            let (end, closure) = (at(ids.span(number)), at(ids.closure(number)));
            let announcement = at(ids.announcement(number));
            assert_eq!(end.is_some(), self.was_sent(number, false), "event {number}: its end");
            assert!(closure.is_none() || self.was_sent(number, true));
            assert!(announcement.is_none() || self.was_sent(number, true));
            assert!(
                announcement.is_none_or(|(_, span)| span.start_time_unix_nano == span.end_time_unix_nano)
            );
            let resumes = LinkKinds::RESUMES.names().next().unwrap();
            let links = |span: &Span| {
                let of = span.links.iter().filter(|link| format!("{link:?}").contains(resumes));
                of.map(|link| link.span_id.clone()).collect::<Vec<_>>()
            };
            match (end, closure) {
                (Some((end, span)), Some((closure, _))) => {
                    assert!(closure < end, "event {number}: nothing is given up that has ended");
                    assert_eq!(links(span), [ids.closure(number).to_vec()]);
                }
                (Some((_, span)), None) => assert!(links(span).is_empty()),
                _ => {}
            }
        }
        assert!(self.ledger.snapshot().keys.values().all(Book::balances));
    }

    pub(super) fn check_all_is_decided(&self) {
        self.check();
        let closed = self.closed();
        for number in 0..4 {
            let is_open = self.was_sent(number, true) && !self.was_sent(number, false);
            assert!(!is_open || closed.contains(&number), "event {number} is still waited for");
        }
        assert_eq!(self.open.as_ref().unwrap().linker.with.index.longs.sizes(), Default::default());
    }
}

/// An attribute as text.
pub(super) fn attribute(span: &Span, key: &str) -> Option<String> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.clone()?.value? {
        Any::StringValue(text) => Some(text),
        Any::IntValue(int) => Some(int.to_string()),
        other => panic!("{other:?}"),
    }
}
