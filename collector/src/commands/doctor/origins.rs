//! Who may see an answer: `Access-Control-Allow-Origin` and what belongs to it (CORS check).

use super::{
    answer::{Answer, shown},
    ask::Asker,
    finding::Finding,
    page::{Page, STRANGER},
    visit::{Visit, is_safe},
    way::{End, Step},
};

const ORIGIN: &str = "Access-Control-Allow-Origin";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials";

/// Whether a page of the origin that asked may.
pub(super) fn may_be_seen(visit: &Visit, step: &Step, answer: &Answer, check: &'static str) -> Vec<Finding> {
    let value = answer.header(ORIGIN);
    let seen = shown(ORIGIN, value.as_deref());
    let expected = format!("{ORIGIN}: {}", step.origin);
    let finding = match value.as_deref() {
        None => Finding::wrong(check, seen, format!("add {expected}, to errors and redirects too")),
        Some("*") if visit.credentials => Finding::wrong(
            check,
            format!("{seen}: `*` does not cover requests with credentials"),
            format!("answer {expected} and Vary: Origin"),
        ),
        Some(value) if value == "*" || value == step.origin => Finding::ok(check, seen),
        Some(value) if value.contains(',') => Finding::wrong(
            check,
            format!("{seen}: browsers take one origin and no list"),
            format!("answer {expected}, once: often both the application and a proxy before it add one"),
        ),
        Some(_) if step.origin == "null" => Finding::wrong(
            check,
            format!(
                "{seen}: after a redirect between two origins that are not the page's, the Origin is null"
            ),
            "let pages ask the last address directly: to allow null is to allow everybody",
        ),
        Some(_) => Finding::wrong(
            check,
            seen,
            format!("answer {expected}, exactly: no slash, no other case, no port"),
        ),
    };
    std::iter::once(finding).chain(credentials(visit, answer)).collect()
}

fn credentials(visit: &Visit, answer: &Answer) -> Option<Finding> {
    let value = answer.header(CREDENTIALS);
    let seen = shown(CREDENTIALS, value.as_deref());
    if visit.credentials && value.as_deref() != Some("true") {
        return Some(Finding::wrong(
            "credentials",
            seen,
            format!("add {CREDENTIALS}: true, in small letters"),
        ));
    }
    let covers_all = answer.header(ORIGIN).as_deref() == Some("*");
    (!visit.credentials && covers_all && value.as_deref() == Some("true")).then(|| {
        Finding::warning(
            "credentials",
            format!("{seen}, beside {ORIGIN}: *"),
            "answer the page's own origin and Vary: Origin: `*` does not cover requests with credentials",
        )
    })
}

/// Whether what is answered depends on who asks, and says so to caches. Asks as another origin, where that changes
/// nothing.
pub(super) async fn shared_between_origins(
    visit: &Visit,
    page: &Page,
    asker: &Asker,
    end: &End,
) -> Vec<Finding> {
    let allowed = end.answer.header(ORIGIN);
    if !end.step.is_cross || allowed.is_none() || allowed.as_deref() == Some("*") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut depends = true;
    if is_safe(&end.step.method) {
        let (headers, _) = page.fetches(&end.step.method, STRANGER, true);
        if let Ok(other) = asker.ask(&end.step.method, &end.step.url, &headers).await {
            depends = other.header(ORIGIN) != allowed;
            findings.extend(strangers(visit, &other));
        }
    }
    let varies = end.answer.lists("vary", "origin") || end.answer.lists("vary", "*");
    let vary = shown("Vary", end.answer.header("vary").as_deref());
    findings.push(match (depends, varies) {
        (false, _) => Finding::ok("vary", format!("{vary}; {ORIGIN} is the same whoever asks")),
        (true, true) => Finding::ok("vary", vary),
        (true, false) => Finding::warning(
            "vary",
            format!("{vary}, and {ORIGIN} depends on who asks"),
            "add Vary: Origin, also to answers without CORS headers: a cache may give one origin's answer to another",
        ),
    });
    findings
}

/// Any page of the web that a person visits could read what is theirs.
fn strangers(visit: &Visit, other: &Answer) -> Option<Finding> {
    let opens = other.header(ORIGIN).as_deref() == Some(STRANGER);
    let with_credentials = other.header(CREDENTIALS).as_deref() == Some("true");
    (opens && with_credentials).then(|| {
        Finding::wrong(
            "strangers",
            format!("{ORIGIN}: {STRANGER}, with {CREDENTIALS}: true, to an origin that nobody knows"),
            format!("answer origins of a list alone, as {}", visit.origin),
        )
    })
}
