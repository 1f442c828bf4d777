//! What `weft` does beside running: looking at a spool, reading batches, dead letters, draining, a test event, and
//! looking at somebody's API from outside.

mod blocks;
mod dead_letters;
mod decode;
mod doctor;
mod drain;
mod erase;
mod json;
mod policy;
mod sdk;
mod send;
mod sourcemaps;
mod spool;

pub use blocks::blocks;
pub use dead_letters::{list as list_dead_letters, replay as replay_dead_letters};
pub use decode::decode;
pub use doctor::{Question, Report, doctor};
pub use drain::drain;
pub use erase::erase;
pub use policy::{check as check_policy, explain as explain_policy};
pub use sdk::sdk;
pub use send::send;
pub use sourcemaps::{inject as inject_debug_ids, list as list_source_maps, upload as upload_source_maps};
pub use spool::{export as export_spool, list as list_spool, verify as verify_spool};

use axum::http::HeaderName;
use serde_json::Value;

use crate::config::Config;

/// What went wrong, in a sentence that says what to change.
pub type Failure = Box<dyn std::error::Error>;

/// ISO-8601, to the second.
fn iso(ms: u64) -> String {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    let time = OffsetDateTime::from_unix_timestamp(i64::try_from(ms / 1000).unwrap_or(0));
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The admin port of a running collector.
struct Asked<'a>(&'a Config, reqwest::Client);

/// As who may look there.
fn asking(config: &Config) -> Result<Asked<'_>, Failure> {
    Ok(Asked(config, client()?))
}

impl Asked<'_> {
    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.with_token(self.1.get(self.url(path)))
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.with_token(self.1.post(self.url(path)))
    }

    /// Has it do something, by a header that no page may send. What it said, or why it did not.
    async fn order(&self, path: &str, name: HeaderName, value: impl ToString) -> Result<String, Failure> {
        self.done(self.post(path).header(name, value.to_string())).await
    }

    /// What is listed there under `name`.
    async fn list(&self, path: &str, name: &str) -> Result<Vec<Value>, Failure> {
        let mut told: Value = serde_json::from_str(&self.done(self.get(path)).await?)?;
        let list = told.get_mut(name).map(Value::take);
        Ok(list.and_then(|list| serde_json::from_value(list).ok()).unwrap_or_default())
    }

    /// What was said, or why it was not done.
    async fn done(&self, request: reqwest::RequestBuilder) -> Result<String, Failure> {
        let (is_done, said) = self.answered(request).await?;
        if is_done { Ok(said) } else { Err(said.into()) }
    }

    /// Whether it was done, and what was said of it.
    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<(bool, String), Failure> {
        let answer = request.send().await.map_err(|error| self.nobody(&error))?;
        Ok((answer.status().is_success(), answer.text().await?))
    }

    fn nobody(&self, error: &reqwest::Error) -> String {
        format!("no collector answers at {} (setting `admin`): {error}", self.0.admin)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.admin)
    }

    fn with_token(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        self.0.admin_token.iter().fold(request, |request, token| request.bearer_auth(token.expose()))
    }
}

/// A client for one request to a collector on this machine.
fn client() -> Result<reqwest::Client, Failure> {
    Ok(client_builder().build()?)
}

fn client_builder() -> reqwest::ClientBuilder {
    // Whoever installed one before us keeps it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
