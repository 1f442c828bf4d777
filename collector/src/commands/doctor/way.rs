//! The way of a request, redirects included, as the Fetch standard goes it (HTTP fetch, HTTP-redirect fetch).

use reqwest::{Method, Url};

use super::{
    answer::Answer,
    ask::Asker,
    finding::{Finding, Verdict},
    origins,
    page::{Carried, Page},
    preflight, server_timing,
    visit::{Visit, is_safe},
};

/// Redirects that browsers follow.
const MOST: usize = 20;

/// What was found on the way, and where it ended.
pub(super) struct Way {
    pub(super) findings: Vec<Finding>,
    /// The last answer, if it is no redirect.
    pub(super) end: Option<End>,
}

/// Where a request came to.
pub(super) struct End {
    pub(super) step: Step,
    pub(super) carried: Carried,
    pub(super) answer: Answer,
}

/// One request of the way.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) url: Url,
    pub(super) method: Method,
    /// What `Origin` says: `null` once two foreign origins have sent it on.
    pub(super) origin: String,
    /// Whether CORS applies. It does from the first foreign origin on, even where the way leads back.
    pub(super) is_cross: bool,
    pub(super) redirects: usize,
}

/// Goes it, and judges every step. Where a browser would stop, a request that changes nothing is sent all the same:
/// there may be more to repair.
pub(super) async fn follow(visit: &Visit, page: &Page, asker: &Asker) -> Way {
    let mut way = Way { findings: mixed_content(visit), end: None };
    let mut next = Some(Step {
        url: visit.url.clone(),
        method: visit.method.clone(),
        origin: visit.origin.clone(),
        is_cross: visit.is_cross_origin(&visit.url),
        redirects: 0,
    });
    while let Some(step) = next.take() {
        let (mut findings, asked) = take(visit, page, asker, &step).await;
        if let Some((carried, answer)) = asked {
            match onward(visit, &step, &answer) {
                Onward::Ends => way.end = Some(End { step: step.clone(), carried, answer }),
                Onward::Goes(to, finding) => {
                    findings.push(finding);
                    next = Some(to);
                }
                Onward::Breaks(finding) => findings.push(finding),
            }
        }
        way.findings.extend(findings.into_iter().map(|finding| finding.after(step.redirects)));
    }
    way
}

/// One step: permission where it is needed, the request, and whether the page may see the answer.
async fn take(
    visit: &Visit,
    page: &Page,
    asker: &Asker,
    step: &Step,
) -> (Vec<Finding>, Option<(Carried, Answer)>) {
    let mut findings = Vec::new();
    if step.is_cross {
        let headers = Page::preflights(&step.method, &step.origin);
        let answer = asker.ask(&Method::OPTIONS, &step.url, &headers).await;
        findings.extend(preflight::judge(visit, step, &answer));
    } else {
        findings.push(Finding::ok(
            "cors",
            format!("{} is the page's own origin: no CORS is needed", step.origin),
        ));
    }
    if findings.iter().any(|finding| finding.verdict == Verdict::Wrong) && !is_safe(&step.method) {
        let seen = format!("{} is not sent: a browser would not send it either", step.method);
        findings.push(Finding::warning("answer", seen, "repair the preflight, then ask again"));
        return (findings, None);
    }
    let (headers, carried) = page.fetches(&step.method, &step.origin, step.is_cross);
    match asker.ask(&step.method, &step.url, &headers).await {
        Err(silence) => {
            findings.push(silence.finding("answer"));
            (findings, None)
        }
        Ok(answer) => {
            findings.push(status(&answer));
            if step.is_cross {
                findings.extend(origins::may_be_seen(visit, step, &answer, "allow-origin"));
                findings.push(server_timing::may_be_seen(step, &answer));
            }
            (findings, Some((carried, answer)))
        }
    }
}

fn status(answer: &Answer) -> Finding {
    let read = if answer.is_whole {
        ""
    } else {
        "; a document of more than 256 KiB, or one that breaks off: the rest is not read"
    };
    let seen = format!("status {}{read}", answer.status);
    if answer.status.is_client_error() || answer.status.is_server_error() {
        return Finding::warning(
            "answer",
            seen,
            "errors need the same headers as everything else; for the rest, ask for something that succeeds",
        );
    }
    Finding::ok("answer", seen)
}

/// A page of https cannot ask for http, but on its own machine.
fn mixed_content(visit: &Visit) -> Vec<Finding> {
    let host = visit.url.host_str().unwrap_or_default();
    let is_here =
        host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]";
    let is_mixed = visit.origin.starts_with("https:") && visit.url.scheme() == "http" && !is_here;
    let seen = "a page of https asks for http";
    is_mixed
        .then(|| {
            Finding::wrong("mixed-content", seen, "serve the API by https: browsers do not send this request")
        })
        .into_iter()
        .collect()
}

enum Onward {
    Ends,
    Goes(Step, Finding),
    Breaks(Finding),
}

fn onward(visit: &Visit, step: &Step, answer: &Answer) -> Onward {
    let status = answer.status.as_u16();
    let location = answer.header("location");
    let Some(location) = location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) else {
        return Onward::Ends;
    };
    let breaks = |why: &str, change: &str| {
        Onward::Breaks(Finding::wrong("redirect", format!("{status} to {location}: {why}"), change))
    };
    let Ok(url) = step.url.join(&location) else {
        return breaks("no URL", "answer with a Location that is one");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return breaks("neither http nor https", "redirect to what pages can fetch");
    }
    if step.redirects == MOST {
        return breaks("the 21st redirect, browsers stop here", "end the circle");
    }
    let has_secrets = !url.username().is_empty() || url.password().is_some();
    if has_secrets && (step.is_cross || visit.is_cross_origin(&url)) {
        return breaks("a name or password in the URL, browsers refuse it", "redirect without them");
    }
    let (next, finding) = redirected(visit, step, url, status);
    Onward::Goes(next, finding)
}

fn redirected(visit: &Visit, step: &Step, url: Url, status: u16) -> (Step, Finding) {
    let (here, there) = (step.url.origin(), url.origin());
    let leaves = here != there;
    let is_foreign_to_both = leaves && visit.is_cross_origin(&step.url);
    let becomes_get = (matches!(status, 301 | 302) && step.method == Method::POST)
        || (status == 303 && !is_safe(&step.method));
    let seen = format!("{status} to {url}");
    let finding = if leaves {
        Finding::warning(
            "redirect",
            format!("{seen}: to another origin, and traceparent, tracestate and baggage go along"),
            "let pages ask there directly; or list the path in `propagate.except` of the SDK, so that it gets no headers",
        )
    } else {
        Finding::ok("redirect", seen)
    };
    let next = Step {
        method: if becomes_get { Method::GET } else { step.method.clone() },
        origin: if is_foreign_to_both { "null".to_owned() } else { step.origin.clone() },
        is_cross: step.is_cross || visit.is_cross_origin(&url),
        redirects: step.redirects + 1,
        url,
    };
    (next, finding)
}
