//! `cargo xtask ci`: what has to hold before anything is merged. Cheap checks first.

use crate::{failure::Outcome, program::Program, setup, size, test, tidy};

pub(crate) fn run() -> Outcome {
    tidy::run()?;
    Program::cargo().args(["fmt", "--all", "--check"]).show()?;
    Program::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).show()?;
    setup::cargo_deny()?;
    Program::cargo()
        .args(["deny", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"])
        .show()?;
    advisories()?;
    setup::run()?;
    size::run(size::Form::Table)?;
    test::run(test::Breadth::Usual)
}

/// Advisories need a database from the network. Not having it is no reason to fail, and none to be silent.
fn advisories() -> Outcome {
    match Program::cargo().args(["deny", "fetch", "db"]).output() {
        Ok(_) => Program::cargo().args(["deny", "check", "advisories"]).show(),
        Err(failure) => {
            let why = failure.to_string();
            let why = why.lines().last().unwrap_or_default();
            eprintln!(
                "\nWARNING: advisories were NOT checked: their database cannot be fetched here.\n         {why}\n"
            );
            Ok(())
        }
    }
}
