//! The neighbours of a test: a strict sink, the collector, a browser, a shop, and one clock for all of them.
//!
//! Everything listens on a free port of the loopback interface and ends with the test that started it.
//! What cannot be done is a panic: a harness that does not work is a failed test.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness that cannot do its work fails the test"
)]

pub mod received;
pub mod sink;
pub mod thrown;
pub mod tree;

pub mod browser;
pub mod clock;
pub mod collector;
pub mod descriptors;
pub mod elsewhere;
pub mod gate;
pub mod http;
pub mod ledger;
pub mod looking;
pub mod metrics;
pub mod oracle;
pub mod page;
pub mod pictures;
pub mod random;
pub mod shop;
pub mod site;
pub mod small_disk;
pub mod stats;
pub mod story;

pub mod visit;
pub mod world;
