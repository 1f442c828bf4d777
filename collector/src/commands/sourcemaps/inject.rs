//! A script is given a line that tells the page its debug id, as the SDK reads it: a stack that was written in the script, and
//! the id, in `_debugIds`.

use std::{fs, path::Path};

use xxhash_rust::xxh3::xxh3_128;

use super::{
    built::{Built, read, said},
    map,
};
use crate::{commands::Failure, sourcemaps::DebugId};

/// Whether something was to be done.
pub(super) fn injected(file: &Built) -> Result<bool, Failure> {
    let script = read(&file.script)?;
    let (said, map) = (said(&script), fs::read(&file.map)?);
    let id = said.or_else(|| map::debug_id(&map)).unwrap_or_else(|| of(&script));
    if script.contains("_debugIds") && script.contains(&id.to_string()) {
        return Ok(false);
    }
    if script.starts_with("#!") {
        return Err(format!("{}: it is a program, not a page's script", file.script.display()).into());
    }
    let later = map::a_line_later(&map, id).map_err(|error| format!("{}: {error}", file.map.display()))?;
    // The map first: it says that it was changed, so that who was interrupted here can go on.
    write(&file.map, &later)?;
    write(&file.script, with_line(&script, id, said.is_some()).as_bytes())?;
    Ok(true)
}

/// Always the same for the same script.
fn of(script: &str) -> DebugId {
    DebugId::of_hash(xxh3_128(script.as_bytes()).to_be_bytes())
}

/// The line comes first, so that it is run whatever the script throws; and with the directives of the script, which are none
/// any more behind it.
fn with_line(script: &str, id: DebugId, says_id: bool) -> String {
    let directives = directives(script.trim_start_matches('\u{feff}'));
    let tells = format!(
        "!function(){{try{{var s=new Error().stack;s&&((globalThis._debugIds=globalThis._debugIds||{{}})[s]=\"{id}\")}}catch(e){{}}}}();"
    );
    let end = if says_id { String::new() } else { comment(script, id) };
    format!("{directives}{tells}\n{script}{end}")
}

fn comment(script: &str, id: DebugId) -> String {
    let line = if script.ends_with('\n') { "" } else { "\n" };
    format!("{line}//# debugId={id}\n")
}

/// `"use strict";` and the like, as a script begins with them (ECMA-262, directive prologues).
fn directives(script: &str) -> String {
    let (mut rest, mut found) = (script, String::new());
    loop {
        rest = behind_comments(rest);
        let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            return found;
        };
        let Some((text, behind)) = rest[1..].split_once(quote) else { return found };
        let behind = behind.trim_start_matches([' ', '\t']);
        let ends = behind.is_empty() || behind.starts_with([';', '\n', '\r']);
        if !ends || text.contains(['\\', '\n']) {
            return found;
        }
        found.push_str(&format!("{quote}{text}{quote};"));
        rest = behind.trim_start_matches(';');
    }
}

/// What follows blanks and comments.
fn behind_comments(script: &str) -> &str {
    let mut rest = script.trim_start();
    loop {
        let behind = if let Some(comment) = rest.strip_prefix("//") {
            comment.split_once('\n').map(|(_, behind)| behind)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, behind)| behind)
        } else {
            return rest;
        };
        let Some(behind) = behind else { return "" };
        rest = behind.trim_start();
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_said_again_before_the_line_and_nothing_else_is() {
        for (script, expected) in [
            ("\"use strict\";(()=>{})()", "\"use strict\";"),
            ("/* app */ // 1\n'use strict'\n\"use client\";f()", "'use strict';\"use client\";"),
            ("\"a\".length;", ""),
            ("\"a\"+b", ""),
            ("import a from \"a\";", ""),
            ("/* without an end", ""),
            ("\"without an end", ""),
            ("", ""),
        ] {
            assert_eq!(directives(script), expected, "{script}");
        }
    }

    #[test]
    fn a_script_has_one_line_more_before_it_and_its_id_at_its_end() {
        let id = of("f()");
        assert_eq!(id, of("f()"));
        let with = with_line("f()", id, false);
        let lines: Vec<&str> = with.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[1], lines[2]), ("f()", &*format!("//# debugId={id}")));
        assert!(with_line("f()", id, true).ends_with("f()"));
    }
}
