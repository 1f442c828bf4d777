//! The package as npm publishes it, installed into apps that are built as people build them, in a real browser.

mod app;
mod played;

mod builds;
mod otel;
#[cfg(feature = "slow")]
mod others;
mod react;
