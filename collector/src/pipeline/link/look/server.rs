//! The built-in rule `server`: requests of browsers and what served them, where these do not share a trace.

use std::{sync::Arc, time::Duration};

use super::{Ends, Look, Shared, built_in};
use crate::config::{Rule, To};

/// What is linked without a setting, by which headers.
#[derive(Debug)]
pub(super) struct Server {
    /// Links by request ids.
    pub(super) requests: Arc<Rule>,
    /// Takes links to rendering traces away that more than one page claims.
    pub(super) renderings: Arc<Rule>,
    headers: Vec<String>,
}

/// Both sides of a request, with clocks of their own: more than devices are commonly off.
const WITHIN: Duration = Duration::from_secs(3_600);

/// As long as anything is remembered.
const EVER: Duration = Duration::from_secs(366 * 86_400);

/// Where a span has what headers said (semantic conventions for HTTP, `http.request.header.<key>`).
const PREFIXES: [&str; 2] = ["http.request.header.", "http.response.header."];

impl Server {
    pub(super) fn by(headers: &[String]) -> Self {
        Self {
            requests: Arc::new(built_in("server", &["request id"], To::Request, WITHIN)),
            renderings: Arc::new(built_in("server", &["rendering trace"], To::Unshared, EVER)),
            headers: headers.to_vec(),
        }
    }

    /// The header whose values are in the attribute of this name, if it names requests. SDKs of before 2023 write `_`
    /// where the header has `-`.
    pub(super) fn header_of(&self, attribute: &str) -> Option<&str> {
        let header = PREFIXES.iter().find_map(|prefix| attribute.strip_prefix(prefix))?;
        let is_it = |known: &&String| {
            known.len() == header.len()
                && known.bytes().zip(header.bytes()).all(|(k, h)| k == h || (k == b'-' && h == b'_'))
        };
        self.headers.iter().find(is_it).map(String::as_str)
    }

    /// Whether it may name one request: what is shorter names many.
    pub(super) fn is_id(value: &str) -> bool {
        (8..=128).contains(&value.len())
    }

    /// A look by one request id, once: a request and its answer may both say it.
    pub(super) fn add(&self, ends: Ends, shared: &Shared, looks: &mut Vec<Look>) {
        let is_it = |look: &Look| look.shared == *shared;
        if looks.len() < MOST_LOOKS && !looks.iter().any(is_it) {
            looks.push(Look::of(&self.requests, *shared, ends));
        }
    }
}

/// Looks that one event may come to: rules, and ids of whatever headers.
const MOST_LOOKS: usize = 80;
