//! `weft sdk`: what a page has to say to load the SDK from this collector.

use super::Failure;
use crate::{
    config::{Config, KeyKind},
    sdk::Sdk,
};

/// The script tag with `integrity`, and every file with its address. `origin`: where pages reach the collector.
///
/// # Errors
/// If it has no SDK, or does not serve it.
pub fn sdk(config: &Config, origin: Option<&str>) -> Result<String, Failure> {
    if !config.sdk.serve {
        return Err("this collector serves no SDK: `sdk.serve` is false".into());
    }
    let sdk = Sdk::open(&config.sdk.path, config.sdk.directory.as_deref())?.ok_or(
        "there is no SDK here: build it with `cargo xtask wasm` before the collector, or set `sdk.directory`",
    )?;
    let here = format!("http://{}", config.listen);
    let origin = origin.unwrap_or(&here).trim_end_matches('/');
    let key = config.keys.iter().find(|key| key.kind == KeyKind::Browser);
    Ok(sdk.describe(origin, &config.path, key.map_or("KEY", |key| key.secret.expose())))
}
