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

/// Starts a backend and says what was seen.
type Judge = fn() -> Outcome;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // A child of `namespace::run`: nothing but its backend, and its words are the evidence.
    if let [inside, name] = &args[..]
        && inside == namespace::INSIDE
    {
        return alone(name);
    }
    let names: Vec<String> =
        args.iter().filter(|arg| !arg.starts_with("--")).map(|name| name.to_lowercase()).collect();
    let is_wanted = |name: &str| {
        names.is_empty() || names.iter().any(|wanted| name.to_lowercase().contains(wanted.as_str()))
    };
    let mut table = Table::default();
    table.run(mlflow::NAME, is_wanted(mlflow::NAME), scenario::judge::<mlflow::Mlflow>);
    let slow: [(&'static str, Judge); 3] = [
        (otelcol::NAME, scenario::judge::<otelcol::Otelcol>),
        (phoenix::NAME, || namespace::run::<phoenix::Phoenix>(phoenix::NAME)),
        (jaeger::NAME, || namespace::run::<jaeger::Jaeger>(jaeger::NAME)),
    ];
    for (name, judge) in slow {
        let judge =
            if cfg!(feature = "slow") { judge } else { || Outcome::Skipped("only with --slow".to_owned()) };
        table.run(name, is_wanted(name), judge);
    }
    table.print()
}

fn alone(name: &str) -> ExitCode {
    let mut table = Table::default();
    table.run(phoenix::NAME, name == phoenix::NAME, scenario::judge::<phoenix::Phoenix>);
    table.run(jaeger::NAME, name == jaeger::NAME, scenario::judge::<jaeger::Jaeger>);
    table.report()
}
