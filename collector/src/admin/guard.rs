//! Who may look at the admin port, and what browsers may do with what they see there.
//!
//! Without a token it is for this machine alone; then a page in a browser of this machine that has its own name point
//! here (DNS rebinding) is told by `Host`. With one, everybody who has it may look, from wherever.

use std::net::IpAddr;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, header},
    middleware::Next,
    response::IntoResponse,
};
use ring::hmac;

use crate::{config::Secret, explorer::is_page, pipeline::bearer};

/// The token that is asked for, hashed by a key of this run: comparing hashes says nothing of how alike they are.
#[derive(Clone)]
pub(crate) struct Guard(Option<(hmac::Key, hmac::Tag)>);

/// What orchestrators ask for, who have no token.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

impl Guard {
    pub(crate) fn new(token: Option<&Secret>) -> Self {
        let seed: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        Self(token.map(|token| {
            let tag = hmac::sign(&key, token.expose().as_bytes());
            (key, tag)
        }))
    }

    fn refuses(&self, uri: &Uri, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
        match &self.0 {
            _ if PROBES.contains(&uri.path()) => None,
            Some((key, tag))
                if bearer(headers)
                    .is_some_and(|token| hmac::verify(key, token.as_bytes(), tag.as_ref()).is_ok()) =>
            {
                None
            }
            // It says nothing of anybody before it is given the token.
            Some(_) if is_page(uri.path()) => None,
            Some(_) => Some((
                StatusCode::UNAUTHORIZED,
                "This port needs the collector's admin_token: Authorization: Bearer …\n",
            )),
            None if is_of_this_machine(headers) => None,
            None => Some((
                StatusCode::FORBIDDEN,
                "Without admin_token this port is asked for by address, or as localhost, and by no other name.\n",
            )),
        }
    }
}

/// Lets through who may look. Whatever is answered is text or JSON for programs: a browser may show it, and no more. The
/// explorer's page says itself what it needs.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    let mut response = match guard.refuses(request.uri(), request.headers()) {
        None => next.run(request).await,
        Some((status, why)) => {
            let mut response = (status, why).into_response();
            if status == StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    };
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

const SECURITY: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Whether it was asked for by an address or as `localhost`. Browsers always say by what.
fn is_of_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().unwrap_or_default();
    let without_port =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = without_port.map_or(host, |(name, _)| name);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_this_machine_and_other_names_are_not() {
        let is = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            is_of_this_machine(&headers)
        };
        for host in
            ["127.0.0.1:4319", "127.0.0.1", "localhost:4319", "LOCALHOST", "[::1]:4319", "10.0.0.7:4319"]
        {
            assert!(is(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4319",
            "localhost.evil.example:4319",
            "127.0.0.1.evil.example",
            "",
            ":4319",
        ] {
            assert!(!is(host), "{host}");
        }
        assert!(is_of_this_machine(&HeaderMap::new()));
    }
}
