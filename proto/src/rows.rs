//! The events of a batch as rows of numbers: what is recorded into, and what the encoder reads. Everything is a number, a
//! string or an id, so that the code that handles it, which browsers download, is small.
//!
//! Indices come from whoever fills the rows; one that is out of bounds reads as 0, and never panics.

mod words;

use alloc::vec::Vec;

pub use self::words::Words;
use crate::{
    event::{Kind, Session, Status},
    ids::{SpanId, TraceId},
};

/// What a row says of an event. An optional number is that plus 1; 0: none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[allow(missing_docs)]
pub enum Field {
    Number = 0,
    /// Nanoseconds since 1970.
    Start,
    /// Nanoseconds.
    Duration,
    Epoch,
    /// Position in the sessions, optional.
    Session,
    /// Number of an event, optional, as are the five below.
    Parent,
    /// Of the root of the trace of another that it is in.
    Root,
    Previous,
    View,
    Interaction,
    /// [`crate::OpenState`], or 0.
    State,
    /// Span kind times 3, plus status; see [`sort`].
    Sort,
    /// Position of the name in the texts.
    Name,
    /// Attributes end there, and begin where those of the row that was added before end.
    Attributes,
    /// Links, the same.
    Links,
}

/// How many numbers a row has.
pub const FIELDS: usize = 15;

/// A row.
pub type Row = [u64; FIELDS];

/// Types of values, as they stand on the wire.
pub mod kind {
    /// Position of a text.
    pub const TEXT: u64 = 0;
    /// 0 or 1.
    pub const BOOL: u64 = 1;
    /// 64 bits of a signed integer.
    pub const INT: u64 = 2;
    /// 64 bits of a double.
    pub const DOUBLE: u64 = 3;
    /// Position of its first part in the nested ones.
    pub const NESTED: u64 = 4;
}

/// Numbers of an attribute: key, type, value.
pub(crate) const ATTRIBUTE: usize = 3;

/// Numbers of a link: target, kinds, rule.
pub(crate) const LINK: usize = 3;

/// A batch that is being recorded.
#[derive(Clone)]
pub struct Rows {
    /// Texts that anything below refers to.
    pub words: Words,
    /// Sessions that events belong to.
    pub sessions: Vec<Session>,
    /// Number of the page load, plus 1; 0: the page has none.
    pub page_load: u64,
    /// Number and start of events that are referred to.
    pub points: Vec<u64>,
    /// Reason and count of what was given up.
    pub dropped: Vec<u64>,
    pub(crate) events: Vec<u64>,
    pub(crate) attributes: Vec<u64>,
    /// How many of the last attributes are those of the resource.
    pub(crate) resource: usize,
    /// Parts of nested values, a mark and a number each; see `nested.rs`.
    pub(crate) nested: Vec<u64>,
    /// Bytes in nested values.
    pub(crate) bytes: Vec<u8>,
    pub(crate) links: Vec<u64>,
    /// Ids of other pages and systems.
    pub(crate) foreign: Vec<u8>,
}

/// The number at `at`.
#[inline(never)]
pub(crate) fn at(numbers: &[u64], at: usize) -> u64 {
    numbers.get(at).copied().unwrap_or(0)
}

/// Sets the number at `at`.
#[inline(never)]
pub(crate) fn set_at(numbers: &mut [u64], at: usize, value: u64) {
    if let Some(place) = numbers.get_mut(at) {
        *place = value;
    }
}

/// Says something in a row.
pub fn set(row: &mut Row, field: Field, value: u64) {
    set_at(row, field as usize, value);
}

/// [`Field::Sort`].
#[must_use]
pub fn sort(kind: Kind, status: Status) -> u64 {
    kind as u64 * 3 + status as u64
}

impl Default for Rows {
    fn default() -> Self {
        Self::new()
    }
}

impl Rows {
    /// Nothing is recorded yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            words: Words::new(),
            sessions: Vec::new(),
            page_load: 0,
            points: Vec::new(),
            dropped: Vec::new(),
            events: Vec::new(),
            attributes: Vec::new(),
            resource: 0,
            nested: Vec::new(),
            bytes: Vec::new(),
            links: Vec::new(),
            foreign: Vec::new(),
        }
    }

    /// Nothing is recorded any more; what it took is kept for what comes.
    pub fn clear(&mut self) {
        self.words.clear();
        self.sessions.clear();
        self.points.clear();
        self.dropped.clear();
        self.events.clear();
        self.attributes.clear();
        self.nested.clear();
        self.bytes.clear();
        self.links.clear();
        self.foreign.clear();
    }

    /// How many events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len() / FIELDS
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// What the row at `row` says.
    #[must_use]
    pub fn get(&self, row: usize, field: Field) -> u64 {
        at(&self.events, row * FIELDS + field as usize)
    }

    /// Where the attributes or links of a row begin.
    pub(crate) fn start(&self, row: usize, field: Field) -> usize {
        row.checked_sub(1).map_or(0, |before| self.get(before, field) as usize)
    }

    /// Adds an event, after its attributes and links.
    pub fn push(&mut self, mut row: Row) {
        let [.., attributes, links] = &mut row;
        *attributes = (self.attributes.len() / ATTRIBUTE) as u64;
        *links = (self.links.len() / LINK) as u64;
        self.events.extend_from_slice(&row);
    }

    /// Adds an attribute.
    pub fn attribute(&mut self, key: u64, kind: u64, value: u64) {
        self.attributes.extend_from_slice(&[key, kind, value]);
    }

    /// The key of the attribute that is so many from the end.
    #[must_use]
    pub fn last_key(&self, back: usize) -> Option<u64> {
        let at = self.attributes.len().checked_sub((back + 1) * ATTRIBUTE)?;
        self.attributes.get(at).copied()
    }

    /// Takes back so many of the last attributes.
    pub fn drop_attributes(&mut self, count: usize) {
        self.attributes.truncate(self.attributes.len().saturating_sub(count * ATTRIBUTE));
    }

    /// Takes back all events but the first so many, and the resource. What they alone refer to stays: it is not encoded.
    pub fn truncate(&mut self, rows: usize) {
        let (attributes, links) = (self.start(rows, Field::Attributes), self.start(rows, Field::Links));
        self.events.truncate(rows * FIELDS);
        self.attributes.truncate(attributes * ATTRIBUTE);
        self.links.truncate(links * LINK);
        self.resource = 0;
    }

    /// So many of the last attributes are those of what sends. They are added behind all events.
    pub fn end_resource(&mut self, count: usize) {
        self.resource = count;
    }

    /// Adds a part of a nested value and returns its position.
    pub fn nest(&mut self, mark: u8, number: u64) -> u64 {
        let position = self.nested.len() as u64;
        self.nested.extend_from_slice(&[mark.into(), number]);
        position
    }

    /// Adds a link to event `number` of this page.
    pub fn link(&mut self, number: u64, kinds: u32, rule: Option<u64>) {
        self.push_link(number << 1, kinds, rule);
    }

    /// Adds a link to any other span.
    pub fn link_to(&mut self, (trace, span): (&TraceId, &SpanId), kinds: u32, rule: Option<u64>) {
        let known = self.foreign.chunks_exact(24).position(|id| id.starts_with(trace) && id.ends_with(span));
        let target = known.unwrap_or(self.foreign.len() / 24);
        if known.is_none() {
            self.foreign.extend_from_slice(trace);
            self.foreign.extend_from_slice(span);
        }
        self.push_link((target as u64) << 1 | 1, kinds, rule);
    }

    fn push_link(&mut self, target: u64, kinds: u32, rule: Option<u64>) {
        self.links.extend_from_slice(&[target, kinds.into(), rule.map_or(0, |rule| rule + 1)]);
    }
}
