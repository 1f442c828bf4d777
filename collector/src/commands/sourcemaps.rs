//! `weft sourcemaps`: what a build wrote is given debug ids, and its maps are sent to where errors are looked at.

mod built;
mod inject;
mod map;

use std::path::Path;

use serde_json::Value;

use super::{Asked, Failure, asking, iso};
use crate::{admin::SOURCE_MAP, config::Config, sourcemaps::DebugId};

use self::{built::built, inject::injected};

/// Gives each file below `directory` that has a map a debug id, where it has none, and has it say so to the page. What was
/// given one stays as it is.
///
/// # Errors
/// If a file cannot be read or written, or nothing there has a map.
pub fn inject(directory: &Path) -> Result<String, Failure> {
    let (mut said, mut changed) = (String::new(), 0);
    let all = built(directory)?;
    for file in &all {
        changed += usize::from(injected(file)?);
    }
    said.push_str(&format!(
        "{changed} of {} files were given a debug id, or the line that tells it\n",
        all.len()
    ));
    Ok(said)
}

/// Sends the map of each file below `directory` to the running collector of `config`.
///
/// # Errors
/// If it does not run, or refuses one; if a file has no debug id; or nothing there has a map.
pub async fn upload(config: &Config, directory: &Path) -> Result<String, Failure> {
    let asked = asking(config)?;
    let mut said = String::new();
    let all = built(directory)?;
    for file in all {
        let name = file.map.display();
        let id = file.debug_id()?;
        let id = id.ok_or_else(|| format!("{name} has no debug id: run `weft sourcemaps inject` first"))?;
        send(&asked, id, std::fs::read(&file.map)?).await.map_err(|error| format!("{name}: {error}"))?;
        said.push_str(&format!("{id} {name}\n"));
    }
    Ok(said)
}

async fn send(asked: &Asked<'_>, id: DebugId, map: Vec<u8>) -> Result<(), Failure> {
    let answer = asked.post("/api/sourcemaps").header(SOURCE_MAP, id.to_string()).body(map).send().await;
    let answer = answer.map_err(|error| asked.nobody(&error))?;
    if answer.status().is_success() { Ok(()) } else { Err(answer.text().await?.trim_end().into()) }
}

/// Which maps the running collector of `config` has.
///
/// # Errors
/// If it does not run.
pub async fn list(config: &Config) -> Result<String, Failure> {
    let asked = asking(config)?;
    let answer = asked.get("/api/sourcemaps").send().await.map_err(|error| asked.nobody(&error))?;
    let told: Value = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
    let all = told.get("source_maps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let line = |map: &Value| {
        let number = |name: &str| map.get(name).and_then(Value::as_u64).unwrap_or(0);
        let id = map.get("debug_id").and_then(Value::as_str).unwrap_or("?");
        format!("{id} {} bytes compressed, since {}\n", number("bytes"), iso(number("since_ms")))
    };
    Ok(if all.is_empty() { "there are none\n".to_owned() } else { all.iter().map(line).collect() })
}
