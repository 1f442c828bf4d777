//! Destinations: where events go, and which.

use std::{sync::Arc, time::Duration};

use super::{key::Secret, section::Section};

/// One OTLP/HTTP backend.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The user's name for it.
    pub name: Arc<str>,
    /// Where traces are posted.
    pub url: String,
    /// Sent with every request. Hidden, because they often hold a token.
    pub headers: Vec<(String, Secret)>,
    /// How long one request may take. Default 10 s: OTLP's own default.
    pub timeout: Duration,
    /// Default none: measured cheapest where the destination is near; say gzip where bytes are paid for.
    pub compression: Compression,
    /// Which applications; `None` is all.
    pub applications: Option<Vec<String>>,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// gzip.
    Gzip,
}

/// All destinations. Without any, accepted events stay in the spool, and count as delivered to `local`.
#[derive(Clone, Debug, Default)]
pub struct Destinations(pub Vec<Destination>);

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
        self.applications.as_ref().is_none_or(|names| names.iter().any(|name| name == application))
    }
}

pub(super) fn read(name: &str, mut section: Section<'_>) -> Destination {
    if name == LOCAL {
        section.wrong("", "\"local\" is the spool itself: choose another name");
    }
    let url = url(&mut section);
    let headers = section.pairs("headers");
    for (header, value) in &headers {
        let valid = axum::http::HeaderName::try_from(header.as_str()).is_ok()
            && axum::http::HeaderValue::try_from(value.as_str()).is_ok();
        if !valid {
            section.wrong(&format!("headers.{header}"), "is no valid HTTP header");
        }
    }
    let compression = match section.text("compression").as_deref() {
        None | Some("none") => Compression::None,
        Some("gzip") => Compression::Gzip,
        Some(other) => {
            section.wrong("compression", format!("is \"{other}\": write \"none\" or \"gzip\""));
            Compression::None
        }
    };
    let timeout = Duration::from_secs(section.count("timeout_seconds", 10, 1..=300));
    let applications = section.texts("applications");
    section.end();
    let headers = headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    Destination { name: name.into(), url, headers, timeout, compression, applications }
}

fn url(section: &mut Section<'_>) -> String {
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
    if base.ends_with("/v1/traces") { base.to_owned() } else { format!("{base}/v1/traces") }
}
