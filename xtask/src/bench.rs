//! `cargo xtask bench load`: builds our collector and its peer as they are released, and measures both in one run.

use std::{fs, path::PathBuf};

use crate::{
    failure::{Failure, Outcome},
    peers,
    program::Program,
    repository,
};

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
    // Whoever reads the numbers wants to know whether anything else was running.
    let load_average = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load_average = load_average.split(' ').next().unwrap_or_default().to_owned();
    let mut said = String::new();
    let succeeded = bench.watch(|line| said.push_str(&format!("{line}\n")))?;
    if !succeeded {
        return Err("the bench failed, see above".into());
    }
    if keep == Keep::Yes { write(spans, &load_average, &said) } else { Ok(()) }
}

/// `cargo xtask bytes FILE... [--json]`: what a span weighs on the wire, beside OTLP.
pub(crate) fn bytes(arguments: &[&str]) -> Outcome {
    let program = built("benches", "bytes")?;
    if Program::new(program).args(arguments).watch(|_| ())? { Ok(()) } else { Err("see above".into()) }
}

/// The release build of a program, wherever cargo puts it.
fn built(package: &str, name: &str) -> Outcome<String> {
    let build = ["build", "--release", "--package", package, "--bin", name];
    Program::cargo().args(build).show()?;
    // Nothing is left to do now but to say where it is.
    let messages = Program::cargo().args(build).args(["--quiet", "--message-format=json"]).output()?;
    let executable = messages.lines().filter_map(|line| line.split_once("\"executable\":\"")).next_back();
    let path = executable.and_then(|(_, rest)| rest.split('"').next());
    path.map(str::to_owned).ok_or_else(|| format!("cargo does not say where `{name}` is").into())
}

/// A run says where it was made: without that its numbers mean nothing.
fn write(spans: &str, load_average: &str, tables: &str) -> Outcome {
    let said = |program: &str, args: &[&str]| {
        let said = Program::new(program).args(args).output();
        said.map_or_else(|_| format!("no {program}"), |said| said.trim().to_owned())
    };
    let (date, commit) = (said("date", &["+%F"]), said("git", &["rev-parse", "--short", "HEAD"]));
    let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    let commit_said = if changed { format!("{commit} with changes") } else { commit.clone() };
    let text = format!(
        "# What a million spans cost\n\n{date} · commit {commit_said} · {}, {} cores, {} MiB, load average {} before · Linux {}, {} · {} · {}\n\
         `cargo xtask bench load --spans {spans} --keep`; sender and sink are on the same processors.\n\n{tables}",
        processor(),
        said("nproc", &[]),
        memory_mib(),
        load_average,
        said("uname", &["-r"]),
        said("stat", &["--file-system", "--format=%T", "target"]),
        said("rustc", &["--version"]),
        said("go", &["version"]),
    );
    let path: PathBuf = repository::root().join(format!("benches/runs/{date}-load-{commit}.md"));
    fs::write(&path, text).map_err(Failure::while_doing("writing the run"))?;
    println!("\nkept as {}", path.display());
    Ok(())
}

fn processor() -> String {
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.to_owned())
}

fn memory_mib() -> u64 {
    let about = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = about.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
