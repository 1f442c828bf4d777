//! Tests from outside: a real browser, the real collector, and a sink that fails on anything odd.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[macro_use]
mod in_each_browser;

mod harness;

mod compatibility;
mod connections;
mod crash;
mod crowd;
mod damage;
mod deploy;
mod disk;
mod disorder;
mod explorer;
mod faults;
mod flow;
mod fuzzed;

mod hostile;
mod ledger;
mod links;
mod outage;
mod packages;
mod proxies;
mod sdk;
