//! What one record of the spool holds. It decodes alone: the request as received, and what was decided on receipt.

use axum::body::Bytes;

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
    /// Events that this record contributes.
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
    /// Claims that older segments may no longer tell.
    #[prost(message, repeated, tag = "13")]
    pub(crate) claims: Vec<PageClaim>,
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
    /// No events: what was taken when the segment began.
    Claims = 3,
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
}

/// Event numbers taken of one page.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct PageClaim {
    #[prost(string, tag = "1")]
    pub(crate) owner: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) page: Vec<u8>,
    #[prost(uint64, repeated, tag = "3")]
    pub(crate) taken: Vec<u64>,
}
