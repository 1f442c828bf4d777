//! The weft collector: admits telemetry from browsers nobody can authenticate, makes it durable, links what
//! belongs together and forwards standard OTLP.
//!
//! [`pipeline`](https://docs.rs/weft-collector) draws the way of an event; everything else serves it. The world
//! (listeners, clock, being told to stop) is handed to [`run`], so a test runs the real collector in its own.

#![forbid(unsafe_code)]

pub mod config;

pub mod clock;

pub mod shutdown;

mod hashed;
mod http;

mod pipeline;

pub mod outcome;

mod reject;

pub mod ledger;

mod sessions;

mod connections;

mod explorer;

mod log;

mod metrics;

mod admin;

mod collector;

mod forwarding;

mod canary;

mod telemetry;

mod bounds;

mod memory;

mod embedded;

mod sdk;

mod sourcemaps;

pub mod commands;

#[cfg(feature = "fuzz")]
pub mod fuzzed;

#[cfg(feature = "bench")]
pub mod measured;

pub use collector::{Collector, Listeners, StartError, run};
pub use reject::RpcStatus;
