//! What was found, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::{
    finding::{Finding, Verdict, printable},
    visit::Visit,
};

/// Everything that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    url: String,
    origin: String,
    method: String,
    wrong: usize,
    warnings: usize,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(visit: &Visit, findings: Vec<Finding>) -> Self {
        let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        Self {
            url: printable(visit.url.as_str()),
            origin: visit.origin.clone(),
            method: visit.method.to_string(),
            wrong: count(Verdict::Wrong),
            warnings: count(Verdict::Warning),
            findings,
        }
    }

    /// Whether nothing is wrong. Warnings are not.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.wrong == 0
    }

    /// For programs.
    ///
    /// # Errors
    /// If it cannot be written as JSON; it can.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// A table: check, verdict, what was seen, and below it what to change.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {}\nas a page of {} asks for it, with the headers of weft\n",
            self.method, self.url, self.origin
        )?;
        let mut redirects = 0;
        for finding in &self.findings {
            if finding.redirects > redirects {
                redirects = finding.redirects;
                writeln!(f, "\nafter redirect {redirects}:")?;
            }
            let verdict = match finding.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Wrong => "wrong",
            };
            writeln!(f, "{:<20} {verdict:<8} {}", finding.check, finding.seen)?;
            if !finding.change.is_empty() {
                writeln!(f, "{:<29} change: {}", "", finding.change)?;
            }
        }
        writeln!(f, "\n{} wrong, {} warnings", self.wrong, self.warnings)
    }
}
