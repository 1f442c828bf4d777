//! Whether the server goes on with the trace that it was handed: it says so in `Server-Timing`, and is asked twice.

use super::{
    answer::{Answer, shown},
    ask::Asker,
    finding::Finding,
    page::{Carried, Page},
    server_timing::{Traceparent, traceparent},
    visit::is_safe,
    way::End,
};

/// What to answer.
const ENTRY: &str = "Server-Timing: traceparent;desc=\"00-<trace id>-<span id>-<flags>\"";

pub(super) async fn judge(page: &Page, asker: &Asker, end: &End) -> Vec<Finding> {
    let Some(said) = traceparent(&end.answer) else { return vec![nothing_said(&end.answer)] };
    let Some(said) = Traceparent::read(&said) else { return vec![unreadable(&said)] };
    let mut findings = vec![Finding::ok("server-timing", format!("traceparent of span {}", said.span))];
    findings.push(propagation(&end.carried, &said));
    if !said.is_sampled {
        findings.push(Finding::warning(
            "sampling",
            "the server does not sample this trace, though it was told that the page does",
            "use a sampler that follows the parent, as `parentbased_always_on`: else links lead to spans that nobody keeps",
        ));
    }
    if is_safe(&end.step.method) {
        let (headers, _) = page.fetches(&end.step.method, &end.step.origin, end.step.is_cross);
        if let Ok(again) = asker.ask(&end.step.method, &end.step.url, &headers).await {
            findings.push(repeated("cache", &said, &again, traceparent(&again).as_deref()));
        }
    }
    findings
}

/// Whether an answer that came later tells of the same span.
pub(super) fn repeated(
    check: &'static str,
    said: &Traceparent,
    again: &Answer,
    later: Option<&str>,
) -> Finding {
    let stored = ["cache-control", "age"].map(|name| shown(name, again.header(name).as_deref())).join(", ");
    if later.and_then(Traceparent::read).is_some_and(|later| later == *said) {
        return Finding::wrong(
            check,
            format!("two requests, one span {}: an old answer, or a fixed text ({stored})", said.span),
            "leave traceparent out of what is stored, or store nothing (Cache-Control: no-store): links would lead to \
             the request of somebody else",
        );
    }
    if may_be_stored(again) {
        return Finding::warning(
            check,
            format!("two requests, two spans; but caches may keep the answer ({stored})"),
            "leave traceparent out of what may be stored, or answer Cache-Control: no-store",
        );
    }
    Finding::ok(check, "two requests, two spans")
}

fn propagation(carried: &Carried, said: &Traceparent) -> Finding {
    if said.trace != carried.trace {
        return Finding::wrong(
            "propagation",
            format!("sent trace {}, the server began another: {}", carried.trace, said.trace),
            "extract W3C Trace Context from requests (in OpenTelemetry: OTEL_PROPAGATORS=tracecontext,baggage, and an \
             instrumentation of the HTTP server); and let no proxy between drop or replace traceparent",
        );
    }
    if said.span == carried.span {
        return Finding::warning(
            "propagation",
            "the server answers the very traceparent that it was sent",
            "answer the span of the server: a copy does not show that anything was recorded",
        );
    }
    Finding::ok("propagation", "the server goes on with the trace that it was sent")
}

fn nothing_said(answer: &Answer) -> Finding {
    Finding::warning(
        "server-timing",
        format!(
            "{}: without the entry traceparent nobody outside sees whether propagation works",
            shown("Server-Timing", answer.header("server-timing").as_deref())
        ),
        format!("answer {ENTRY} with the ids of the span of this request"),
    )
}

fn unreadable(said: &str) -> Finding {
    let change = format!("write version 00 in small hexadecimal letters, no id only zeros: {ENTRY}");
    Finding::wrong("server-timing", format!("traceparent says {said:?}"), change)
}

fn may_be_stored(answer: &Answer) -> bool {
    let says = |directive: &str| answer.lists("cache-control", directive);
    let control = answer.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let has_age = answer.header("age").is_some_and(|age| age != "0");
    let lasts = control.split(',').filter_map(|part| part.trim().split_once('=')).any(|(name, seconds)| {
        matches!(name, "max-age" | "s-maxage")
            && seconds.trim_matches('"').parse::<u64>().is_ok_and(|age| age > 0)
    });
    !says("no-store") && !says("no-cache") && (has_age || says("public") || lasts)
}
