//! Measurements that decide something.

#![allow(
    clippy::disallowed_methods,
    reason = "measures wall time and waits at a fixed pace: that is what it is for"
)]

pub mod bytes;
pub mod corpus;
pub mod cost;
pub mod flood;
pub mod load;
pub mod store;

/// What goes wrong in a measurement.
pub type Failure = Box<dyn std::error::Error>;
