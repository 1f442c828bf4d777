//! One request and its answer, within bounds of time and size; or why there is none. An answer is its head: only of a
//! document the body says something.

use std::{error::Error, io, time::Duration};

use reqwest::{Method, Url, redirect};

use super::{super::Failure, answer::Answer, finding::Finding};

/// Asks one thing at a time.
pub(super) struct Asker {
    http: reqwest::Client,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("no secure connection: {0}")]
    Tls(String),
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("no answer that can be read: {0}")]
    Broken(String),
}

impl Asker {
    /// # Errors
    /// If TLS cannot be set up on this machine.
    pub(super) fn new(timeout: Duration) -> Result<Self, Failure> {
        // Whoever installed one before us keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            // What a redirect does to a request is for this program to see.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("weft-doctor/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .build()?;
        Ok(Self { http, timeout })
    }

    pub(super) async fn ask(
        &self,
        method: &Method,
        url: &Url,
        headers: &[(&'static str, String)],
    ) -> Result<Answer, Silence> {
        let mut request = self.http.request(method.clone(), url.clone());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        // A browser says so for a method that could have had a body.
        if *method == Method::POST || *method == Method::PUT || *method == Method::PATCH {
            request = request.header("content-length", "0");
        }
        let mut response = request.send().await.map_err(|error| self.silence(&error))?;
        let mut answer = Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            is_whole: true,
        };
        if answer.is_html() {
            answer.read(response).await;
        }
        Ok(answer)
    }

    fn silence(&self, error: &reqwest::Error) -> Silence {
        if error.is_timeout() {
            return Silence::Timeout(self.timeout);
        }
        let (mut deepest, mut tls) = (error as &dyn Error, None);
        let mut next = Some(deepest);
        while let Some(cause) = next {
            deepest = cause;
            tls = tls.or_else(|| tls_error(cause));
            next = cause.source();
        }
        match tls {
            Some(why) => Silence::Tls(why),
            None if error.is_connect() => Silence::Unreachable(deepest.to_string()),
            None => Silence::Broken(deepest.to_string()),
        }
    }
}

impl Silence {
    pub(super) fn finding(&self, check: &'static str) -> Finding {
        let change = match self {
            Self::Timeout(_) => "answer sooner, or ask with a longer --timeout",
            Self::Tls(_) => {
                "serve a certificate for this name that is not expired and leads to a root that this machine trusts, \
                 with all certificates between; or it is a port that does not speak TLS"
            }
            Self::Unreachable(_) => "look at the name, the port, and whether something listens there",
            Self::Broken(_) => {
                "see in the log of the server, or of the proxy before it, why it ends the connection"
            }
        };
        Finding::wrong(check, self.to_string(), change)
    }
}

/// What TLS says is wrong; it comes wrapped in errors of input and output, which do not name what is in them.
fn tls_error(cause: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = cause;
    while let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        cause = inner;
    }
    cause.downcast_ref().map(rustls::Error::to_string)
}
