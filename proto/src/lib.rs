//! The bytes between steps 3 and 4: what the SDK writes and the collector reads.
//!
//! Compiled into both sides, so it has no I/O, no clock and no `std`. `WIRE.md` beside this crate
//! explains every byte; `weft/v1/weft.proto` is the schema.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod limits;

pub mod ids;

pub mod event;
mod rare;
mod strings;

pub mod ack;
pub mod head;

mod decode;
mod encode;

#[cfg(feature = "inflate")]
mod inflate;

pub use ack::Ack;
pub use decode::{DecodeError, decode};
pub use encode::{Sealed, encode, seal};
pub use event::{
    Attribute, Batch, Dropped, Event, InTrace, Kind, Link, LinkKinds, OpenState, Point, Session, Status,
    Target, Value,
};
pub use head::{Form, Head, digest};
pub use ids::{Ids, Seed, SpanId, TraceId};
#[cfg(feature = "inflate")]
pub use inflate::inflate;
pub use rare::Rare;
pub use strings::{StrId, Strings};

/// The schema as prost reads it. Private: `event` is what both sides speak.
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod wire {
    include!(concat!(env!("OUT_DIR"), "/weft.v1.rs"));
}
