//! The two ends of a connection, and what leads to a span elsewhere.

use std::sync::Arc;

use serde::Serialize;

use super::key::{Key, Meets};

/// Where in the front end something was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Route {
    pub(super) path: Box<str>,
    /// Scheme, host and port of the page.
    pub(super) origin: Box<str>,
    pub(super) known_by: KnownBy,
}

/// How it is known which route that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KnownBy {
    /// The page says which view it showed.
    View,
    /// The span says which document it was in.
    Document,
    /// It is what its session has loaded last, which may have been another tab.
    Session,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Request {
    pub(super) method: Box<str>,
    /// Where it went, as far as that could be read.
    pub(super) host: Box<str>,
    pub(super) path: Box<str>,
}

/// A request of a page, or a document that says what rendered it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    /// Scheme, host and port that it went to.
    pub(super) origin: Box<str>,
    /// What its route is found by.
    pub(super) place: Option<Key>,
    pub(super) trace_id: [u8; 16],
    pub(super) is_error: bool,
    /// How long it was until the answer; a document's load is more than that.
    pub(super) took_ns: Option<u64>,
    /// Whether anybody has answered.
    pub(super) is_answered: bool,
    /// It came so long after it had ended that what it would meet is forgotten.
    pub(super) is_late: bool,
    /// Of a document: the span that it names. It is no request that propagates anything.
    pub(super) rendered_by: Option<Led>,
    pub(super) is_joined: bool,
    /// A span of a backend was in its trace.
    pub(super) shares_trace: bool,
}

/// What a backend did for somebody.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) service: Arc<str>,
    pub(super) name: Box<str>,
    pub(super) trace_id: [u8; 16],
    /// `None`: it is a root.
    pub(super) parent: Option<Key>,
    pub(super) is_error: bool,
    pub(super) took_ns: u64,
    pub(super) is_joined: bool,
    /// A page's request was in its trace.
    pub(super) shares_trace: bool,
}

/// A link to a span elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Led {
    pub(super) kind: Box<str>,
    pub(super) target: Key,
    /// Trace of the target.
    pub(super) trace_id: [u8; 16],
}

/// What a request of OTLP holds that the map is made of.
#[derive(Debug, Default)]
pub(crate) struct SeenSpans {
    /// Every span.
    pub(super) spans: Vec<Key>,
    pub(super) routes: Vec<(Key, Route)>,
    pub(super) asked: Vec<(Meets, Asked)>,
    pub(super) served: Vec<(Meets, Served)>,
    pub(super) led: Vec<Led>,
}

impl SeenSpans {
    /// Bytes it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.spans.as_slice())
            + (self.routes.len() + self.asked.len() + self.served.len() + self.led.len()) * 600
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }
}
