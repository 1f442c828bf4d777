//! Why something met nothing, and what to do about it, in words: what is known, and no more than is likely.

use super::map::Why;

/// A likely cause, and what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Likely {
    pub(super) cause: &'static str,
    pub(super) fix: &'static str,
}

/// What else is known of an application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Whether any backend has sent spans.
    pub(super) has_backend: bool,
    /// Whether other requests to that host were joined.
    pub(super) host_joins: bool,
}

pub(super) fn of_request(why: Why, known: Known) -> Likely {
    let (cause, fix) = match why {
        Why { shares_trace: true, .. } => BEHIND_ANOTHER,
        Why { is_answered: false, leaves_origin: Some(true), .. } => REFUSED,
        Why { is_answered: false, .. } => UNANSWERED,
        _ if !known.has_backend => NO_BACKEND,
        _ if known.host_joins => PARTLY,
        Why { leaves_origin: Some(true), .. } => NOT_PROPAGATED,
        Why { leaves_origin: Some(false), .. } => NOT_INSTRUMENTED,
        Why { leaves_origin: None, .. } => PAGE_UNKNOWN,
    };
    Likely { cause, fix }
}

/// `has_pages`: whether any request of a page has come.
pub(super) fn of_root(has_pages: bool) -> Likely {
    let (cause, fix) = if has_pages { NO_CALLER } else { NO_PAGES };
    Likely { cause, fix }
}

/// `shares_trace`: whether a page's request is in its trace.
pub(super) fn of_orphan(shares_trace: bool) -> Likely {
    let (cause, fix) = if shares_trace { BEHIND_ANOTHER } else { PARENT_UNSEEN };
    Likely { cause, fix }
}

pub(super) fn of_link(kind: &str) -> Likely {
    let (cause, fix) = match kind {
        "server" => CACHED,
        _ => TARGET_UNSEEN,
    };
    Likely { cause, fix }
}

type Words = (&'static str, &'static str);

const BEHIND_ANOTHER: Words = (
    "something between the page and this backend (a gateway, a proxy, a mesh) makes a span of its own in the trace, and that span does not come here",
    "let it send its spans here too, or let it pass traceparent on without taking part",
);
const REFUSED: Words = (
    "a request to another origin that nobody answered: the API's CORS does not allow traceparent, or the page itself; or the network failed",
    "answer the preflight with Access-Control-Allow-Headers: traceparent, tracestate, baggage and with Access-Control-Allow-Origin; the browser's console says which is missing",
);
const UNANSWERED: Words = (
    "nobody answered: it was aborted, or the network failed, before a backend could have seen it",
    "nothing, while these are few; else look at error.type of the example",
);
const NO_BACKEND: Words = (
    "no backend has sent a span of kind SERVER with a server key of this application since the collector started",
    "let the backend's OpenTelemetry send here with a server key of the same application",
);
const PARTLY: Words = (
    "other requests to this host are connected: the spans of this one are sampled away or ignored by the instrumentation, or it is answered by something in front (a cache, a CDN, a static file)",
    "look at the backend's sampler, and at what its instrumentation ignores; nothing, if a cache answers",
);
const NOT_PROPAGATED: Words = (
    "a request to another origin: the page gives traceparent to its own origin only, and to those that it lists; or the backend there is not instrumented",
    "list the origin in `propagate.to` of init (plain OpenTelemetry: propagateTraceHeaderCorsUrls), and let the API's CORS allow it: Access-Control-Allow-Headers: traceparent, tracestate, baggage",
);
const NOT_INSTRUMENTED: Words = (
    "a request to the page's own origin that had traceparent: what answers it is not instrumented, samples it away, or sends its spans elsewhere or for another application",
    "instrument what answers, and let it send here with a server key of the same application; nothing, if a cache answers",
);
const PAGE_UNKNOWN: Words = (
    "it is not known which page this was, and so not whether traceparent was sent: the backend is not instrumented or samples it away; or this is another origin that the page does not list",
    "see whether the host is the page's own: if it is, instrument it; else list it in `propagate.to` of init, and let its CORS allow traceparent, tracestate and baggage",
);
const NO_CALLER: Words = (
    "whoever called has no traceparent: a health check, a bot, a job, a page without an SDK; or a page of another origin to which this backend is not listed in `propagate.to`; or something in between removes the header",
    "nothing for health checks, bots and jobs; else look for the same path among the requests that are not connected",
);
const NO_PAGES: Words = (
    "no page has sent a request of fetch or XMLHttpRequest for this application since the collector started",
    "put the SDK into the page, with a browser key of the same application, and capture requests",
);
const PARENT_UNSEEN: Words = (
    "its parent never came: what called it was sampled away, or does not send its spans here, or is a page whose events have not come yet (offline, closed)",
    "let the caller send its spans here, with a key of the same application; sample by the parent's decision (`parentbased`)",
);
const CACHED: Words = (
    "the trace that a document names as having rendered it never came: the document came out of a cache, or its backend samples the trace away or sends it elsewhere",
    "leave Server-Timing: traceparent and <meta name=\"traceparent\"> out of what is cached; let the backend send here",
);
const TARGET_UNSEEN: Words = (
    "a link to a span that has not passed: it is older than what is remembered, was sampled away or sent elsewhere, or is an event of a page and no request",
    "nothing, if the target is old; else let whoever makes it send here",
);
