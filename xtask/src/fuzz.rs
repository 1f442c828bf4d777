//! `cargo xtask fuzz`: what strangers can reach, one parser after the other, each for a bounded time.
//!
//! Stable's compiler with what is nightly's to ask for: the sanitizer. What is found new stays in `fuzz/corpus`, which is not
//! committed; `fuzz/seeds` is, and an ordinary test reads it.

mod told;

use std::fs;

use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository, setup,
};

use told::Told;

/// By the crate that the fuzz crate is in.
const TARGETS: &[(&str, &str)] = &[
    ("proto", "batch"),
    ("proto", "deflate"),
    ("proto", "inflate"),
    ("proto", "request"),
    ("collector", "behind"),
    ("collector", "doctor"),
    ("collector", "forwarded"),
    ("collector", "head"),
    ("collector", "json"),
    ("collector", "otlp"),
    ("collector", "otlp_json"),
    ("collector", "policy"),
    ("collector", "stack"),
    ("collector", "token"),
    ("collector", "where"),
];

/// Seconds for each, where nothing else is said: fifteen of them are within a coffee.
pub(crate) const SECONDS: &str = "60";

/// Seconds that one input may take. Nothing that a stranger sends takes more than a fraction of one.
const SLOWEST: &str = "-timeout=10";

/// What one input may need, with the sanitizer's own.
const MEMORY: &str = "-rss_limit_mb=2048";

/// What is asked for.
struct Asked<'a> {
    /// When one is over, as libFuzzer is told.
    until: String,
    only: Option<&'a str>,
    /// `none` is several times as fast: for runs of many millions, which look for panics, not for memory.
    sanitizer: &'static str,
}

pub(crate) fn run(options: &[&str]) -> Outcome {
    let asked = Asked::read(options)?;
    let chosen: Vec<_> =
        TARGETS.iter().filter(|(_, name)| asked.only.is_none_or(|only| *name == only)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|(_, name)| *name).collect();
        let names = names.join(", ");
        return Err(format!("there is no such target; there are {names}").into());
    }
    setup::cargo_fuzz()?;
    let mut rows = vec![Told::HEAD.to_owned()];
    for (of, name) in chosen {
        rows.push(fuzz(of, name, &asked)?);
    }
    println!("\n{}", rows.join("\n"));
    Ok(())
}

impl<'a> Asked<'a> {
    fn read(mut options: &[&'a str]) -> Outcome<Self> {
        let mut asked = Self { until: until("--for", SECONDS)?, only: None, sanitizer: "address" };
        while let [option, rest @ ..] = options {
            options = match (*option, rest) {
                ("--without-sanitizer", rest) => {
                    asked.sanitizer = "none";
                    rest
                }
                ("--target", [name, rest @ ..]) => {
                    asked.only = Some(name);
                    rest
                }
                ("--for" | "--runs", [most, rest @ ..]) => {
                    asked.until = until(option, most)?;
                    rest
                }
                _ => return Err(format!("`fuzz` has no option `{}`", options.join(" ")).into()),
            };
        }
        Ok(asked)
    }
}

fn until(option: &str, most: &str) -> Outcome<String> {
    if !most.parse::<u64>().is_ok_and(|most| most > 0) {
        return Err(format!("`{option} {most}`: how many is a number from 1").into());
    }
    Ok(format!("-{}={most}", if option == "--for" { "max_total_time" } else { "runs" }))
}

/// Runs one; a row about it.
fn fuzz(of: &str, name: &str, asked: &Asked<'_>) -> Outcome<String> {
    let crate_of = repository::root().join(of);
    let kept = crate_of.join("fuzz/corpus").join(name);
    fs::create_dir_all(&kept).map_err(Failure::while_doing(format_args!("making {}", kept.display())))?;
    let cargo = |command: &str| {
        // Only here: the instruments are nightly's, and nothing that is released is built so.
        let cargo = Program::cargo().env("RUSTC_BOOTSTRAP", "1").directory(&crate_of);
        // In many pieces: a program in one takes most of an hour to build.
        cargo.args(["fuzz", command, "--sanitizer", asked.sanitizer, "--codegen-units", "16", name])
    };
    cargo("build").show()?;
    let (corpus, seeds) = (format!("fuzz/corpus/{name}"), format!("fuzz/seeds/{name}"));
    let mut told = Told::default();
    let run = cargo("run").args([&corpus, &seeds]).args(["--", SLOWEST, MEMORY, "-print_final_stats=1"]);
    // It speaks on stderr.
    if !run.args([&asked.until]).with_stderr_as_stdout().watch(|line| told.add(line))? {
        return Err(format!("{name} found something: the input is in {of}/fuzz/artifacts/{name}").into());
    }
    Ok(told.row(name))
}
