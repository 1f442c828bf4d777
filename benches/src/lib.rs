//! Measurements that decide something.

pub mod corpus;
pub mod store;

/// What goes wrong in a measurement.
pub type Failure = Box<dyn std::error::Error>;
