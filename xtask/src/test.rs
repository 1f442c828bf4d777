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

    let mut counts = Counts::default();
    let mut typescript = Program::new("npm");
    for workspace in WORKSPACES {
        typescript = typescript.args(["--workspace", workspace]);
    }
    let typescript = typescript.args(["test"]).watch(|line| counts.add(line))?;
    let slow: &[&str] =
        if breadth == Breadth::Slow { &["--features", "e2e/slow,backends/slow,simulator/slow"] } else { &[] };
    let rust = Program::cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(slow)
        .watch(|line| counts.add(line))?;

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
}
