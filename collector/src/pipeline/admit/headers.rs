//! What the head of a request says, as text. It is input.

use axum::http::{HeaderMap, header, request::Parts};

/// The first value of this name.
pub(super) fn query(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// What `Authorization: Bearer …` presents.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(super) fn origin(headers: &HeaderMap) -> Option<String> {
    headers.contains_key(header::ORIGIN).then(|| text(headers, header::ORIGIN))
}

/// A header as text, whatever bytes it holds: a header is input. It may come into a line of the log, and some terminals obey
/// what is no letter.
pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    value.map_or_else(String::new, |text| text.replace(char::is_control, "\u{fffd}"))
}

/// Longer ones are nobody's real browser, and each is stored with its batch.
const MAX_USER_AGENT_CHARS: usize = 512;

pub(super) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let agent = text(headers, header::USER_AGENT);
    (!agent.is_empty()).then(|| agent.chars().take(MAX_USER_AGENT_CHARS).collect())
}
