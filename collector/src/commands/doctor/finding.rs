//! One thing that was looked at: what was seen, and what to change.

use serde::Serialize;

/// The most of a text from outside that is shown.
const SHOWN: usize = 240;

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Nothing to change.
    Ok,
    /// It works, and costs something or hides something.
    Warning,
    /// A browser refuses it, or links and traces will be wrong.
    Wrong,
}

/// One row of the report.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    /// How many redirects had been followed.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) redirects: usize,
    pub(super) verdict: Verdict,
    pub(super) seen: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) change: String,
}

impl Finding {
    pub(super) fn ok(check: &'static str, seen: impl AsRef<str>) -> Self {
        Self::new(check, Verdict::Ok, seen.as_ref(), "")
    }

    pub(super) fn warning(check: &'static str, seen: impl AsRef<str>, change: impl AsRef<str>) -> Self {
        Self::new(check, Verdict::Warning, seen.as_ref(), change.as_ref())
    }

    pub(super) fn wrong(check: &'static str, seen: impl AsRef<str>, change: impl AsRef<str>) -> Self {
        Self::new(check, Verdict::Wrong, seen.as_ref(), change.as_ref())
    }

    /// The same, seen after so many redirects.
    pub(super) fn after(self, redirects: usize) -> Self {
        Self { redirects, ..self }
    }

    /// Every text is cleaned here, so that no check can forget it.
    fn new(check: &'static str, verdict: Verdict, seen: &str, change: &str) -> Self {
        Self { check, redirects: 0, verdict, seen: printable(seen), change: printable(change) }
    }
}

/// A text as a terminal may have it: printable ASCII, anything else by its number, and no more of it than fits.
pub(super) fn printable(text: &str) -> String {
    let mut clean = String::new();
    for character in text.chars() {
        if clean.len() >= SHOWN {
            clean.push_str("...");
            break;
        }
        match character {
            ' '..='~' => clean.push(character),
            other => clean.extend(other.escape_unicode()),
        }
    }
    clean
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_shown() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}\r\n\u{9b}"), "a\\u{1b}[31mb\\u{202e}\\u{d}\\u{a}\\u{9b}");
        assert_eq!(printable(&"x".repeat(1000)).len(), SHOWN + 3);
    }
}
