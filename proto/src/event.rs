//! The event model: what a page records, as both sides see it between encoder and decoder.

mod link;

use alloc::vec::Vec;
use core::ops::Range;

pub use self::link::{Link, LinkKinds, Target};
use crate::{
    rare::Rare,
    strings::{StrId, Strings},
};

/// Events of one page, sealed together. Attributes and links of all events are in one list each;
/// an event says which stretch is its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Every string that anything below refers to.
    pub strings: Strings,
    /// What the client says of itself. A claim, not an identity.
    pub resource: Vec<Attribute>,
    /// Sessions that `events` belong to.
    pub sessions: Vec<Session>,
    /// Number of the page load, if the page has recorded one.
    pub page_load: Option<u64>,
    /// Events referred to (page load, `previous`) that are not in `events`.
    pub points: Vec<Point>,
    /// By ascending number.
    pub events: Vec<Event>,
    /// Attributes of all events.
    pub attributes: Vec<Attribute>,
    /// Links of all events, but for `previous` and `page`, which follow from the events themselves.
    pub links: Vec<Link>,
    /// What the SDK gave up since the batch before.
    pub dropped: Vec<Dropped>,
}

/// A person's stretch of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `session.id`.
    pub id: [u8; 16],
    /// `session.previous_id`.
    pub previous_id: Option<[u8; 16]>,
    /// `rv` of the session's sampling decision; 56 bits.
    pub randomness: u64,
}

/// When an event that is not in the batch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its number.
    pub number: u64,
    /// Nanoseconds since 1970.
    pub start_ns: u64,
}

/// The unit recorded: finished, or the page's word that a long one still runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Event {
    /// Counted from 0 in the page when the event started. Its ids derive from it.
    pub number: u64,
    /// Span name.
    pub name: StrId,
    /// Span kind.
    pub kind: Kind,
    /// Nanoseconds since 1970 by the device's wall clock.
    pub start_ns: u64,
    /// Nanoseconds by the device's monotonic clock; 0 for a moment. Of an open one: until it was last seen.
    pub duration_ns: u64,
    /// Clock epoch of the page.
    pub epoch: u32,
    /// Position in [`Batch::sessions`].
    pub session: Option<u32>,
    /// The trace of another event that it is in. `None`: it is the root of its own.
    pub trace: Option<InTrace>,
    /// Number of the root before this root in its page.
    pub previous: Option<u64>,
    /// Number of the event that began the view.
    pub view: Option<u64>,
    /// Number of the interaction this belongs to.
    pub interaction: Option<u64>,
    /// Span status.
    pub status: Status,
    /// `Some`: it has not ended. This is not the event: it takes no number and is never exported under its ids. What was
    /// told before (name, attributes, links) may be left out: then the name is empty.
    pub open: Option<OpenState>,
    /// Stretch of [`Batch::attributes`].
    pub attributes: Range<u32>,
    /// Stretch of [`Batch::links`].
    pub links: Range<u32>,
}

/// The trace of another root that an event is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InTrace {
    /// Number of the root of the trace.
    pub root: u64,
    /// Number of the parent. `None`: it has none any more, because that ended first; the trace had been told to others.
    pub parent: Option<u64>,
}

/// How a page was when it last said that an event is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OpenState {
    /// Seen by a person.
    Visible = 1,
    /// Visible, and nobody did anything for long.
    Idle = 2,
    /// Hidden.
    Hidden = 3,
    /// Frozen by the browser.
    Frozen = 4,
    /// Known to be dead: another page says so, which sends what this one left behind.
    Gone = 5,
}

impl OpenState {
    /// From its number on the wire.
    #[must_use]
    pub fn from_wire(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Visible,
            2 => Self::Idle,
            3 => Self::Hidden,
            4 => Self::Frozen,
            5 => Self::Gone,
            _ => return None,
        })
    }
}

/// `opentelemetry.proto.trace.v1.Span.SpanKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Kind {
    Unspecified = 0,
    #[default]
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

impl Kind {
    /// From OTLP's number.
    #[must_use]
    pub fn from_otlp(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Unspecified,
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => return None,
        })
    }
}

/// `opentelemetry.proto.trace.v1.Status.StatusCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Status {
    #[default]
    Unset = 0,
    Ok = 1,
    Error = 2,
}

impl Status {
    /// From OTLP's number.
    #[must_use]
    pub fn from_otlp(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Unset,
            1 => Self::Ok,
            2 => Self::Error,
            _ => return None,
        })
    }
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Attribute name.
    pub key: StrId,
    /// Attribute value.
    pub value: Value,
}

/// `opentelemetry.proto.common.v1.AnyValue`, strings by position.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Text(StrId),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Rare<u8>),
    List(Rare<Value>),
    Map(Rare<(StrId, Value)>),
    /// An `AnyValue` without a value.
    Empty,
}

/// Events that the SDK recorded and gave up, or refused to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Why.
    pub reason: StrId,
    /// How many.
    pub count: u64,
}

impl Batch {
    /// Attributes of `event`.
    #[must_use]
    pub fn attributes_of(&self, event: &Event) -> &[Attribute] {
        stretch(&self.attributes, &event.attributes)
    }

    /// Links of `event`, without `previous` and `page`.
    #[must_use]
    pub fn links_of(&self, event: &Event) -> &[Link] {
        stretch(&self.links, &event.links)
    }

    /// When event `number` began, if this batch knows it. Nanoseconds since 1970.
    #[must_use]
    pub fn start_of(&self, number: u64) -> Option<u64> {
        match self.events.binary_search_by_key(&number, |event| event.number) {
            Ok(at) => self.events.get(at).map(|event| event.start_ns),
            Err(_) => self.points.iter().find(|point| point.number == number).map(|point| point.start_ns),
        }
    }
}

impl Event {
    /// Number of the root of the trace it is in.
    #[must_use]
    pub fn root(&self) -> u64 {
        self.trace.map_or(self.number, |trace| trace.root)
    }

    /// Number of its parent. Without one it has the links and attributes of a root, whatever trace it is in.
    #[must_use]
    pub fn parent(&self) -> Option<u64> {
        self.trace.and_then(|trace| trace.parent)
    }
}

fn stretch<'a, T>(all: &'a [T], range: &Range<u32>) -> &'a [T] {
    all.get(range.start as usize..range.end as usize).unwrap_or(&[])
}
