//! The page that asks: which headers its browser, and weft in it, put on a request.

use std::cell::Cell;

use reqwest::Method;
use weft_proto::{Ids, Seed};

use super::visit::is_safe;
use crate::pipeline::link::hex;

/// What weft adds, as a browser lists it in a preflight: in small letters, sorted, with nothing between.
pub(super) const ADDED: [&str; 3] = ["baggage", "traceparent", "tracestate"];

/// An origin that no API knows.
pub(super) const STRANGER: &str = "https://weft-doctor.invalid";

/// Headers of a request.
pub(super) type Headers = Vec<(&'static str, String)>;

/// A page, and how many requests it has made.
pub(super) struct Page {
    ids: Ids,
    session: String,
    randomness: u64,
    asked: Cell<u64>,
}

/// The trace that a request carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) trace: String,
    pub(super) span: String,
}

impl Page {
    pub(super) fn new() -> Self {
        let (mut seed, mut session) = ([0; 16], [0; 16]);
        fastrand::fill(&mut seed);
        fastrand::fill(&mut session);
        Self {
            ids: Ids::new(Seed(seed)),
            session: hex(&session),
            randomness: fastrand::u64(..1 << 56),
            asked: Cell::new(0),
        }
    }

    /// Of a request by `fetch` with weft's headers, and the trace in them. `origin`: what `Origin` says, where a
    /// browser says it.
    pub(super) fn fetches(&self, method: &Method, origin: &str, is_cross: bool) -> (Headers, Carried) {
        let number = self.asked.replace(self.asked.get() + 1);
        let carried = Carried { trace: hex(&self.ids.trace(number)), span: hex(&self.ids.span(number)) };
        let mut headers = vec![
            ("accept", "*/*".to_owned()),
            ("sec-fetch-mode", "cors".to_owned()),
            ("sec-fetch-dest", "empty".to_owned()),
            ("traceparent", format!("00-{}-{}-03", carried.trace, carried.span)),
            ("tracestate", format!("ot=rv:{:014x}", self.randomness)),
            ("baggage", format!("session.id={}", self.session)),
        ];
        if is_cross || !is_safe(method) {
            headers.push(("origin", origin.to_owned()));
        }
        (headers, carried)
    }

    /// Of the question whether `method` may be sent with weft's headers.
    pub(super) fn preflights(method: &Method, origin: &str) -> Headers {
        vec![
            ("accept", "*/*".to_owned()),
            ("access-control-request-method", method.to_string()),
            ("access-control-request-headers", ADDED.join(",")),
            ("origin", origin.to_owned()),
            ("sec-fetch-mode", "cors".to_owned()),
        ]
    }

    /// Of a document that a person goes to: nobody can put a header on that.
    pub(super) fn navigates() -> Headers {
        vec![
            ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8".to_owned()),
            ("sec-fetch-mode", "navigate".to_owned()),
            ("sec-fetch-dest", "document".to_owned()),
        ]
    }
}
