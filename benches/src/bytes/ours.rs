//! What our collector says of every event of ours: session, page, number, view, what came before and how long ago. It follows
//! from where an event is in its page, so a batch does not hold it, and it comes back without.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
    trace::v1::{Span, span},
};
use weft_proto::{Batch, Event, Ids, Link, LinkKinds, Point, Session, Target};

use super::{
    json::{hex, unhex},
    page::Page,
};

/// What flags say on spans and links of ours: sampled, ids are random, and no remote parent.
pub(super) const FLAGS: u32 = 0x103;

/// Numbers of the events of a page, by their span ids as they were recorded.
pub(super) type Numbers = HashMap<Vec<u8>, u64>;

/// `weft.page.id` of a span, if it is of ours.
pub(super) fn page_id(span: &Span) -> Option<&str> {
    text(&span.attributes, "weft.page.id")
}

/// `weft.seq`: its number.
pub(super) fn number(span: &Span) -> Option<u64> {
    match find(&span.attributes, "weft.seq")? {
        Value::IntValue(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// The ids in attributes as they follow from numbers now.
pub(super) fn renumbered(attributes: &mut [KeyValue], ids: &Ids, numbers: &Numbers) {
    for attribute in attributes {
        let Some(Value::StringValue(id)) = attribute.value.as_mut().and_then(|value| value.value.as_mut())
        else {
            continue;
        };
        match attribute.key.as_str() {
            "weft.page.id" => *id = hex(&ids.page()),
            "weft.view.id" | "weft.interaction.id" => {
                let number = unhex(id).and_then(|id| numbers.get(&id).copied());
                if let Some(number) = number {
                    *id = hex(&ids.span(number));
                }
            }
            _ => {}
        }
    }
}

/// Where an event is in its page, as far as what is said of it tells; and how many attributes are its own.
pub(super) struct Placed {
    session: Session,
    previous: Option<u64>,
    view: Option<u64>,
    interaction: Option<u64>,
    links: Vec<(Target, LinkKinds)>,
    own: usize,
}

/// Reads it off a span. `None`: it is no event of ours.
pub(super) fn placed(span: &Span, page: &Page) -> Option<Placed> {
    let id = |key: &str| unhex(text(&span.attributes, key)?);
    let numbered = |key: &str| page.by_span.get(&id(key)?).copied();
    let randomness = span.trace_state.strip_prefix("ot=rv:")?;
    let mut placed = Placed {
        session: Session {
            id: id("session.id")?.try_into().ok()?,
            previous_id: id("session.previous_id").and_then(|id| id.try_into().ok()),
            randomness: u64::from_str_radix(randomness, 16).ok()?,
        },
        previous: None,
        view: numbered("weft.view.id"),
        interaction: numbered("weft.interaction.id"),
        links: Vec::new(),
        own: span.attributes.iter().position(|attribute| attribute.key == "session.id")?,
    };
    for link in &span.links {
        let target = page.number_of(&link.trace_id, &link.span_id);
        let mut kinds = kinds_of(link)?;
        if kinds.contains(LinkKinds::PREVIOUS) {
            placed.previous = target;
        }
        // What follows is not declared.
        kinds.0 &= !(LinkKinds::PREVIOUS | LinkKinds::PAGE | LinkKinds::VIEW).0;
        if kinds != LinkKinds::default() {
            let foreign = || Some((*link.trace_id.first_chunk()?, *link.span_id.first_chunk()?));
            let target = match target {
                Some(number) => Target::Own(number),
                None => foreign().map(|(trace, span)| Target::Foreign(trace, span))?,
            };
            placed.links.push((target, kinds));
        }
    }
    Some(placed)
}

/// Number of the page load, which `page` links point to.
pub(super) fn page_load<'a>(spans: impl Iterator<Item = &'a Span>, page: &Page) -> Option<u64> {
    let mut links = spans.flat_map(|span| &span.links);
    let link = links.find(|link| kinds_of(link).is_some_and(|kinds| kinds.contains(LinkKinds::PAGE)))?;
    page.number_of(&link.trace_id, &link.span_id)
}

/// Says of `event`, which is the next of the batch, where it is, and takes that from `span`, if it comes back from there.
pub(super) fn take(span: &mut Span, placed: Placed, page: &Page, batch: &mut Batch, event: &mut Event) {
    let before = event.clone();
    let known = batch.sessions.iter().position(|session| *session == placed.session);
    let at = known.unwrap_or(batch.sessions.len());
    if known.is_none() {
        batch.sessions.push(placed.session);
    }
    event.session = Some(at as u32);
    (event.previous, event.view, event.interaction) = (placed.previous, placed.view, placed.interaction);
    // Nobody is told of a child's: it is in that of what was before it.
    if event.parent().is_some() {
        (event.view, event.interaction) =
            batch.events.last().map_or((None, None), |last| (last.view, last.interaction));
    }
    let links = batch.links.len();
    batch.links.extend(placed.links.into_iter().map(|(target, kinds)| Link { target, kinds, rule: None }));
    event.links = links as u32..batch.links.len() as u32;
    for number in [event.previous, batch.page_load].into_iter().flatten() {
        if let Some(start_ns) = page.starts.get(&number)
            && batch.points.iter().all(|point| point.number != number)
        {
            batch.points.push(Point { number, start_ns: *start_ns });
        }
    }
    let (attributes, said) = said(batch, event, &page.ids);
    let (own, rest) = span.attributes.split_at(placed.own);
    // As `links` has them.
    let ids = |link: &span::Link| match page.number_of(&link.trace_id, &link.span_id) {
        Some(number) => (Vec::new(), page.ids.span(number).to_vec()),
        None => (link.trace_id.clone(), link.span_id.clone()),
    };
    let same = said.len() == span.links.len()
        && said.iter().zip(&span.links).all(|(one, other)| {
            (&one.attributes, one.flags, (one.trace_id.clone(), one.span_id.clone()))
                == (&other.attributes, other.flags, ids(other))
                && other.trace_state.is_empty()
                && other.dropped_attributes_count == 0
        });
    if same && attributes == rest {
        span.attributes.truncate(own.len());
        span.links.clear();
        span.trace_state.clear();
    } else {
        batch.links.truncate(links);
        *event = before;
    }
}

/// What the collector says of an event that has a session: attributes behind its own, and links.
pub(super) fn said(batch: &Batch, event: &Event, ids: &Ids) -> (Vec<KeyValue>, Vec<span::Link>) {
    let mut all = Vec::new();
    if let Some(session) = session(batch, event) {
        all.push(pair("session.id", Value::StringValue(hex(&session.id))));
        if let Some(id) = session.previous_id {
            all.push(pair("session.previous_id", Value::StringValue(hex(&id))));
        }
    }
    all.push(pair("weft.page.id", Value::StringValue(hex(&ids.page()))));
    all.push(pair("weft.seq", Value::IntValue(event.number as i64)));
    if event.parent().is_none() {
        let span = |number: u64| Value::StringValue(hex(&ids.span(number)));
        all.extend(event.view.map(|number| pair("weft.view.id", span(number))));
        let earlier =
            [("weft.since_previous_ms", event.previous), ("weft.since_page_load_ms", batch.page_load)];
        for (key, number) in earlier {
            let number = number.filter(|number| *number != event.number);
            if let Some(start) = number.and_then(|number| batch.start_of(number)) {
                let since = event.start_ns as i64 - start as i64;
                all.push(pair(key, Value::IntValue((since + 500_000 * since.signum()) / 1_000_000)));
            }
        }
        all.extend(event.interaction.map(|number| pair("weft.interaction.id", span(number))));
    }
    (all, links(batch, event, ids))
}

/// `tracestate` of an event that has a session.
pub(super) fn trace_state(batch: &Batch, event: &Event) -> Option<String> {
    session(batch, event).map(|session| format!("ot=rv:{:014x}", session.randomness))
}

fn session<'a>(batch: &'a Batch, event: &Event) -> Option<&'a Session> {
    event.session.and_then(|at| batch.sessions.get(at as usize))
}

/// What it declares, and then what follows; one per target.
fn links(batch: &Batch, event: &Event, ids: &Ids) -> Vec<span::Link> {
    let mut all: Vec<(Target, LinkKinds)> = Vec::new();
    let mut add = |target, kinds| match all.iter_mut().find(|(known, _)| *known == target) {
        Some((_, known)) => *known |= kinds,
        None => all.push((target, kinds)),
    };
    for link in batch.links_of(event) {
        add(link.target, link.kinds);
    }
    let is_root = event.parent().is_none();
    let own = [
        (event.previous, LinkKinds::PREVIOUS),
        (batch.page_load.filter(|_| is_root), LinkKinds::PAGE),
        (event.view.filter(|view| is_root && Some(*view) != batch.page_load), LinkKinds::VIEW),
    ];
    for (number, kinds) in own {
        if let Some(number) = number.filter(|number| *number != event.number) {
            add(Target::Own(number), kinds);
        }
    }
    let link = |(target, kinds): (Target, LinkKinds)| {
        let names = kinds.names().map(|name| AnyValue { value: Some(Value::StringValue(name.to_owned())) });
        let (trace_id, span_id, flags) = match target {
            // Which trace it is in is told by the span that it points to.
            Target::Own(number) => (Vec::new(), ids.span(number).to_vec(), FLAGS),
            Target::Foreign(trace, span) => (trace.to_vec(), span.to_vec(), 0),
        };
        let kinds = pair("weft.link", Value::ArrayValue(ArrayValue { values: names.collect() }));
        span::Link { trace_id, span_id, flags, attributes: vec![kinds], ..span::Link::default() }
    };
    all.into_iter().map(link).collect()
}

/// The kinds of a link, if it says nothing else.
fn kinds_of(link: &span::Link) -> Option<LinkKinds> {
    let [KeyValue { key, value: Some(AnyValue { value: Some(Value::ArrayValue(list)) }), .. }] =
        link.attributes.as_slice()
    else {
        return None;
    };
    let one = |value: &AnyValue| match &value.value {
        Some(Value::StringValue(name)) => {
            let mut kinds = (0..16).map(|bit| LinkKinds(1 << bit));
            kinds.find(|kind| kind.names().eq([name.as_str()]))
        }
        _ => None,
    };
    let kinds = list.values.iter().map(one).collect::<Option<Vec<_>>>().filter(|_| key == "weft.link")?;
    Some(kinds.into_iter().fold(LinkKinds::default(), |all, kind| all | kind))
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    if let Value::StringValue(text) = find(attributes, key)? { Some(text) } else { None }
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
