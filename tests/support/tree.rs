//! Draws traces for people: one line a span, indented under its parent, with gaps and links.

use std::{collections::HashMap, fmt::Write};

use time::{OffsetDateTime, macros::format_description};

use crate::received::{Linked, Received, Trace, traces};

/// Draws every trace among `spans`, in the order in which they began.
#[must_use]
pub fn draw(spans: &[Received]) -> String {
    let mut out = String::new();
    for trace in traces(spans) {
        draw_trace(&mut out, &trace, spans);
    }
    if out.is_empty() { "(nothing)".to_owned() } else { out }
}

/// Draws one trace; `known` tells the names of what it links to.
pub fn draw_trace(out: &mut String, trace: &Trace, known: &[Received]) {
    let names: HashMap<String, &str> = known.iter().map(|span| (span.span_id(), span.name())).collect();
    let inside = |id: &Option<String>| {
        id.as_ref().is_some_and(|id| trace.spans.iter().any(|span| span.span_id() == *id))
    };
    for top in trace.spans.iter().filter(|span| !inside(&span.parent_id())) {
        draw_span(out, top, trace, &names, 0);
    }
}

fn draw_span(out: &mut String, span: &Received, trace: &Trace, names: &HashMap<String, &str>, depth: usize) {
    let indent = "   ".repeat(depth);
    let branch = if depth == 0 { "● " } else { "└─ " };
    let from = if span.service().is_empty() { String::new() } else { format!("  [{}]", span.service()) };
    let _ = writeln!(
        out,
        "{}  {indent}{branch}{}{}  {:.1} ms{from}",
        clock_time(span.span.start_time_unix_nano),
        span.name(),
        subject(span),
        span.duration_ms()
    );
    let margin = format!("{:27}{indent}   ", "");
    if let Some(gap) = span.number("weft.since_previous_ms").filter(|_| depth == 0) {
        let _ = writeln!(out, "{margin}{} after the one before", for_people(gap));
    }
    for link in span.links() {
        let _ = writeln!(out, "{margin}→ {}", describe(&link, names));
    }
    let children = trace.spans.iter().filter(|child| child.parent_id() == Some(span.span_id()));
    children.for_each(|child| draw_span(out, child, trace, names, depth + 1));
}

/// What a span is about, where its name does not say.
fn subject(span: &Received) -> String {
    let keys = [
        "weft.element",
        "app.widget.name",
        "app.widget.id",
        "url.path",
        "url.template",
        "url.full",
        "http.route",
    ];
    keys.iter().find_map(|key| span.text(key)).map(|about| format!(" {about}")).unwrap_or_default()
}

fn describe(link: &Linked, names: &HashMap<String, &str>) -> String {
    let kinds = if link.kinds.is_empty() { "a link".to_owned() } else { link.kinds.join(", ") };
    let target = names.get(&link.span_id).map_or_else(
        || format!("span {} of trace {}", link.span_id, link.trace_id),
        |name| (*name).to_owned(),
    );
    let rule = link.rule.as_ref().map(|rule| format!(" (inferred by {rule})")).unwrap_or_default();
    format!("{kinds}: {target}{rule}")
}

/// UTC, to the millisecond.
fn clock_time(nanos: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanos)).ok();
    time.and_then(|time| time.format(format).ok()).unwrap_or_else(|| format!("{nanos} ns"))
}

fn for_people(ms: f64) -> String {
    match ms {
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms if ms < 120_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms if ms < 7_200_000.0 => format!("{:.1} min", ms / 60_000.0),
        ms if ms < 172_800_000.0 => format!("{:.1} h", ms / 3_600_000.0),
        ms => format!("{:.1} days", ms / 86_400_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_drawn_as_utc() {
        assert_eq!(clock_time(0), "1970-01-01 00:00:00.000");
        assert_eq!(clock_time(951_782_400_000_000_000), "2000-02-29 00:00:00.000");
        assert_eq!(clock_time(1_795_205_163_671_000_000), "2026-11-20 20:06:03.671");
    }
}
