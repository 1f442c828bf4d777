//! `cargo xtask test`: sets up and runs every test, in Rust and in TypeScript, then counts them.

use crate::{apps, backends, explorer, failure::Outcome, fuzz, program::Program, setup, wasm};

/// How many tests to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    Usual,
    /// Also those that take minutes: what the feature `slow` of packages of tests enables.
    Slow,
}

/// What npm publishes, and the page of the admin port.
const WORKSPACES: [&str; 3] = ["wasm-sdk", "react", "collector/explorer"];

/// Fetches what every test run needs beside tools and browsers.
pub(crate) fn usual() -> Outcome {
    backends::usual()?;
    apps::usual()
}

/// The same of what only `--slow` needs.
pub(crate) fn slow() -> Outcome {
    backends::slow()?;
    apps::slow()
}

pub(crate) fn run(breadth: Breadth) -> Outcome {
    setup::run()?;
    usual()?;
    if breadth == Breadth::Slow {
        slow()?;
    }
    wasm::run(wasm::Way::Chosen)?;
    explorer::run()?;
    for workspace in WORKSPACES {
        Program::new("npm").args(["run", "check", "--workspace", workspace]).show()?;
    }

    let (mut counts, mut reasons) = (Counts::default(), Reasons::default());
    let mut typescript = Program::new("npm");
    for workspace in WORKSPACES {
        typescript = typescript.args(["--workspace", workspace]);
    }
    let typescript = typescript.args(["test"]).watch(|line| counts.add(line))?;
    let slow: &[&str] =
        if breadth == Breadth::Slow { &["--features", "e2e/slow,backends/slow,simulator/slow"] } else { &[] };
    let rust = Program::cargo().args(["test", "--workspace", "--no-fail-fast"]).args(slow).watch(|line| {
        counts.add(line);
        reasons.add(line);
    })?;
    print!("{reasons}");

    match (typescript && rust, counts.failed) {
        (true, 0) => {
            if breadth == Breadth::Slow {
                fuzz::run(&[])?;
            }
            println!("\n{counts}");
            Ok(())
        }
        // A suite that did not even start has no failed tests to count; the counts would look like success.
        (_, 0) => Err("not every test could be run, see above".into()),
        _ => Err(counts.to_string().into()),
    }
}

/// Why tests failed, to be said again at the end: what is far above it is what a long log loses first.
#[derive(Debug, Default)]
struct Reasons {
    /// Since the heading of a failed test's output.
    is_within: bool,
    /// Lines still to be kept of what a panic says.
    kept: usize,
    said: String,
}

/// Of each panic.
const REASON_LINES: usize = 12;

impl Reasons {
    /// libtest: `---- name stdout ----`, the output, then `failures:` and the names alone.
    fn add(&mut self, line: &str) {
        if line.starts_with("---- ") && line.ends_with(" ----") {
            self.is_within = true;
            self.kept = 1;
        } else if line == "failures:" || line.starts_with("test result: ") {
            (self.is_within, self.kept) = (false, 0);
        } else if self.is_within && line.starts_with("thread '") {
            self.kept = REASON_LINES;
        }
        if self.kept > 0 {
            self.kept -= 1;
            self.said.push_str(line);
            self.said.push('\n');
        }
    }
}

impl std::fmt::Display for Reasons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.said.is_empty() { Ok(()) } else { write!(f, "\nwhy tests failed, again:\n{}", self.said) }
    }
}

/// Adds up what the test runners say of themselves.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Counts {
    /// libtest: `test result: ok. 3 passed; 0 failed; 1 ignored; …`; node: `# pass 3` or `ℹ pass 3`.
    fn add(&mut self, line: &str) {
        if let Some(result) = line.trim().strip_prefix("test result: ") {
            for part in result.split([';', '.']) {
                if let Some((count, what)) = part.trim().split_once(' ') {
                    self.count(what, count);
                }
            }
        } else if let Some((what, count)) = line.trim().trim_start_matches(['#', 'ℹ', ' ']).split_once(' ')
            && line.trim().starts_with(['#', 'ℹ'])
        {
            self.count(what, count);
        }
    }

    fn count(&mut self, what: &str, count: &str) {
        let Ok(count) = count.parse::<u64>() else { return };
        match what {
            "passed" | "pass" => self.passed += count,
            "failed" | "fail" | "cancelled" => self.failed += count,
            "ignored" | "skipped" | "todo" => self.ignored += count,
            _ => {}
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 { write!(f, ", {} not run", self.ignored) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_counted() {
        let mut counts = Counts::default();
        let said = "\
            running 4 tests\n\
            test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            # tests 5\n# pass 5\n# fail 0\nℹ pass 2\nℹ fail 1\nℹ duration_ms 12\npass 9";
        said.lines().for_each(|line| counts.add(line));
        assert_eq!(counts, Counts { passed: 10, failed: 2, ignored: 2 });
    }

    #[test]
    fn why_a_test_failed_is_kept_without_what_it_printed_before() {
        let mut reasons = Reasons::default();
        let said = "\
            test a::b ... FAILED\n\nfailures:\n\n---- a::b stdout ----\nmuch that it printed\n\
            thread 'a::b' (7) panicked at tests/a.rs:3:5:\n3 is not 4\n\nfailures:\n    a::b\n\
            test result: FAILED. 0 passed; 1 failed";
        said.lines().for_each(|line| reasons.add(line));
        let kept = "---- a::b stdout ----\nthread 'a::b' (7) panicked at tests/a.rs:3:5:\n3 is not 4\n\n";
        assert_eq!(reasons.said, kept);
        assert!(reasons.to_string().starts_with("\nwhy tests failed"));
    }
}
