//! `weft policy`: what a policy says, and what it would do to a visit that somebody has recorded, before pages get it.

mod recorded;
mod replayed;

use std::{fs, path::Path};

use weft_sdk::verbs::document::{MAX_BYTES, Policy as Document, Sort, Verb, When};

use self::{recorded::Recorded, replayed::Replayed};
use super::Failure;
use crate::config::{Config, KeyKind, Policy};

/// Spans in a batch, for the bytes that are compared.
const BATCH: usize = 20;

/// What pages of each key would be told.
///
/// # Errors
/// None: settings that are wrong have been refused.
pub fn check(config: &Config) -> Result<String, Failure> {
    let mut said = String::new();
    for key in config.keys.iter().filter(|key| key.kind == KeyKind::Browser) {
        let Policy { document, bytes, id } = &key.policy;
        if bytes.is_empty() {
            said.push_str(&format!("{}: no policy\n", key.name));
            continue;
        }
        said.push_str(&format!("{}: {} of {MAX_BYTES} bytes, called {id:08x}\n", key.name, bytes.len()));
        said.push_str(&told(document));
    }
    Ok(said)
}

/// What the policy of `key` (else of the first) would make of `file`: traces as OTLP/JSON, as a destination gets them, or as any
/// other SDK records them.
///
/// # Errors
/// There is no such key, or the file is no OTLP/JSON.
pub fn explain(config: &Config, key: Option<&str>, file: &Path) -> Result<String, Failure> {
    let mut browsers = config.keys.iter().filter(|key| key.kind == KeyKind::Browser);
    let key = match key {
        Some(name) => browsers.find(|key| &*key.name == name),
        None => browsers.next(),
    };
    let key = key.ok_or("there is no such key for browsers in the settings: name one with --key")?;
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let recorded = Recorded::read(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let without = Replayed::under(&recorded, Document::default(), BATCH);
    let with = Replayed::under(&recorded, key.policy.document.clone(), BATCH);
    Ok(compared(&recorded, &without, &with))
}

fn told(document: &Document) -> String {
    if document.off {
        return "  off: nothing is recorded\n".to_owned();
    }
    let mut said = match document.stage {
        0 => String::new(),
        stage => format!("  in {} % of sessions\n", stage as f64 / 100.0),
    };
    for verb in &document.verbs {
        said.push_str(&format!("  {}\n", line(verb)));
    }
    said
}

fn line(verb: &Verb) -> String {
    let Verb { sort, when, number, more, patterns } = verb;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let When { name, route, attribute, value, least_ms, below_ms } = when;
    let mut said = format!("{sort:?}").to_lowercase();
    for (what, pattern) in [("name", name), ("route", route), ("attribute", attribute), ("value", value)] {
        if !pattern.is_empty() {
            said.push_str(&format!(" {what}={}", text(pattern)));
        }
    }
    for (what, ms) in [("at_least_ms", least_ms), ("below_ms", below_ms)] {
        if *ms > 0 {
            said.push_str(&format!(" {what}={ms}"));
        }
    }
    match sort {
        Sort::Keep | Sort::Upgrade | Sort::Drop => {}
        Sort::Flight | Sort::Dedupe | Sort::Aggregate => {
            said.push_str(&format!(" seconds={}", number / 1000))
        }
        Sort::Sample => said.push_str(&format!(" rate={}", *number as f64 / 10_000.0)),
        Sort::Budget => said.push_str(&format!(" page_kib={} day_kib={}", number / 1024, more / 1024)),
        Sort::Scrub => {
            let way = ["deny", "allow", "templates", "texts"].get(*number as usize).unwrap_or(&"deny");
            said.push_str(&format!(" {way}={}", joined(patterns)));
        }
    }
    if *sort == Sort::Aggregate && !patterns.is_empty() {
        said.push_str(&format!(" templates={}", joined(patterns)));
    }
    said
}

fn joined(patterns: &[Vec<u8>]) -> String {
    let all: Vec<_> = patterns.iter().map(|pattern| String::from_utf8_lossy(pattern)).collect();
    all.join(",")
}

fn compared(recorded: &Recorded, without: &Replayed, with: &Replayed) -> String {
    let percent = |part: usize, whole: usize| 100.0 - part as f64 * 100.0 / whole.max(1) as f64;
    let Replayed { kept, summaries, scrubbed, bytes, taken, errors, .. } = with;
    let mut said = format!(
        "events   {} recorded, {kept} kept, {summaries} told of merged ones, {scrubbed} scrubbed\n\
         errors   {} recorded, {errors} kept\n\
         bytes    {} without, {bytes} with: {:.0} % less; {BATCH} events a batch, behind earlier ones\n\
         \u{20}        {} as OTLP/JSON, {} of it with gzip -6\n",
        without.kept,
        without.errors,
        without.bytes,
        percent(*bytes, without.bytes),
        recorded.json_bytes,
        recorded.gzip_bytes,
    );
    for (verb, names) in taken {
        let sum: usize = names.values().sum();
        let mut names: Vec<_> = names.iter().collect();
        names.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
        let names: Vec<_> = names.iter().map(|(name, count)| format!("{name} {count}")).collect();
        said.push_str(&format!("{verb:<9}{sum}: {}\n", names.join(", ")));
    }
    said
}

#[cfg(test)]
mod tests;
