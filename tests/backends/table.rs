//! What ran, what was skipped, and why.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::{Duration, Instant},
};

/// What became of one backend.
pub(crate) enum Outcome {
    /// Everything held; this was seen.
    Ran(String),
    /// It could not be tried here.
    Skipped(String),
    /// Something did not hold.
    Failed(String),
}

/// One row for each backend.
#[derive(Default)]
pub(crate) struct Table(Vec<(&'static str, Outcome, Duration)>);

impl Table {
    /// Adds a row. A panic is a failure of that backend, not the end of the others.
    #[expect(clippy::disallowed_methods, reason = "says how long it took")]
    pub(crate) fn run(&mut self, name: &'static str, wanted: bool, judge: impl FnOnce() -> Outcome) {
        if !wanted {
            return;
        }
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(judge))
            .unwrap_or_else(|_| Outcome::Failed("panicked, see above".to_owned()));
        self.0.push((name, outcome, began.elapsed()));
    }

    /// For people, and at its end for whoever counts tests.
    pub(crate) fn print(&self) -> ExitCode {
        println!("\nbackends behind weft:\n");
        println!("| backend | | took | |\n|---|---|--:|---|");
        self.0.iter().for_each(|(name, outcome, took)| {
            println!("| {name} | {} | {:.1} s | {outcome} |", outcome.word(), took.as_secs_f64());
        });
        let count = |word| self.0.iter().filter(|(_, outcome, _)| outcome.word() == word).count();
        let (passed, failed, skipped) = (count("ran"), count("FAILED"), count("skipped"));
        let result = if failed == 0 { "ok" } else { "FAILED" };
        println!("\ntest result: {result}. {passed} passed; {failed} failed; {skipped} ignored");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// For the process that started this one for a single backend: [`Outcome::from_report`] reads it.
    pub(crate) fn report(&self) -> ExitCode {
        self.0.iter().for_each(|(_, outcome, _)| println!("{}: {outcome}", outcome.word()));
        ExitCode::SUCCESS
    }
}

impl Outcome {
    /// What a child process said with [`Table::report`].
    pub(crate) fn from_report(text: &str) -> Self {
        let last = text.lines().next_back().unwrap_or_default();
        match last.split_once(": ") {
            Some(("ran", what)) => Self::Ran(what.to_owned()),
            Some(("skipped", why)) => Self::Skipped(why.to_owned()),
            _ => Self::Failed(last.to_owned()),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Ran(_) => "ran",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "FAILED",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ran(said) | Self::Skipped(said) | Self::Failed(said) => f.write_str(said),
        }
    }
}
