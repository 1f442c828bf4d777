//! Every chore of this repository: `cargo xtask <chore>`.

#![forbid(unsafe_code)]

mod apps;
mod backends;
mod bench;
mod ci;
mod demo;
mod explorer;
mod flow;
mod fuzz;
mod peers;
mod setup;
mod simulate;
mod size;
mod test;
mod tidy;
mod wasm;

mod failure;
mod program;
mod repository;

use std::process::ExitCode;

use failure::Outcome;

const USAGE: &str = "\
cargo xtask <chore>

  demo            build everything, start the example shop and the collector, show what arrives
  demo --check    the same with one scripted visit in headless Chromium; exits 0 or 1
  test            set up and run every test
  test --slow     and those that take minutes
  ci              what CI runs: format, lints, licences, advisories, tidy, size, test

  bytes FILE...   what a span weighs on the wire, ours and OTLP; FILE holds OTLP/JSON. --json: a line a file
  bench load      what a million spans cost us and the OpenTelemetry Collector, side by side
                  --keep: also as a file in benches/runs; --spans N: so many at 100 a request
  bench flood     what strangers cost the collector, and what pages notice of it. --keep: also as a file in benches/runs
  bench link      what step 7 costs a span, with declared links and where a rule looks. --keep: as above
  bench sdk       what the SDK costs a page in Chromium, beside OpenTelemetry's and none at all
                  --keep: also as a file in benches/runs; --runs N: so many times, 20 by default

  simulate        are links what really caused what? people, tabs, networks and backends in virtual time
                  --sessions N --days D --seed S: 2000, 30 and 1 by default; from 100000 sessions on it is about memory
                  --json: a line for programs; --keep: also as a file in benches/runs

  fuzz            what strangers can reach, parser by parser, each for a minute
                  --for SECONDS: so long each; --target NAME: only that one

  setup           check the tools this repository needs, and install what can be installed
  setup --slow    also the backends and apps that only `test --slow` needs
  wasm            build the SDK: Rust to wasm, TypeScript to JavaScript
  wasm --debian   the same with Debian's Rust, for machines on which rustup cannot fetch a target
  explorer        build the page of the admin port, which the collector takes in when it is built
  size            what a browser downloads, against goals and budget, and where the bytes go
  size --json     the same in one line for programs
  flow            print the eight steps of an event from the files that are those steps
  tidy            check the rules of the house that no other tool checks
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Outcome {
    match args {
        ["demo"] => demo::run(demo::Visit::ByPerson),
        ["demo", "--check"] => demo::run(demo::Visit::Scripted),
        ["test"] => test::run(test::Breadth::Usual),
        ["test", "--slow"] => test::run(test::Breadth::Slow),
        ["ci"] => ci::run(),
        ["bytes", arguments @ ..] => bench::bytes(arguments),
        ["bench", "load", options @ ..] => bench_load(options),
        ["bench", "flood"] => bench::flood(bench::Keep::No),
        ["bench", "flood", "--keep"] => bench::flood(bench::Keep::Yes),
        ["bench", "link"] => bench::link(bench::Keep::No),
        ["bench", "link", "--keep"] => bench::link(bench::Keep::Yes),
        ["bench", "sdk", options @ ..] => bench_sdk(options),
        ["simulate", options @ ..] => simulate::run(options),
        ["fuzz", options @ ..] => fuzz::run(options),
        ["setup"] => setup::run().and_then(|()| test::usual()),
        ["setup", "--slow"] => setup::run().and_then(|()| test::usual()).and_then(|()| test::slow()),
        ["wasm"] => wasm::run(wasm::Way::Chosen),
        ["wasm", "--debian"] => wasm::run(wasm::Way::Debian),
        ["size"] => size::run(size::Form::Table),
        ["size", "--json"] => size::run(size::Form::Json),
        ["explorer"] => explorer::run(),
        ["flow"] => flow::run(),
        ["tidy"] => tidy::run(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("there is no chore `{}`\n\n{USAGE}", args.join(" ")).into()),
    }
}

fn bench_load(options: &[&str]) -> Outcome {
    let (spans, keep) = bench_options("load", "--spans", bench::SPANS, options)?;
    bench::load(spans, keep)
}

fn bench_sdk(options: &[&str]) -> Outcome {
    let (runs, keep) = bench_options("sdk", "--runs", bench::RUNS, options)?;
    bench::sdk(runs, keep)
}

/// How often, by the bench's name for that or as usual, and what becomes of the tables.
fn bench_options<'a>(
    bench: &str,
    count: &str,
    usual: &'a str,
    options: &[&'a str],
) -> Outcome<(&'a str, bench::Keep)> {
    match options {
        [] => Ok((usual, bench::Keep::No)),
        ["--keep"] => Ok((usual, bench::Keep::Yes)),
        [name, value] if *name == count => Ok((value, bench::Keep::No)),
        [name, value, "--keep"] | ["--keep", name, value] if *name == count => Ok((value, bench::Keep::Yes)),
        _ => Err(format!("`bench {bench}` has no option `{}`", options.join(" ")).into()),
    }
}
