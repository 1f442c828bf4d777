//! The simulator: people with tabs that stay open for weeks, networks that lose and delay, and backends, through the real
//! collector in virtual time. It knows what really caused what, and compares the links that come out.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulator that cannot do its work has found nothing out"
)]

pub mod network;
pub mod truth;

pub mod history;

pub mod drive;
pub mod sender;

pub mod judge;
pub mod lacking;

pub mod live;
pub mod report;
pub mod sampling;
