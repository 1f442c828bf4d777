//! `cargo xtask tidy`: the rules of the house that no other tool checks. Every rule says why it exists.

use std::path::Path;

use crate::{failure::Outcome, flow, repository};

/// Long files hide their second subject; 150 lines are the aim and 300 the end.
const MAX_LINES: usize = 300;

pub(crate) fn run() -> Outcome {
    let broken = broken()?;
    if broken.is_empty() {
        return Ok(());
    }
    broken.iter().for_each(|rule| println!("{rule}"));
    Err(format!("{} rules of the house are broken", broken.len()).into())
}

/// Every broken rule as `file:line: reason`.
fn broken() -> Outcome<Vec<String>> {
    let mut broken: Vec<String> = flow::steps().into_iter().filter_map(Result::err).collect();
    for path in repository::files()? {
        let name = path.display().to_string();
        if path.ends_with("package-lock.json") && names_a_registry(&repository::read(&path)?) {
            broken.push(format!(
                "{name}: names the registry of whoever wrote it: it needs the .npmrc of the others"
            ));
        }
        if is_code(&path) {
            let text = repository::read(&path)?;
            broken.extend(
                judge(&path, &text).into_iter().map(|(line, reason)| format!("{name}:{line}: {reason}")),
            );
        }
    }
    Ok(broken)
}

fn is_code(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    matches!(extension, "rs" | "ts" | "mts" | "js" | "mjs" | "cjs")
}

/// What is wrong with one file: line and reason.
fn judge(path: &Path, text: &str) -> Vec<(usize, String)> {
    let mut wrong = Vec::new();
    if !opens_with_its_purpose(path, text) {
        wrong.push((
            1,
            "must begin with what this file is for: a reader decides here whether to go on".to_owned(),
        ));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        wrong.push((
            MAX_LINES + 1,
            format!("{lines} lines, {MAX_LINES} at most: find the second subject and move it out"),
        ));
    }
    if has_no_subject(path) {
        wrong.push((
            1,
            "a file named like this has no subject and attracts everything: name it after what it is about"
                .to_owned(),
        ));
    }
    for (line, number) in text.lines().zip(1..) {
        wrong.extend(judge_line(path, line).into_iter().map(|reason| (number, reason.to_owned())));
    }
    wrong
}

fn names_a_registry(lock: &str) -> bool {
    lock.contains(concat!("\"resolved\": \"", "http"))
}

fn opens_with_its_purpose(path: &Path, text: &str) -> bool {
    let first =
        text.lines().find(|line| !line.starts_with("#!") && !line.trim().is_empty()).unwrap_or_default();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => first.starts_with("//! "),
        _ => first.starts_with("// ") || first.starts_with("/*"),
    }
}

fn has_no_subject(path: &Path) -> bool {
    let mut parts = path.components().filter_map(|part| Path::new(part.as_os_str()).file_stem()?.to_str());
    parts.any(|part| ["utils", "util", "common", "misc", "helpers", "helper"].contains(&part))
}

fn judge_line(path: &Path, line: &str) -> Vec<&'static str> {
    let mut reasons = Vec::new();
    // In two halves, so that this file keeps its own rule.
    if [concat!("TO", "DO"), concat!("FIX", "ME")].iter().any(|mark| line.contains(mark)) {
        reasons.push("unfinished work is finished, or written down where it is planned, not in the code");
    }
    if is_test(path) && sleeps(line) {
        reasons.push(
            "a test that sleeps is slow when it passes and wrong when the machine is busy: await the event",
        );
    }
    if path.starts_with("wasm-sdk/js")
        && !path.ends_with("js/clock.ts")
        // It is over before a clock can drift, and has no room for clock.ts.
        && !path.ends_with("js/stub.ts")
        && !is_test(path)
        && reads_clock(line)
    {
        reasons.push("time comes through clock.ts: only there are sleep, drift and epochs known");
    }
    reasons
}

fn is_test(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "test")))
        || name.contains(".test.")
        || name == "tests.rs"
}

fn sleeps(line: &str) -> bool {
    let promised = line.contains(concat!("set", "Timeout("))
        && ["Promise(", concat!("Timeout(", "resolve"), concat!("Timeout(", "done")]
            .iter()
            .any(|mark| line.contains(mark));
    promised
        || ["timers/", "thread::", "time::"].iter().any(|from| {
            let what = if *from == "timers/" { "promises" } else { "sleep(" };
            line.contains(&format!("{from}{what}"))
        })
}

fn reads_clock(line: &str) -> bool {
    let code = line.trim_start();
    let is_comment = code.starts_with("//") || code.starts_with('*') || code.starts_with("/*");
    !is_comment && ["Date.now", "performance.now", "new Date("].iter().any(|call| line.contains(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_keeps_its_rules() {
        let broken = broken().expect("git lists the files");
        assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    }

    #[test]
    fn each_rule_names_the_line_that_breaks_it() {
        let reasons = |path: &str, text: &str| {
            judge(Path::new(path), text).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        assert_eq!(reasons("a/src/x.rs", "//! Purpose.\nfn x() {}\n"), []);
        assert_eq!(reasons("a/src/x.rs", "fn x() {}\n"), [1]);
        assert_eq!(reasons("a/src/utils.rs", "//! Purpose.\n"), [1]);
        assert_eq!(reasons("a/src/x.rs", &"//! Purpose.\n".repeat(301)), [301]);
        assert_eq!(reasons("a/src/x.rs", concat!("//! Purpose.\n// TO", "DO\n")), [2]);
        assert_eq!(reasons("tests/tests/x.rs", concat!("//! Purpose.\n\nthread::", "sleep(x);\n")), [3]);
        assert_eq!(reasons("wasm-sdk/js/send.ts", "// Purpose.\nconst t = Date.now();\n"), [2]);
        assert_eq!(reasons("wasm-sdk/js/clock.ts", "// Purpose.\nconst t = Date.now();\n"), []);
    }
}
