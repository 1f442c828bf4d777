//! `cargo xtask flow`: prints the path of an event from the first lines of the files that are its steps.

use std::path::Path;

use crate::{failure::Outcome, repository};

/// The eight files in the order an event passes them, and what each does.
const STEPS: [(&str, &str); 8] = [
    ("wasm-sdk/js/capture.ts", "capture"),
    ("wasm-sdk/src/record.rs", "record"),
    ("wasm-sdk/js/send.ts", "send"),
    ("collector/src/pipeline/admit.rs", "admit"),
    ("collector/src/pipeline/decode.rs", "decode"),
    ("collector/src/pipeline/spool.rs", "spool"),
    ("collector/src/pipeline/link.rs", "link"),
    ("collector/src/pipeline/export.rs", "export"),
];

pub(crate) fn run() -> Outcome {
    let steps = steps();
    let wrong: Vec<&str> = steps.iter().filter_map(|step| step.as_ref().err()).map(String::as_str).collect();
    for (line, file) in steps.iter().flatten() {
        println!("{line}\n    {file}");
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n       ").into()) }
}

/// The line of each step with its file, or what is wrong with it (`file:line: reason`).
pub(crate) fn steps() -> Vec<Result<(String, &'static str), String>> {
    STEPS
        .iter()
        .zip(1..)
        .map(|(&(file, verb), number)| {
            let text = repository::read(Path::new(file))
                .map_err(|_| format!("{file}:1: step {number}, {verb}, is missing"))?;
            match line(&text, number, verb) {
                Some(line) => Ok((line, file)),
                None => Err(format!(
                    "{file}:1: must begin `Step {number} of 8, {verb}: what comes in → what goes out.`"
                )),
            }
        })
        .collect()
}

fn line(text: &str, number: u32, verb: &str) -> Option<String> {
    let first = text.lines().next()?;
    let said = first.trim_start_matches(['/', '!', '*', ' ']).trim_end_matches(['/', '*', ' ']);
    let flow = said.strip_prefix(&format!("Step {number} of 8, {verb}: "))?;
    let (from, to) = flow.strip_suffix('.')?.split_once(" → ")?;
    (!from.is_empty() && !to.is_empty()).then(|| said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_its_number_its_verb_and_what_flows() {
        let rust = "//! Step 4 of 8, admit: a request → bytes we are willing to read, or a refusal.\n";
        assert!(line(rust, 4, "admit").is_some());
        assert!(
            line("/** Step 1 of 8, capture: the DOM → calls into the module. */", 1, "capture").is_some()
        );
        assert_eq!(line(rust, 5, "admit"), None);
        assert_eq!(line(rust, 4, "decode"), None);
        assert_eq!(line("//! Step 4 of 8, admit: a request.", 4, "admit"), None);
    }
}
