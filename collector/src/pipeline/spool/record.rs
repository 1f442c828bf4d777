//! What one record of the spool holds. It decodes alone: the request as received, and what was decided on receipt.

use axum::body::Bytes;

use super::intervals::Intervals;
use crate::ledger::{Owner, Tally};

/// One record.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Record {
    #[prost(enumeration = "Kind", tag = "1")]
    pub(crate) kind: i32,
    /// Name of the key.
    #[prost(string, tag = "2")]
    pub(crate) key: String,
    #[prost(string, tag = "3")]
    pub(crate) application: String,
    #[prost(uint64, tag = "4")]
    pub(crate) receive_time_ms: u64,
    /// Event numbers that this record contributes: start and length of each interval.
    #[prost(uint64, repeated, tag = "5")]
    pub(crate) taken: Vec<u64>,
    /// Events that destinations take from this record: without those that wait.
    #[prost(uint64, tag = "6")]
    pub(crate) events: u64,
    #[prost(string, optional, tag = "7")]
    pub(crate) user_agent: Option<String>,
    /// The request's body as received.
    #[prost(bytes = "bytes", tag = "8")]
    pub(crate) body: Bytes,
    /// Whether `body` is gzip, for OTLP.
    #[prost(bool, tag = "9")]
    pub(crate) gzip: bool,
    /// How far the device's clock is ahead, where that is to be corrected.
    #[prost(sint64, optional, tag = "10")]
    pub(crate) skew_ms: Option<i64>,
    /// Identity the key had on receipt: a later configuration changes no record.
    #[prost(message, optional, tag = "11")]
    pub(crate) stamp: Option<Stamp>,
    /// `weft.page.id`.
    #[prost(bytes = "vec", tag = "12")]
    pub(crate) page: Vec<u8>,
    /// Whether a body of OTLP is passed on as it is: nothing in it was refused.
    #[prost(bool, tag = "14")]
    pub(crate) whole: bool,
    /// Events of the same owner that the segment holds before this record: what is missing there shows.
    #[prost(uint64, tag = "15")]
    pub(crate) before: u64,
    /// Of the body, keyed: who sends the same again is told that it is durable.
    #[prost(bytes = "vec", tag = "16")]
    pub(crate) body_hash: Vec<u8>,
    /// What the segment before this one holds.
    #[prost(message, repeated, tag = "17")]
    pub(crate) previous: Vec<OwnedEvents>,
    /// Offset of that one's first byte.
    #[prost(uint64, tag = "18")]
    pub(crate) previous_start: u64,
    /// What of it waits for the linker, which releases it with a record of its own: event numbers, or positions among
    /// the spans of an OTLP request; start and length of each interval.
    #[prost(uint64, repeated, tag = "19")]
    pub(crate) waiting: Vec<u64>,
    /// Of released events: where the record ends in which they waited.
    #[prost(uint64, tag = "20")]
    pub(crate) origin: u64,
    /// Of released events: how far the linker knew the spool when it decided.
    #[prost(uint64, tag = "21")]
    pub(crate) knew: u64,
    /// As `before`, of events that wait: they are in nobody's count until they are released.
    #[prost(uint64, tag = "22")]
    pub(crate) waited_before: u64,
    /// Events of the page that are said to be open, and had neither ended nor been given up; start and length of each
    /// interval, as in the next two.
    #[prost(uint64, repeated, tag = "23")]
    pub(crate) open: Vec<u64>,
    /// Of these, those whose beginning is forwarded with this record, as a moment.
    #[prost(uint64, repeated, tag = "24")]
    pub(crate) announced: Vec<u64>,
    /// Of `taken`, those that had been given up before: they are linked to what was said then.
    #[prost(uint64, repeated, tag = "25")]
    pub(crate) resumed: Vec<u64>,
    /// Whether the page had something open when this came, or has since: the linker looks at such records only.
    #[prost(bool, tag = "26")]
    pub(crate) has_open: bool,
    /// Of a closure: the number of the event that is given up.
    #[prost(uint64, tag = "27")]
    pub(crate) closed: u64,
    /// Of an erasure: the session of which nothing leaves any more.
    #[prost(bytes = "vec", tag = "28")]
    pub(crate) erased: Vec<u8>,
    /// Of a batch: attributes that are left out, by the place of their name among its strings; ascending, as the next.
    #[prost(uint32, repeated, tag = "29")]
    pub(crate) overflowed_attributes: Vec<u32>,
    /// Of a batch: places of a name and of a value that is not told, one after the other.
    #[prost(uint32, repeated, tag = "30")]
    pub(crate) overflowed_values: Vec<u32>,
    /// Of a batch: events that the page says it has withheld, because it was told to.
    #[prost(uint64, tag = "31")]
    pub(crate) withheld: u64,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Kind {
    /// Written by a later version.
    Unknown = 0,
    /// Of a page.
    Batch = 1,
    /// An `ExportTraceServiceRequest` of a server.
    Otlp = 2,
    /// No events: what the segment before this one holds.
    Head = 3,
    /// An `ExportLogsServiceRequest` of a server.
    Logs = 4,
    /// An `ExportMetricsServiceRequest` of a server.
    Metrics = 5,
    /// Events that waited, as an `ExportTraceServiceRequest` with the links that were found.
    Released = 6,
    /// An event of a page whose end is not waited for any more, as an `ExportTraceServiceRequest`.
    Closed = 7,
    /// No events: a session was erased.
    Erased = 8,
}

/// Who the collector says the sender is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Stamp {
    #[prost(string, tag = "1")]
    pub(crate) service: String,
    #[prost(string, optional, tag = "2")]
    pub(crate) environment: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) namespace: Option<String>,
    /// `client.address`, where the key tells it.
    #[prost(string, optional, tag = "4")]
    pub(crate) client_address: Option<String>,
}

/// How many events somebody has.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct OwnedEvents {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) application: String,
    #[prost(uint64, tag = "3")]
    pub(crate) events: u64,
    /// How many more waited when they were written.
    #[prost(uint64, tag = "4")]
    pub(crate) waited: u64,
}

/// What a segment held up to a place: kept beside the spool, so that a lost end shows.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Held {
    /// Offset of the segment's first byte.
    #[prost(uint64, tag = "1")]
    pub(crate) start: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) place: u64,
    #[prost(message, repeated, tag = "3")]
    pub(crate) events: Vec<OwnedEvents>,
}

impl Held {
    pub(super) fn new(start: u64, place: u64, tally: &Tally, waited: &Tally) -> Self {
        Self { start, place, events: OwnedEvents::of(tally, waited) }
    }
}

impl Record {
    /// Whose events it holds.
    pub(crate) fn owner(&self) -> Owner {
        Owner::new(&self.key, &self.application)
    }

    /// Whether attributes of this name are left out, by its place among the strings.
    pub(crate) fn leaves_out(&self, name: u32) -> bool {
        self.overflowed_attributes.binary_search(&name).is_ok()
    }

    /// Whether this value of this name is not told, by their places among the strings.
    pub(crate) fn overflows(&self, name: u32, value: u32) -> bool {
        let (pairs, _) = self.overflowed_values.as_chunks();
        pairs.binary_search(&[name, value]).is_ok()
    }

    /// How many of its events wait.
    pub(crate) fn events_waiting(&self) -> u64 {
        Intervals::from_wire(&self.waiting).count()
    }
}

impl OwnedEvents {
    pub(super) fn of(tally: &Tally, waited: &Tally) -> Vec<Self> {
        let mut all = tally.clone();
        all.add_all(waited);
        let owned = all.iter().map(|(owner, _)| Self {
            key: owner.key.to_string(),
            application: owner.application.to_string(),
            events: tally.of(owner),
            waited: waited.of(owner),
        });
        owned.collect()
    }

    /// Events, and those that waited.
    pub(super) fn tallies(held: &[Self]) -> (Tally, Tally) {
        let (mut tally, mut all_waited) = (Tally::default(), Tally::default());
        for Self { key, application, events, waited } in held {
            tally.add(&Owner::new(key, application), *events);
            all_waited.add(&Owner::new(key, application), *waited);
        }
        (tally, all_waited)
    }
}
