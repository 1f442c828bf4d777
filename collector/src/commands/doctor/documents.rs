//! Documents: a person goes to them, so nothing of weft is in the request, and the answer says which trace rendered it.

use reqwest::Method;

use super::{
    answer::Answer,
    ask::Asker,
    finding::Finding,
    markup,
    page::Page,
    server_timing::{Traceparent, traceparent},
    traces::repeated,
    way::End,
};

/// Asks for a document as a person does, twice: one that comes from a cache tells of a trace that rendered it for
/// somebody else.
pub(super) async fn judge(asker: &Asker, end: &End) -> Vec<Finding> {
    if !end.answer.is_html() || end.step.method != Method::GET {
        return Vec::new();
    }
    let headers = Page::navigates();
    let navigate = || asker.ask(&Method::GET, &end.step.url, &headers);
    let first = match navigate().await {
        Ok(answer) => answer,
        Err(silence) => return vec![silence.finding("document")],
    };
    let Some(said) = rendered_by(&first) else {
        return vec![Finding::warning(
            "document",
            "neither Server-Timing: traceparent nor <meta name=\"traceparent\">",
            "say in one of them which span rendered the document: the page load is then linked `server` to it",
        )];
    };
    let Some(read) = Traceparent::read(&said) else {
        return vec![Finding::wrong(
            "document",
            format!("traceparent says {said:?}"),
            "write 00-<trace id>-<span id>-<flags>, in small hexadecimal letters",
        )];
    };
    let mut findings = vec![Finding::ok("document", format!("rendered by span {}", read.span))];
    // The SDK takes no trace from one that says that it was rendered more than a minute ago.
    if markup::meta(&first.body, "weft-rendered").is_some() {
        findings.push(Finding::ok("document-cache", "it says when it was rendered: weft-rendered"));
    } else if let Ok(again) = navigate().await {
        findings.push(repeated("document-cache", &read, &again, rendered_by(&again).as_deref()));
    }
    findings
}

fn rendered_by(answer: &Answer) -> Option<String> {
    traceparent(answer).or_else(|| markup::meta(&answer.body, "traceparent"))
}
