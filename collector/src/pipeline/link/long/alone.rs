//! One event of a batch as a batch of its own, with everything that places it in its page.

use weft_proto::{Attribute, Batch, Event, Link, Point, StrId, Strings, Value};

use crate::pipeline::{
    decode::{EVENT_NAME, LINK_NAME, OVERFLOW},
    spool::Record,
};

/// A batch of `event` alone, as if it had ended when it was last seen.
pub(super) fn alone(record: &Record, from: &Batch, event: &Event) -> Batch {
    let mut to = Batch { page_load: from.page_load, ..Batch::default() };
    let mut strings = std::mem::take(&mut to.strings);
    let mut copy = Copy { record, from: &from.strings, to: &mut strings };
    to.resource = copy.attributes(&from.resource);
    to.attributes = copy.attributes(from.attributes_of(event));
    let links = from.links_of(event).iter();
    to.links =
        links.map(|link| Link { rule: link.rule.map(|rule| copy.told(LINK_NAME, rule)), ..*link }).collect();
    let name = copy.told(EVENT_NAME, event.name);
    to.strings = strings;
    let session = event.session.and_then(|at| from.sessions.get(at as usize)).cloned();
    let refers_to = [from.page_load, event.previous].into_iter().flatten();
    let points = refers_to.filter(|number| *number != event.number);
    let mut points: Vec<_> =
        points.filter_map(|number| Some(Point { number, start_ns: from.start_of(number)? })).collect();
    points.dedup();
    to.points = points;
    to.events = vec![Event {
        name,
        session: session.as_ref().map(|_| 0),
        attributes: 0..to.attributes.len() as u32,
        links: 0..to.links.len() as u32,
        open: None,
        ..event.clone()
    }];
    to.sessions = session.into_iter().collect();
    to
}

struct Copy<'a> {
    record: &'a Record,
    from: &'a Strings,
    to: &'a mut Strings,
}

impl Copy<'_> {
    fn text(&mut self, id: StrId) -> StrId {
        self.to.intern(self.from.get(id))
    }

    /// A text, unless it is one too many.
    fn told(&mut self, name: u32, id: StrId) -> StrId {
        if self.record.overflows(name, id.0) { self.to.intern(OVERFLOW) } else { self.text(id) }
    }

    fn attributes(&mut self, all: &[Attribute]) -> Vec<Attribute> {
        let record = self.record;
        let told = all.iter().filter(|attribute| !record.leaves_out(attribute.key.0));
        let copied = told.map(|Attribute { key, value }| Attribute {
            key: self.text(*key),
            value: match value {
                Value::Text(text) => Value::Text(self.told(key.0, *text)),
                other => self.value(other),
            },
        });
        copied.collect()
    }

    /// Depth is bounded by the decoder.
    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Text(id) => Value::Text(self.text(*id)),
            Value::List(values) => Value::List(values.iter().map(|value| self.value(value)).collect()),
            Value::Map(pairs) => {
                Value::Map(pairs.iter().map(|(key, value)| (self.text(*key), self.value(value))).collect())
            }
            other => other.clone(),
        }
    }
}
