//! A tab whose events have the times and attributes that a test gives them, in batches of any stretch of them.

use std::ops::Range;

use weft_proto::{
    Attribute, Batch, Event, Ids, InTrace, Kind, Link, LinkKinds, Point, Seed, Session, Target, Value,
};

use super::{Id, Served};
use crate::{clock::TestClock, page::sealed};

const NAME: &str = "browser.user_action.click";

/// An event that is to happen.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    at_ms: u64,
    attributes: Vec<(String, Told)>,
    root: Option<u64>,
    is_request: bool,
    rendered_in: Option<([u8; 16], [u8; 8])>,
}

/// The value of an attribute.
#[derive(Clone, Debug)]
enum Told {
    Text(String),
    Int(i64),
}

/// An event so many milliseconds after the beginning of the story.
#[must_use]
pub fn at(ms: u64) -> Moment {
    Moment { at_ms: ms, ..Moment::default() }
}

impl Moment {
    /// With this attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.attributes.push((key.to_owned(), Told::Text(value.to_owned())));
        self
    }

    /// With this whole number.
    #[must_use]
    pub fn with_number(mut self, key: &str, value: i64) -> Self {
        self.attributes.push((key.to_owned(), Told::Int(value)));
        self
    }

    /// A request of the page.
    #[must_use]
    pub fn requesting(self) -> Self {
        Self { is_request: true, ..self }
    }

    /// A page load that says that this span rendered it.
    #[must_use]
    pub fn rendered_in(self, span: &Served) -> Self {
        Self { rendered_in: Some(span.ids()), ..self }
    }

    /// Inside the event of this number, which is a root: in its trace.
    #[must_use]
    pub fn inside(self, root: u64) -> Self {
        Self { root: Some(root), ..self }
    }
}

/// One tab. Its events are numbered as they are recorded, which is the order in which they happen.
pub struct Tab {
    seed: Seed,
    began_ms: u64,
    moments: Vec<Moment>,
    sent: u64,
    batches: u64,
}

impl Tab {
    pub(super) fn new(seed: u8, began_ms: u64) -> Self {
        Self { seed: Seed([seed; 16]), began_ms, moments: Vec::new(), sent: 0, batches: 0 }
    }

    /// Something happens; its id.
    pub fn record(&mut self, moment: Moment) -> Id {
        self.moments.push(moment);
        self.id(self.recorded() - 1)
    }

    /// How many events it has.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.moments.len() as u64
    }

    /// The id of an event.
    #[must_use]
    pub fn id(&self, number: u64) -> Id {
        let (ids, root) = (Ids::new(self.seed), self.moment(number).root.unwrap_or(number));
        Id::new(&ids.trace(root), &ids.span(number))
    }

    /// The root before an event that is a root.
    #[must_use]
    pub fn previous(&self, number: u64) -> Option<u64> {
        let is_root = |number: &u64| self.moment(*number).root.is_none();
        (0..number).rev().find(is_root).filter(|_| is_root(&number))
    }

    /// A batch of all that is recorded and was not in one of these.
    pub fn unsent(&mut self) -> Vec<u8> {
        let events = self.sent..self.recorded();
        self.sent = events.end;
        self.request(events)
    }

    /// A batch of these events, whether they were sent or not.
    pub fn request(&mut self, events: Range<u64>) -> Vec<u8> {
        let number = self.batches;
        self.batches += 1;
        sealed(&self.batch(events), self.seed, number, TestClock::default().now_ms() as u64)
    }

    fn batch(&self, events: Range<u64>) -> Batch {
        let session = Session { id: self.seed.0, previous_id: None, randomness: 7 };
        let mut batch = Batch { sessions: vec![session], ..Batch::default() };
        let mut before: Vec<u64> =
            events.clone().filter_map(|number| self.previous(number)).filter(|n| *n < events.start).collect();
        before.dedup();
        let point = |number| Point { number, start_ns: self.start_ns(number) };
        batch.points = before.into_iter().map(point).collect();
        for number in events {
            if self.moment(number).rendered_in.is_some() {
                batch.page_load = Some(number);
            }
            let event = self.event(&mut batch, number);
            batch.events.push(event);
        }
        batch
    }

    fn event(&self, batch: &mut Batch, number: u64) -> Event {
        let moment = self.moment(number);
        let first = batch.attributes.len() as u32;
        for (key, value) in &moment.attributes {
            let key = batch.strings.intern(key);
            let value = match value {
                Told::Text(text) => Value::Text(batch.strings.intern(text)),
                Told::Int(number) => Value::Int(*number),
            };
            batch.attributes.push(Attribute { key, value });
        }
        let links = batch.links.len() as u32;
        batch.links.extend(moment.rendered_in.map(|(trace, span)| Link {
            target: Target::Foreign(trace, span),
            kinds: LinkKinds::SERVER,
            rule: None,
        }));
        Event {
            number,
            name: batch.strings.intern(NAME),
            kind: if moment.is_request { Kind::Client } else { Kind::Internal },
            links: links..batch.links.len() as u32,
            start_ns: self.start_ns(number),
            session: Some(0),
            trace: moment.root.map(|root| InTrace { root, parent: Some(root) }),
            previous: self.previous(number),
            attributes: first..batch.attributes.len() as u32,
            ..Event::default()
        }
    }

    fn start_ns(&self, number: u64) -> u64 {
        (self.began_ms + self.moment(number).at_ms) * 1_000_000
    }

    fn moment(&self, number: u64) -> &Moment {
        let place = usize::try_from(number).expect("a tab of few events");
        self.moments.get(place).expect("it is recorded")
    }
}
