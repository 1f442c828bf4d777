//! The line that a page needs, for whoever has just begun and sees nothing yet.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::OnceLock,
};

use serde_json::{Value as Json, json};

use crate::config::{Config, KeyKind, Origin};

/// What the line is made of.
#[derive(Debug)]
pub(crate) struct Paste {
    /// Names, public keys and origins of pages.
    keys: Vec<(String, String, Vec<String>)>,
    batches: String,
    /// `None`: the SDK is not served here.
    sdk: Option<String>,
    scheme: &'static str,
    listen: OnceLock<SocketAddr>,
}

impl Paste {
    pub(crate) fn new(config: &Config) -> Self {
        let of_pages = config.keys.iter().filter(|key| key.kind == KeyKind::Browser);
        let keys = of_pages.map(|key| {
            // A browser's key is in every page that uses it.
            let origins = key.origins.iter().map(Origin::example).collect();
            (key.name.to_string(), key.secret.expose().to_owned(), origins)
        });
        Self {
            keys: keys.collect(),
            batches: config.path.clone(),
            sdk: config.sdk.serve.then(|| config.sdk.path.clone()),
            scheme: if config.tls.0.is_some() { "https" } else { "http" },
            listen: OnceLock::new(),
        }
    }

    /// Where pages find the collector: known when it is bound.
    pub(crate) fn is_at(&self, listen: SocketAddr) {
        let _ = self.listen.set(listen);
    }

    pub(super) fn to_json(&self) -> Json {
        let listen = self.listen.get().copied().unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 4318).into());
        // Who listens everywhere is reached here, too.
        let host = if listen.ip().is_unspecified() { "127.0.0.1".into() } else { listen.ip().to_string() };
        let host = if listen.is_ipv6() && host.contains(':') { format!("[{host}]") } else { host };
        let base = format!("{}://{host}:{}", self.scheme, listen.port());
        let keys = self
            .keys
            .iter()
            .map(|(name, key, origins)| json!({ "name": name, "key": key, "origins": origins }));
        json!({
            "keys": keys.collect::<Vec<_>>(),
            "endpoint": format!("{base}{}", self.batches),
            "sdk": self.sdk.as_ref().map(|path| format!("{base}{path}/index.js")),
        })
    }
}
