//! `weft doctor URL`: plays a browser's part against somebody's API, and says what to change there.
//!
//! Everything that comes from the other side is untrusted: it is read within bounds, and printed without characters
//! that a terminal obeys.

mod answer;
mod ask;
mod documents;
mod finding;
mod markup;
mod origins;
mod page;
mod preflight;
mod report;
mod request_ids;
mod server_timing;
mod traces;
mod visit;
mod way;

use std::time::Duration;

use super::Failure;
use ask::Asker;
use page::Page;
use visit::Visit;

pub use report::Report;

/// What is to be looked at, as somebody has typed it.
#[derive(Debug)]
pub struct Question<'a> {
    /// What a page asks for.
    pub url: &'a str,
    /// Where that page comes from; from the same origin, if nothing is said.
    pub origin: Option<&'a str>,
    /// With which method.
    pub method: &'a str,
    /// Whether it asks with `credentials: "include"`.
    pub credentials: bool,
    /// How long it waits for each answer.
    pub timeout: Duration,
}

/// Asks as a page would, and judges what is answered.
///
/// # Errors
/// If the question itself is wrong. What is wrong with the API is in the report.
pub async fn doctor(question: &Question<'_>) -> Result<Report, Failure> {
    let visit = Visit::new(question)?;
    let asker = Asker::new(question.timeout)?;
    let page = Page::new();

    let way = way::follow(&visit, &page, &asker).await;
    let mut findings = way.findings;
    if let Some(end) = &way.end {
        findings.extend(origins::shared_between_origins(&visit, &page, &asker, end).await);
        findings.extend(traces::judge(&page, &asker, end).await);
        findings.push(request_ids::judge(&visit, end));
        findings.extend(documents::judge(&asker, end).await);
    }
    Ok(Report::new(&visit, findings))
}
