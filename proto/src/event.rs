//! The event model: what a page records, as both sides see it between encoder and decoder.

use alloc::vec::Vec;
use core::ops::{BitOr, BitOrAssign, Range};

use crate::{
    ids::{SpanId, TraceId},
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

/// The unit recorded. Finished.
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
    /// Nanoseconds by the device's monotonic clock; 0 for a moment.
    pub duration_ns: u64,
    /// Clock epoch of the page.
    pub epoch: u32,
    /// Position in [`Batch::sessions`].
    pub session: Option<u32>,
    /// Number of the parent and of the root of its trace. `None`: this is a root.
    pub parent: Option<Parent>,
    /// Number of the root before this root in its page.
    pub previous: Option<u64>,
    /// Number of the event that began the view.
    pub view: Option<u64>,
    /// Number of the interaction this belongs to.
    pub interaction: Option<u64>,
    /// Span status.
    pub status: Status,
    /// Stretch of [`Batch::attributes`].
    pub attributes: Range<u32>,
    /// Stretch of [`Batch::links`].
    pub links: Range<u32>,
}

/// What a child belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Number of the parent.
    pub number: u64,
    /// Number of the root of the trace.
    pub root: u64,
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

/// Points from an event to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it points to.
    pub target: Target,
    /// Why.
    pub kinds: LinkKinds,
    /// The rule that inferred it. `None`: it is known, not inferred.
    pub rule: Option<StrId>,
}

/// The event a link points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An event of the same page, by number.
    Own(u64),
    /// Any other span.
    Foreign(TraceId, SpanId),
}

/// A set of kinds: a link has one target and may have several reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LinkKinds(pub u32);

impl LinkKinds {
    /// What triggered it.
    pub const CAUSE: Self = Self(1);
    /// The root before it in the same page.
    pub const PREVIOUS: Self = Self(1 << 1);
    /// Its page load.
    pub const PAGE: Self = Self(1 << 2);
    /// The event that began its view.
    pub const VIEW: Self = Self(1 << 3);
    /// The last root of the session before.
    pub const SESSION: Self = Self(1 << 4);
    /// The page that opened this tab.
    pub const OPENER: Self = Self(1 << 5);
    /// The document this one stands in for.
    pub const RESTORED: Self = Self(1 << 6);
    /// The closure whose true end this is.
    pub const RESUMES: Self = Self(1 << 7);
    /// The backend trace that rendered the document.
    pub const SERVER: Self = Self(1 << 8);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::CAUSE, "cause"),
        (Self::PREVIOUS, "previous"),
        (Self::PAGE, "page"),
        (Self::VIEW, "view"),
        (Self::SESSION, "session"),
        (Self::OPENER, "opener"),
        (Self::RESTORED, "restored"),
        (Self::RESUMES, "resumes"),
        (Self::SERVER, "server"),
    ];

    /// Every bit that has a meaning.
    pub const ALL: Self = Self((1 << 9) - 1);

    /// Whether every kind of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The values of the attribute `weft.link`, always in the same order.
    pub fn names(self) -> impl DoubleEndedIterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(kind, _)| self.contains(*kind)).map(|(_, name)| name)
    }
}

impl BitOr for LinkKinds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for LinkKinds {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
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

fn stretch<'a, T>(all: &'a [T], range: &Range<u32>) -> &'a [T] {
    all.get(range.start as usize..range.end as usize).unwrap_or(&[])
}
