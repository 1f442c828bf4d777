//! Whom the headers of proxies name.

use std::{net::SocketAddr, sync::LazyLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    config::{Config, Proxies},
    pipeline::{Address, Peer},
};

/// What is between, and in which header it says whose a request is.
const SETTINGS: [&str; 2] = ["x-forwarded-for", "forwarded"];

static PROXIES: LazyLock<Vec<Proxies>> = LazyLock::new(|| {
    let read = |say: &&str| {
        let trusted = "trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\", \"fd00::/8\"]";
        let config = Config::from_toml(&format!("[limits]\n{trusted}\nproxies_say = \"{say}\"\n{KEY}"));
        config.ok().map(|config| config.limits.trusted_proxies)
    };
    SETTINGS.iter().filter_map(read).collect()
});

const KEY: &str = "[keys.api]\nkind = \"server\"\nkey = \"sk\"\napplication = \"shop\"\n";

/// Reads each line as what a proxy has written, in both headers. Nobody becomes a proxy of ours by what he says, and what is
/// told of somebody is an address.
pub fn forwarded(bytes: &[u8]) {
    assert_eq!(PROXIES.len(), SETTINGS.len(), "the settings are read");
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').take(16) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            for name in SETTINGS {
                headers.append(HeaderName::from_static(name), value.clone());
            }
        }
    }
    let peer = Peer(SocketAddr::from(([10, 0, 0, 1], 80)));
    for proxies in PROXIES.iter() {
        if let Some(address) = Address::of(Some(peer), &headers, proxies) {
            let ip = address.ip();
            assert!(
                !ip.is_loopback() && proxies.networks.iter().all(|network| !network.contains(ip)),
                "{ip}"
            );
        }
    }
}
