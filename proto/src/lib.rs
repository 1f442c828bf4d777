//! The bytes between steps 3 and 4: what the SDK writes and the collector reads.
//!
//! Compiled into both sides, so it has no I/O, no clock and no `std`. `WIRE.md` beside this crate
//! explains every byte.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod limits;

pub mod ids;

pub mod event;
mod rare;
mod strings;

mod dictionary;
mod index;
mod nested;
mod number;
mod packing;
mod place;
pub mod rows;
mod time;

pub mod fields;

pub mod ack;
pub mod base;
pub mod head;

mod decode;
mod deflate;
mod encode;

#[cfg(feature = "inflate")]
mod inflate;

pub use ack::Ack;
pub use base::{Base, Earlier};
pub use decode::{DecodeError, decode};
pub use dictionary::DICTIONARY;
pub use encode::{Sealed, deflate_behind, encode, seal, seal_body};
pub use event::{
    Attribute, Batch, Dropped, Event, InTrace, Kind, Link, LinkKinds, OpenState, Point, Session, Status,
    Target, Value,
};
pub use head::{Form, Head, digest};
pub use ids::{Ids, Seed, SpanId, TraceId};
#[cfg(feature = "inflate")]
pub use inflate::inflate;
pub use nested::mark;
pub use rare::Rare;
pub use rows::{Rows, Words};
pub use strings::{StrId, Strings};
