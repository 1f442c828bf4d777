//! Spans of servers' OTLP that rules look at.

use std::{borrow::Cow, sync::Arc};

use super::{Beside, Candidate, Ends, Look, PREVIOUS_SESSION, Rules, SESSION, server::Server, weight};
use crate::{
    config::{Rule, Subject},
    pipeline::decode::{RawSpan, SpanKind, Spans},
};

impl Rules {
    /// Spans of an OTLP request of `application` that wait.
    pub(crate) fn in_otlp(&self, application: &str, spans: &Spans<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (at, span) in spans.raw() {
            let mut looks = Vec::new();
            looks.extend(self.of_servers.iter().filter_map(|rule| self.by_values(application, rule, &span)));
            looks.extend(self.by_session(application, &span));
            if let Some(server) = &self.server {
                self.by_request_id(application, server, spans, &span, &mut looks);
            }
            if looks.is_empty() {
                continue;
            }
            let (trace_id, span_id, start_ns) = (span.trace_id, span.span_id, span.start_ns);
            let bytes = span.bytes() + weight::links(&looks);
            candidates.push(Candidate {
                at: at as u64,
                trace_id,
                span_id,
                start_ns,
                seq: 0,
                page: None,
                looks,
                bytes,
            });
        }
        candidates
    }

    fn by_values(&self, application: &str, rule: &Arc<Rule>, span: &RawSpan<'_>) -> Option<Look> {
        let values: Option<Vec<_>> = rule.by.iter().map(|name| value(span, name)).collect();
        let (values, ends) = (values?, Ends::of(rule, span)?);
        Some(Look::of(rule, self.seed.shared(application, rule, &values), ends))
    }

    fn by_session(&self, application: &str, span: &RawSpan<'_>) -> Option<Look> {
        let rule = self.sessions.as_ref().filter(|_| span.is_root)?;
        let shared = |session| self.seed.shared(application, rule, &[session]);
        let named = span.attributes([SESSION, PREVIOUS_SESSION]);
        let [session, before] = named.map(|name| name.filter(|name| !name.is_empty()));
        let (look, before) = (Look::of(rule, shared(session?), Ends::BOTH), before.map(shared));
        Some(Look { beside: before.map_or(Beside::Nothing, Beside::SessionBefore), ..look })
    }

    fn by_request_id(
        &self,
        application: &str,
        server: &Server,
        spans: &Spans<'_>,
        span: &RawSpan<'_>,
        looks: &mut Vec<Look>,
    ) {
        let ends = match span.kind {
            SpanKind::Server => Ends::FROM,
            SpanKind::Client if spans.is_of_browser(span) => Ends::TO,
            _ => return,
        };
        for (key, value) in span.texts() {
            let Some(header) = server.header_of(key).filter(|_| Server::is_id(value)) else { continue };
            let values: [Cow<'_, str>; 2] = [header.into(), value.into()];
            server.add(ends, &self.seed.shared(application, &server.requests, &values), looks);
        }
    }
}

fn value<'a>(span: &RawSpan<'a>, name: &str) -> Option<Cow<'a, str>> {
    span.attribute(name).filter(|text| !text.is_empty())
}

impl Subject for RawSpan<'_> {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.name)
    }

    fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        RawSpan::attribute(self, name)
    }
}
