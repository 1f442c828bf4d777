//! The answer to a preflight, judged as the Fetch standard does (CORS-preflight fetch).

use super::{
    answer::{Answer, NoList, shown},
    ask::Silence,
    finding::Finding,
    origins,
    page::ADDED,
    visit::Visit,
    way::Step,
};

const HEADERS: &str = "Access-Control-Allow-Headers";
const METHODS: &str = "Access-Control-Allow-Methods";
const MAX_AGE: &str = "Access-Control-Max-Age";

/// How long a preflight is remembered if it does not say: hardly from one click to the next.
const WITHOUT_MAX_AGE: u64 = 5;

/// Below this many seconds, most clicks of a person need a preflight of their own.
const SHORT: u64 = 60;

/// Everything that a browser looks at before it sends the request.
pub(super) fn judge(visit: &Visit, step: &Step, answer: &Result<Answer, Silence>) -> Vec<Finding> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(silence) => return vec![silence.finding("preflight")],
    };
    let mut findings = vec![status(answer)];
    findings.extend(origins::may_be_seen(visit, step, answer, "preflight-origin"));
    if answer.status.is_success() {
        findings.push(headers(visit, answer));
        findings.push(methods(visit, step, answer));
        findings.push(max_age(answer));
    }
    findings
}

fn status(answer: &Answer) -> Finding {
    let seen = format!("status {} to OPTIONS", answer.status);
    if answer.status.is_success() {
        return Finding::ok("preflight", seen);
    }
    let change = match answer.status.as_u16() {
        300..=399 => "answer OPTIONS here and not by a redirect: browsers follow none for a preflight",
        401 | 403 => "answer OPTIONS before authentication: browsers send no credentials with it",
        404 | 405 | 501 => {
            "answer OPTIONS at this path: without an answer of 200 to 299 nothing with traceparent is sent"
        }
        _ => "answer OPTIONS with 204",
    };
    Finding::wrong("preflight", seen, change)
}

fn headers(visit: &Visit, answer: &Answer) -> Finding {
    let value = answer.header(HEADERS);
    let seen = shown(HEADERS, value.as_deref());
    let listed = match answer.names(HEADERS) {
        Ok(listed) => listed.unwrap_or_default(),
        Err(NoList) => {
            return Finding::wrong("allow-headers", seen, "write names with commas between them");
        }
    };
    // `*` is a name like others where a page asks with credentials.
    let covers_all = !visit.credentials && listed.iter().any(|name| name == "*");
    let is_listed = |header: &str| listed.iter().any(|name| name.eq_ignore_ascii_case(header));
    let missing: Vec<_> = ADDED.into_iter().filter(|header| !covers_all && !is_listed(header)).collect();
    if missing.is_empty() {
        return Finding::ok("allow-headers", seen);
    }
    let mut all: Vec<_> = listed.iter().map(String::as_str).filter(|name| *name != "*").collect();
    all.extend(&missing);
    let why = if listed.iter().any(|name| name == "*") {
        " (`*` does not cover requests with credentials)"
    } else {
        ""
    };
    Finding::wrong(
        "allow-headers",
        seen,
        format!("add {}{why}: {HEADERS}: {}", missing.join(", "), all.join(", ")),
    )
}

fn methods(visit: &Visit, step: &Step, answer: &Answer) -> Finding {
    let value = answer.header(METHODS);
    let seen = shown(METHODS, value.as_deref());
    let method = step.method.as_str();
    let Ok(listed) = answer.names(METHODS) else {
        return Finding::wrong("allow-methods", seen, "write methods with commas between them");
    };
    let listed = listed.unwrap_or_default();
    let covers_all = !visit.credentials && listed.iter().any(|name| name == "*");
    if covers_all || listed.iter().any(|name| name == method) {
        return Finding::ok("allow-methods", seen);
    }
    if matches!(method, "GET" | "HEAD" | "POST") {
        return Finding::ok("allow-methods", format!("{seen}; {method} needs none"));
    }
    let differs = listed.iter().any(|name| name.eq_ignore_ascii_case(method));
    let change = if differs {
        format!(
            "methods differ by the case of their letters: list {method}, or let pages ask with the one that is listed"
        )
    } else {
        format!("add {method} to {METHODS}")
    };
    Finding::wrong("allow-methods", seen, change)
}

fn max_age(answer: &Answer) -> Finding {
    let value = answer.header(MAX_AGE);
    let seconds = value.as_deref().and_then(|value| value.parse::<u64>().ok());
    let seen = shown(MAX_AGE, value.as_deref());
    if seconds.is_some_and(|seconds| seconds >= SHORT) {
        return Finding::ok("max-age", seen);
    }
    let lasts = seconds.unwrap_or(WITHOUT_MAX_AGE);
    Finding::warning(
        "max-age",
        format!("{seen}: the permission lasts {lasts} s, so most requests cost a preflight"),
        format!("add {MAX_AGE}: 7200 (browsers keep it for two hours to a day at most)"),
    )
}
