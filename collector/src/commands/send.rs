//! `weft send`: one event, as a page would send it, to see that everything between is right.

use weft_proto::{Ack, Ids, Seed};

use super::{Failure, client_builder};
use crate::{
    canary::one_event,
    clock::Clock,
    config::{Config, KeyKind, Origin},
    pipeline::{link::hex, sign_token},
};

/// Posts a test event with the browser key named `key`, or the first there is.
///
/// # Errors
/// If there is no such key, or the collector does not acknowledge it.
pub async fn send(config: &Config, key: Option<&str>) -> Result<String, Failure> {
    let fits = |name: &str| key.is_none_or(|wanted| wanted == name);
    let key = config.keys.iter().find(|key| key.kind == KeyKind::Browser && fits(&key.name));
    let key = key.ok_or("there is no such browser key in the settings: add one under [keys]")?;
    let mut seed = [0; 16];
    fastrand::fill(&mut seed);
    let (seed, now_ms) = (Seed(seed), Clock::system().wall_ms());
    let body = one_event("weft.test", seed, 0, now_ms);
    let token = match sign_token(key, "weft-send", now_ms) {
        Some(token) => format!("&token={token}"),
        None if key.tokens.needed => {
            return Err(
                "this key needs a token, and its ring has no secret to sign one with: send from a page"
                    .into(),
            );
        }
        None => String::new(),
    };
    let scheme = if config.tls.0.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}{}?key={}{token}", config.listen, config.path, key.secret.expose());
    let origin = key.origins.first().map(Origin::example).unwrap_or_default();
    // By its address, which stands in no certificate: it is this machine's own collector that is asked.
    let client = client_builder().tls_danger_accept_invalid_certs(true).build()?;
    let answer = client.post(url).header("origin", origin).body(body).send().await.map_err(|error| {
        format!("no collector answers at {} (setting `listen`): {}", config.listen, error.without_url())
    })?;
    let (status, bytes) = (answer.status(), answer.bytes().await?);
    if !status.is_success() {
        return Err(format!("refused with {status}: {}", String::from_utf8_lossy(&bytes)).into());
    }
    Ack::decode(&bytes)
        .map_err(|_| "what answers there is no weft collector: look at `listen` and `path`")?;
    let ids = Ids::new(seed);
    Ok(format!(
        "acknowledged. Look for the span weft.test at your backend:\ntrace {}\nspan  {}\n",
        hex(&ids.trace(0)),
        hex(&ids.span(0))
    ))
}
