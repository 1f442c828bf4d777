//! Events of a page that rules look at.

use std::{borrow::Cow, sync::Arc};

use weft_proto::{Attribute, Batch, Event, Head, Kind, LinkKinds, StrId, Target, Value};

use super::{Beside, Candidate, Ends, Look, Rules, SESSION, server::Server, weight};
use crate::{
    config::{Rule, Subject},
    pipeline::{
        link::{self, PageIds, hex},
        spool::{PageTag, Record},
    },
};

impl Rules {
    /// Events of a batch that wait.
    pub(crate) fn in_batch(&self, record: &Record, head: &Head, batch: &Batch) -> Vec<Candidate> {
        let rules: Vec<_> = self.of_browsers.iter().filter_map(|rule| Wanted::of(rule, batch)).collect();
        let server = self.server.as_deref().and_then(|server| WantedIds::of(server, batch));
        if rules.is_empty() && server.is_none() {
            return Vec::new();
        }
        let mut ids = PageIds::new(head.seed, batch);
        let page = Some(PageTag::in_key(&record.key, &record.page));
        let mut candidates = Vec::new();
        for event in batch.events.iter().filter(|event| event.open.is_none()) {
            let mut looks = Vec::new();
            looks.extend(rules.iter().filter_map(|wanted| self.by_rule(wanted, record, batch, event)));
            if let Some(server) = &server {
                self.by_server(server, record, batch, event, &mut looks);
            }
            if looks.is_empty() {
                continue;
            }
            let (trace_id, span_id) = ids.both(event.number);
            candidates.push(Candidate {
                at: event.number,
                trace_id,
                span_id,
                start_ns: link::start_ns(event, link::skew_of(record, head, event)),
                seq: event.number,
                page,
                bytes: weight::OF_EVENT + weight::written(batch, event) + weight::links(&looks),
                looks,
            });
        }
        candidates
    }

    fn by_rule(&self, wanted: &Wanted<'_>, record: &Record, batch: &Batch, event: &Event) -> Option<Look> {
        let values = wanted.values(batch, event)?;
        let ends = Ends::of(wanted.rule, &InBatch { batch, event })?;
        Some(Look::of(wanted.rule, self.seed.shared(&record.application, wanted.rule, &values), ends))
    }

    fn by_server(
        &self,
        WantedIds { server, names }: &WantedIds<'_>,
        record: &Record,
        batch: &Batch,
        event: &Event,
        looks: &mut Vec<Look>,
    ) {
        let of = |rule: &_, values: &[_]| self.seed.shared(&record.application, rule, values);
        if event.kind == Kind::Client {
            for attribute in batch.attributes_of(event) {
                let Some(header) = names.get(attribute.key.0 as usize).copied().flatten() else { continue };
                let value = only(&attribute.value).and_then(|value| as_text(batch, value));
                let Some(value) = value.filter(|value| Server::is_id(value)) else { continue };
                server.add(Ends::TO, &of(&server.requests, &[header.into(), value]), looks);
            }
        }
        // A document was rendered once, and only its load says so.
        let is_load = batch.page_load == Some(event.number);
        let rendered =
            batch.links_of(event).iter().filter(|link| is_load && link.kinds.contains(LinkKinds::SERVER));
        for link in rendered.take(1) {
            let Target::Foreign(trace, span) = link.target else { continue };
            let shared = of(&server.renderings, &[hex(&trace).into()]);
            let beside = Beside::Claims(trace, span);
            looks.push(Look { beside, ..Look::of(&server.renderings, shared, Ends::BOTH) });
        }
    }
}

/// The rule `server`, where a batch has anything for it.
struct WantedIds<'a> {
    server: &'a Server,
    /// By position of a string: the header whose values attributes of this name hold.
    names: Vec<Option<&'a str>>,
}

impl<'a> WantedIds<'a> {
    fn of(server: &'a Server, batch: &Batch) -> Option<Self> {
        let names = || strings(batch).map(|name| server.header_of(name));
        let is_wanted = names().any(|header| header.is_some())
            || batch.page_load.is_some()
                && batch.links.iter().any(|link| link.kinds.contains(LinkKinds::SERVER));
        is_wanted.then(|| Self { server, names: names().collect() })
    }
}

/// A rule whose attributes a batch has, and where.
struct Wanted<'a> {
    rule: &'a Arc<Rule>,
    /// For each of its attributes, by position of a string, whether it is of that name: a client may send one text
    /// twice, and twenty thousand times.
    names: Vec<Vec<bool>>,
}

impl<'a> Wanted<'a> {
    fn of(rule: &'a Arc<Rule>, batch: &Batch) -> Option<Self> {
        let strings = || strings(batch);
        let mut names = Vec::with_capacity(rule.by.len());
        for name in &rule.by {
            if name != SESSION && strings().all(|text| text != name) {
                return None;
            }
            names.push(strings().map(|text| text == name).collect());
        }
        Some(Self { rule, names })
    }

    /// The values of `event`, if it has all of them.
    fn values<'b>(&self, batch: &'b Batch, event: &Event) -> Option<Vec<Cow<'b, str>>> {
        let attributes = batch.attributes_of(event);
        let value = |(name, is_name): (&String, &Vec<bool>)| {
            if name == SESSION {
                return session(batch, event);
            }
            let is_it = |key: StrId| is_name.get(key.0 as usize).copied().unwrap_or(false);
            let attribute = attributes.iter().find(|attribute| is_it(attribute.key))?;
            as_text(batch, &attribute.value).filter(|text| !text.is_empty())
        };
        self.rule.by.iter().zip(&self.names).map(value).collect()
    }
}

/// An event as a condition sees it.
struct InBatch<'a> {
    batch: &'a Batch,
    event: &'a Event,
}

impl Subject for InBatch<'_> {
    fn name(&self) -> Cow<'_, str> {
        self.batch.strings.get(self.event.name).into()
    }

    fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        if name == SESSION {
            return session(self.batch, self.event);
        }
        let is_it = |attribute: &&Attribute| self.batch.strings.get(attribute.key) == name;
        let attribute = self.batch.attributes_of(self.event).iter().find(is_it)?;
        as_text(self.batch, &attribute.value)
    }
}

/// Stamped by the collector: what a client says under this name is removed.
fn session(batch: &Batch, event: &Event) -> Option<Cow<'static, str>> {
    let session = batch.sessions.get(event.session? as usize)?;
    Some(Cow::Owned(hex(&session.id)))
}

fn strings(batch: &Batch) -> impl Iterator<Item = &str> {
    batch.strings.iter().map(|(_, text)| text)
}

/// The value, or what is alone in a list: headers are lists of what they were given (semantic conventions for HTTP).
fn only(value: &Value) -> Option<&Value> {
    match value {
        Value::List(values) => values.first().filter(|_| values.len() == 1),
        value => Some(value),
    }
}

/// As [`crate::pipeline::decode::RawSpan::attribute`] writes it, so that both sides of a link agree.
fn as_text<'a>(batch: &'a Batch, value: &Value) -> Option<Cow<'a, str>> {
    Some(match value {
        Value::Text(id) => Cow::Borrowed(batch.strings.get(*id)),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Int(int) => Cow::Owned(int.to_string()),
        Value::Double(double) => Cow::Owned(double.to_string()),
        Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::Empty => return None,
    })
}
