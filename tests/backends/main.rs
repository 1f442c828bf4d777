//! Real backends, not ours, behind the real collector: each shows the right number of spans and keeps the links.
//!
//! Prints a table of what ran, what was skipped and why. Arguments name backends: only those run.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod backend;
mod namespace;
mod scenario;
mod server;
mod span;
mod story;
mod table;

mod jaeger;
mod mlflow;
mod otelcol;
mod phoenix;

use std::process::ExitCode;

use table::{Outcome, Table};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // A child of `namespace::run`: nothing but its backend, and its words are the evidence.
    if let [inside, name] = &args[..]
        && inside == namespace::INSIDE
    {
        return phoenix_alone(name);
    }
    let names: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let is_wanted =
        |name: &str| names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str()));
    let slow = cfg!(feature = "slow");
    let mut table = Table::default();
    table.run(mlflow::NAME, is_wanted(mlflow::NAME), scenario::judge::<mlflow::Mlflow>);
    for (name, judge) in [
        (otelcol::NAME, scenario::judge::<otelcol::Otelcol> as fn() -> Outcome),
        (phoenix::NAME, || namespace::run(phoenix::NAME)),
        (jaeger::NAME, scenario::judge::<jaeger::Jaeger>),
    ] {
        let judge = if slow { judge } else { || Outcome::Skipped("only with --slow".to_owned()) };
        table.run(name, is_wanted(name), judge);
    }
    table.print()
}

fn phoenix_alone(name: &str) -> ExitCode {
    assert_eq!(name, phoenix::NAME, "only this one needs a network of its own");
    let mut table = Table::default();
    table.run(phoenix::NAME, true, scenario::judge::<phoenix::Phoenix>);
    table.report()
}
