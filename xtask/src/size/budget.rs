//! `wasm-sdk/size/budget.toml`: sizes only go down. One that goes up fails the build, with the number that was meant.

use std::path::Path;

use super::Facts;
use crate::{failure::Outcome, repository};

const FILE: &str = "wasm-sdk/size/budget.toml";

/// Bytes by which a size may be below its budget before that is said.
const SLACK: u64 = 50;

/// Each part by itself, so that no part grows because another one has shrunk.
const PARTS: [&str; 4] = ["stub.js", "weft.wasm", "hello.js", "full.js"];

pub(super) fn check(facts: &Facts) -> Outcome {
    let text = repository::read(Path::new(FILE))?;
    let mut exceeded = Vec::new();
    for name in PARTS {
        let budget = of(&text, name).ok_or_else(|| format!("{FILE} has no line `\"{name}\" = <bytes>`"))?;
        let size = facts.part(name).brotli;
        if size > budget {
            exceeded.push(format!("{name} is {size} bytes with brotli and may be {budget}"));
        } else if size + SLACK < budget {
            eprintln!("{name} has become smaller: its budget in {FILE} can be {size}");
        }
    }
    if exceeded.is_empty() { Ok(()) } else { Err(format!("{} ({FILE})", exceeded.join("; ")).into()) }
}

/// Bytes of one line `"name" = 1_234`, the only form that this file has.
fn of(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let number = lines.find_map(|line| {
        let (key, number) = line.split_once('=')?;
        (key.trim().trim_matches('"') == name).then(|| number.trim().replace('_', ""))
    })?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_read_by_its_name() {
        let text = "# \"a.js\" = 1\n\"a.js\" = 12_345 # bytes\n\"b.js\"=7\n";
        assert_eq!((of(text, "a.js"), of(text, "b.js"), of(text, "c.js")), (Some(12_345), Some(7), None));
    }

    #[test]
    fn a_size_over_its_budget_fails() {
        let facts = Facts::read("part\t*\tstub.js\t999999\t1\t1").expect("it is well-formed");
        let failure = check(&facts).expect_err("that is far too much").to_string();
        assert!(failure.contains("stub.js is 999999 bytes"), "{failure}");
    }
}
