//! `cargo xtask bench …`: builds what is released and what it is measured against, and measures both in one run.

mod kept;

use crate::{
    failure::Outcome,
    peers,
    program::{Program, built},
    setup, wasm,
};

pub(crate) use kept::{Bench, load_average};

/// What becomes of the tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// They are printed.
    No,
    /// They are printed and written to `benches/runs`.
    Yes,
}

/// Enough for a hundredth of a second of CPU to be little.
pub(crate) const SPANS: &str = "400000";

/// Enough for medians and quartiles to be steady.
pub(crate) const RUNS: &str = "20";

pub(crate) fn load(spans: &str, keep: Keep) -> Outcome {
    let otelcol = peers::otelcol();
    let weft = built("weft-collector", "weft")?;
    let bench = Program::new(built("benches", "load")?).args([spans, &weft]);
    let bench = match &otelcol {
        Ok(program) => bench.args([program]),
        Err(why) => {
            eprintln!("\nWARNING: the OpenTelemetry Collector is NOT measured: {why}\n");
            bench.args(["--without-otelcol", &why.to_string()])
        }
    };
    let about = Bench {
        name: "load",
        title: "What a million spans cost",
        command: &format!("cargo xtask bench load --spans {spans} --keep"),
        circumstances: "sender and sink are on the same processors",
        load_average: load_average(),
    };
    about.run(bench, keep)
}

/// What strangers cost, and what pages notice of it.
pub(crate) fn flood(keep: Keep) -> Outcome {
    let about = Bench {
        name: "flood",
        title: "What strangers cost, and what pages notice of it",
        command: "cargo xtask bench flood --keep",
        circumstances: "who sends is on the same processors, and takes more of them; CPU is the collector's alone",
        load_average: load_average(),
    };
    let weft = built("weft-collector", "weft")?;
    about.run(Program::new(built("benches", "flood")?).args([&weft]), keep)
}

/// What step 7 costs a span.
pub(crate) fn link(keep: Keep) -> Outcome {
    let about = Bench {
        name: "link",
        title: "What linking costs a span",
        command: "cargo xtask bench link --keep",
        circumstances: "goals: 150 ns with declared links alone, 500 where a rule looks, flat from 10³ to 10⁶ sessions",
        load_average: load_average(),
    };
    about.run(Program::new(built("benches", "link")?), keep)
}

/// What the SDK costs a page beside OpenTelemetry's, measured in Chromium so many times in turns.
pub(crate) fn sdk(runs: &str, keep: Keep) -> Outcome {
    if !runs.parse::<u32>().is_ok_and(|runs| runs > 1) {
        return Err(format!("`--runs {runs}`: how many runs is a number from 2: one has no spread").into());
    }
    setup::chromium()?;
    wasm::run(wasm::Way::Chosen)?;
    let weft = built("weft-collector", "weft")?;
    let about = Bench {
        name: "sdk",
        title: "What the SDK costs a page",
        command: &format!("cargo xtask bench sdk --runs {runs} --keep"),
        circumstances: "collector and receiver are on the same processors as the browser",
        load_average: load_average(),
    };
    about.run(Program::new("node").args(["benches/browser/sdk.mjs", &weft, runs]), keep)
}

/// `cargo xtask bytes FILE... [--json]`: what a span weighs on the wire, beside OTLP.
pub(crate) fn bytes(arguments: &[&str]) -> Outcome {
    let program = built("benches", "bytes")?;
    if Program::new(program).args(arguments).watch(|_| ())? { Ok(()) } else { Err("see above".into()) }
}
