//! `cargo xtask demo`: sets up and builds everything, then hands over to the `demo` binary of the tests.

use crate::{explorer, failure::Outcome, program::Program, setup, wasm};

/// Who visits the shop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Whoever opens the printed address, until Ctrl-C.
    ByPerson,
    /// A script in headless Chromium, once.
    Scripted,
}

pub(crate) fn run(visit: Visit) -> Outcome {
    setup::run()?;
    wasm::run(wasm::Way::Chosen)?;
    explorer::run()?;
    let check: &[&str] = if visit == Visit::Scripted { &["--", "--check"] } else { &[] };
    Program::cargo().args(["run", "--package", "e2e", "--bin", "demo"]).args(check).show()
}
