//! `x-request-id`: what the rule `server` links by, where a backend has no traces.

use super::{answer::shown, finding::Finding, server_timing::traceparent, visit::Visit, way::End};

const EXPOSE: &str = "Access-Control-Expose-Headers";

/// Whether it is answered, and whether a page of another origin may read it.
pub(super) fn judge(visit: &Visit, end: &End) -> Finding {
    let Some(id) = end.answer.header("x-request-id") else {
        // With a trace in it, the answer needs no other name.
        let finding = if traceparent(&end.answer).is_some() {
            Finding::ok("request-id", "no x-request-id; the trace says the same")
        } else {
            Finding::warning(
                "request-id",
                "no x-request-id",
                "only where the backend has no traces: answer x-request-id and write it to its log records, for the rule `server`",
            )
        };
        return finding;
    };
    let covers_all = !visit.credentials && end.answer.lists(EXPOSE, "*");
    if !end.step.is_cross || covers_all || end.answer.lists(EXPOSE, "x-request-id") {
        return Finding::ok("request-id", format!("x-request-id: {id}"));
    }
    let seen = format!("x-request-id: {id}, and {}", shown(EXPOSE, end.answer.header(EXPOSE).as_deref()));
    let change = format!("add {EXPOSE}: x-request-id, else the page does not see it");
    Finding::warning("request-id", seen, change)
}
