//! Destinations: where events go, and which.

use std::{sync::Arc, time::Duration};

use super::{
    Spool,
    key::{Env, Secret},
    section::Section,
};
use crate::pipeline::signal::Signal;

/// One OTLP backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The user's name for it.
    pub name: Arc<str>,
    /// What it speaks. Default OTLP/HTTP, which every receiver reads.
    pub protocol: Protocol,
    /// URL before the path of each signal.
    pub base: String,
    /// Certificates, as PEM, of who may vouch for it, instead of the system's.
    pub roots: Option<String>,
    /// Sent with every request. Hidden, because they often hold a token.
    pub headers: Vec<(String, Secret)>,
    /// How long one request may take. Default 10 s: OTLP's own default.
    pub timeout: Duration,
    /// How long events are gathered before a request that is not full is sent. Default 200 ms: nobody sees it, and small
    /// batches become few requests.
    pub linger: Duration,
    /// Requests under way at once, at most. Default 4: hides the way there and back, and burdens nobody.
    pub concurrency: u32,
    /// Default none: measured cheapest where the destination is near; say gzip where bytes are paid for.
    pub compression: Compression,
    /// What events without duration become. Default spans: every backend shows those, and their links.
    pub events_as: EventsAs,
    /// Which applications. Default all.
    pub applications: Applications,
    /// Where it begins when it is new. Default now: what came before belongs to who was there before.
    pub from: From,
    /// Bytes of the spool that may wait for it; then the oldest are given up, for it alone. Default: what the spool may
    /// hold, less two segments, so that a dead destination never makes the collector refuse anything.
    pub max_bytes: u64,
    /// How long anything waits for it; then it is given up, for it alone. Default 7 days: longer than a long weekend.
    pub max_age: Duration,
}

/// Applications, by name, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applications(pub Option<Vec<String>>);

/// What an event without duration becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsAs {
    /// A span of zero length.
    Spans,
    /// A log record with the event's name and ids, unless it has a place in a graph that only spans have.
    Logs,
}

/// Where a new destination begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// With what comes from now on.
    Now,
    /// With the oldest there is.
    Oldest,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// gzip.
    Gzip,
    /// Zstandard: smaller and cheaper than gzip, where the destination reads it.
    Zstd,
}

/// What a destination speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP/HTTP with binary protobuf.
    Http,
    /// OTLP/gRPC.
    Grpc,
}

/// All destinations. Without any, accepted events stay in the spool, and count as delivered to `local`.
#[derive(Clone, Debug, Default)]
pub struct Destinations(pub Vec<Arc<Destination>>);

/// Application of what the collector sends to see that it arrives: every destination takes it.
pub const CANARY: &str = "weft-canary";

/// Name under which events count that have no destination but the spool.
pub(super) const LOCAL: &str = "local";

impl Destinations {
    /// Names of the destinations that take events of `application`, and whether it is the local one.
    pub fn taking<'a>(&'a self, application: &'a str) -> impl Iterator<Item = (Arc<str>, bool)> + 'a {
        let local = self.0.is_empty().then(|| (Arc::from(LOCAL), true));
        let named =
            self.0.iter().filter(move |to| to.takes(application)).map(|to| (Arc::clone(&to.name), false));
        named.chain(local)
    }
}

impl Destination {
    /// Whether it takes events of `application`.
    #[must_use]
    pub fn takes(&self, application: &str) -> bool {
        self.applications.take(application)
    }

    /// Whether it is set up wrongly if it does not serve `signal`, because events of pages go there.
    pub(crate) fn must_take(&self, signal: Signal) -> bool {
        signal == Signal::Traces || (signal == Signal::Logs && self.events_as == EventsAs::Logs)
    }
}

impl Applications {
    /// Whether `application` is one of them.
    #[must_use]
    pub fn take(&self, application: &str) -> bool {
        application == CANARY
            || self.0.as_ref().is_none_or(|names| names.iter().any(|name| name == application))
    }

    /// One name a line; no application's name is a star.
    pub(crate) fn to_lines(&self) -> String {
        self.0.as_ref().map_or_else(|| "*".to_owned(), |names| names.join("\n"))
    }

    pub(crate) fn from_lines(lines: &str) -> Self {
        Self((lines != "*").then(|| lines.lines().map(str::to_owned).collect()))
    }
}

pub(super) fn read(name: &str, mut section: Section<'_>, spool: &Spool, env: Env<'_>) -> Destination {
    if name == LOCAL {
        section.wrong("", "\"local\" is the spool itself: choose another name");
    }
    let protocols = [("http/protobuf", Protocol::Http), ("grpc", Protocol::Grpc)];
    let protocol = section.one_of("protocol", &protocols, Protocol::Http);
    let base = base(&mut section, Signal::Traces);
    let roots = roots(&mut section);
    let headers = headers(&mut section, env);
    let codings = [("none", Compression::None), ("gzip", Compression::Gzip), ("zstd", Compression::Zstd)];
    let compression = section.one_of("compression", &codings, Compression::None);
    let timeout = Duration::from_secs(section.count("timeout_seconds", 10, 1..=300));
    let words = [("spans", EventsAs::Spans), ("logs", EventsAs::Logs)];
    let events_as = section.one_of("events_as", &words, EventsAs::Spans);
    let applications = Applications(section.texts("applications"));
    let from = section.one_of("from", &[("now", From::Now), ("oldest", From::Oldest)], From::Now);
    let most = spool.most_for_a_destination();
    let max_bytes = section.count("max_bytes", most, 8192..=most.max(8192));
    let max_age = Duration::from_secs(section.count("max_age_hours", 7 * 24, 1..=365 * 24) * 3600);
    let linger = Duration::from_millis(section.count("linger_ms", 200, 0..=10_000));
    let concurrency = u32::try_from(section.count("concurrency", 4, 1..=64)).unwrap_or(4);
    section.end();
    Destination {
        name: name.into(),
        protocol,
        base,
        roots,
        headers,
        timeout,
        linger,
        concurrency,
        compression,
        events_as,
        applications,
        from,
        max_bytes,
        max_age,
    }
}

/// Values as they stand there, from the environment, or from files: tokens need not be in the settings.
pub(super) fn headers(section: &mut Section<'_>, env: Env<'_>) -> Vec<(String, Secret)> {
    let mut headers = section.pairs("headers");
    for (header, name) in section.pairs("headers_env") {
        match env(&name) {
            Some(value) => headers.push((header, value)),
            None => section.wrong(
                &format!("headers_env.{header}"),
                format!("the environment has no {name}: set it before starting"),
            ),
        }
    }
    for (header, path) in section.pairs("headers_file") {
        match std::fs::read_to_string(&path) {
            Ok(value) => headers.push((header, value.trim().to_owned())),
            Err(error) => {
                section.wrong(&format!("headers_file.{header}"), format!("{path} cannot be read: {error}"));
            }
        }
    }
    for (header, value) in &headers {
        let valid = axum::http::HeaderName::try_from(header.as_str()).is_ok()
            && axum::http::HeaderValue::try_from(value.as_str()).is_ok();
        if !valid {
            section.wrong(&format!("headers.{header}"), "is no valid HTTP header");
        }
    }
    headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()
}

fn roots(section: &mut Section<'_>) -> Option<String> {
    let path = section.text("ca_file")?;
    match std::fs::read_to_string(&path) {
        Ok(pem) if pem.contains("-----BEGIN CERTIFICATE-----") => return Some(pem),
        Ok(_) => section.wrong("ca_file", format!("{path} holds no certificate in PEM")),
        Err(error) => section.wrong("ca_file", format!("{path} cannot be read: {error}")),
    }
    None
}

pub(super) fn base(section: &mut Section<'_>, signal: Signal) -> String {
    let endpoint = section
        .needed("endpoint", "write the base URL of an OTLP/HTTP receiver, as in \"http://127.0.0.1:4318\"");
    if endpoint.is_empty() {
        return endpoint;
    }
    let parsed = reqwest::Url::parse(&endpoint).ok();
    let fits = parsed.as_ref().is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !fits {
        section.wrong("endpoint", "is no http or https URL, as in \"http://127.0.0.1:4318\"");
    }
    if parsed.as_ref().is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        section.wrong("endpoint", "holds a password, which would be logged: send it in headers");
    }
    if parsed.is_some_and(|url| url.query().is_some() || url.fragment().is_some()) {
        // It is not repeated here: what stands there is a token, mostly.
        section.wrong(
            "endpoint",
            "ends in a query or a fragment, behind which /v1/traces cannot follow, and which would be logged: \
             write the URL without it, and send a token in headers",
        );
    }
    let base = endpoint.trim_end_matches('/');
    base.strip_suffix(signal.path()).unwrap_or(base).to_owned()
}
