//! `weft sourcemaps`: what a build wrote is given debug ids, and its maps are sent to where errors are looked at.

mod built;
mod inject;
mod map;

use std::path::Path;

use serde_json::Value;

use super::{Failure, asking, iso};
use crate::{admin::SOURCE_MAP, config::Config};

use self::{
    built::{built, read},
    inject::injected,
};

/// Gives each script below `directory` that has a map a debug id, where it has none, and has it say so to the page. What was
/// given one stays as it is.
///
/// # Errors
/// If a file cannot be read or written, or nothing there has a map.
pub fn inject(directory: &Path) -> Result<String, Failure> {
    let (all, said) = built(directory)?;
    let mut changed = 0;
    for file in &all {
        changed += usize::from(injected(file)?);
    }
    let all = all.len();
    Ok(format!("{said}{changed} of {all} scripts were given a debug id, or the line that tells it\n"))
}

/// Sends the map of each script below `directory` to the running collector of `config`.
///
/// # Errors
/// If it does not run, nothing there has a map, or some have no debug id or are refused: all others have been sent.
pub async fn upload(config: &Config, directory: &Path) -> Result<String, Failure> {
    let asked = asking(config)?;
    let (all, mut said) = built(directory)?;
    let mut refused = String::new();
    for file in all {
        let (map, name) = (read(&file.map)?, file.map.display());
        let Some(id) = file.debug_id(&map) else {
            refused.push_str(&format!("{name} has no debug id: run `weft sourcemaps inject` first\n"));
            continue;
        };
        let request = asked.post("/api/sourcemaps").header(SOURCE_MAP, id.to_string()).body(map);
        let (is_kept, answer) = asked.answered(request).await?;
        let line = format!("{name}: {}\n", answer.trim_end());
        if is_kept { said.push_str(&line) } else { refused.push_str(&line) }
    }
    if refused.is_empty() { Ok(said) } else { Err(format!("{said}{refused}").into()) }
}

/// Which maps the running collector of `config` has.
///
/// # Errors
/// If it does not run.
pub async fn list(config: &Config) -> Result<String, Failure> {
    let all = asking(config)?.list("/api/sourcemaps", "source_maps").await?;
    let line = |map: &Value| {
        let number = |name: &str| map.get(name).and_then(Value::as_u64).unwrap_or(0);
        let id = map.get("debug_id").and_then(Value::as_str).unwrap_or("?");
        format!("{id} {} bytes compressed, since {}\n", number("bytes"), iso(number("since_ms")))
    };
    Ok(if all.is_empty() { "there are none\n".to_owned() } else { all.iter().map(line).collect() })
}
