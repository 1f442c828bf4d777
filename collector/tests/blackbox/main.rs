//! The collector from outside: real sockets, a real disk, fake pages, and a fake destination that says what it is told.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed; clippy's own exception does not cover its neighbours"
)]

mod support;

mod admin;
mod batches;
mod connections;
mod delivery;
mod dictionaries;
mod doctor;
mod erasure;
mod explorer;
mod flood;
mod grpc;
mod json;
mod link_bounds;
mod links;
mod logs;
mod long;
mod operations;
mod otlp;
mod policy;
mod process;
mod rates;
mod said;
mod sdk;
mod tls;
mod tokens;
