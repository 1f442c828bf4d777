//! Real backends, not ours, behind the real collector: each shows the right number of spans and keeps the links, and the
//! queries of `docs/queries/` answer what they promise.
//!
//! Prints a table of what ran, what was skipped and why. Arguments name backends: only those run.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod backend;
mod namespace;
mod queries;
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
    let usual: [(&'static str, Judge); 3] = [
        (mlflow::NAME, scenario::judge::<mlflow::Mlflow>),
        (queries::SQL, queries::sql),
        (queries::CLICKHOUSE, queries::clickhouse),
    ];
    for (name, judge) in usual {
        table.run(name, is_wanted(name), judge);
    }
    let slow: [(&'static str, Judge); 4] = [
        (otelcol::NAME, scenario::judge::<otelcol::Otelcol>),
        (phoenix::NAME, || namespace::run::<phoenix::Phoenix>(phoenix::NAME)),
        (jaeger::NAME, || namespace::run::<jaeger::Jaeger>(jaeger::NAME)),
        (queries::JAEGER, || namespace::run::<jaeger::Jaeger>(queries::JAEGER)),
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
    table.run(queries::JAEGER, name == queries::JAEGER, queries::jaeger);
    table.report()
}
