//! A script is given a line that tells the page its debug id, as the SDK reads it: a stack that was written in the script, and
//! the id, in `_debugIds`.

use std::{fs, path::Path};

use xxhash_rust::xxh3::xxh3_128;

use super::{
    built::{Built, at, read},
    map,
};
use crate::{commands::Failure, sourcemaps::DebugId};

/// Whether something was to be done.
pub(super) fn injected(file: &Built) -> Result<bool, Failure> {
    let script = String::from_utf8(read(&file.script)?).map_err(|error| at(&file.script, error))?;
    let map = read(&file.map)?;
    let id = file.debug_id(&map).unwrap_or_else(|| of(&script));
    // The id as a text: a comment that says it tells no page.
    let tells = ["\"", "'", "`"].iter().any(|quote| script.contains(&format!("{quote}{id}{quote}")));
    if tells && script.contains("_debugIds") {
        return Ok(false);
    }
    let later = map::a_line_later(&map, id).map_err(|error| at(&file.map, error))?;
    // The map first: it says that it was changed, so that who was interrupted here can go on.
    write(&file.map, &later)?;
    write(&file.script, with_line(&script, id).as_bytes())?;
    Ok(true)
}

/// Always the same for the same script.
fn of(script: &str) -> DebugId {
    DebugId::of_hash(xxh3_128(script.as_bytes()).to_be_bytes())
}

/// The line comes first, so that it is run whatever the script throws; and with the directives of the script, which are none
/// any more behind it.
fn with_line(script: &str, id: DebugId) -> String {
    let (mark, rest) = match script.strip_prefix(BOM) {
        Some(rest) => (BOM, rest),
        None => ("", script),
    };
    let directives = directives(rest);
    let tells = format!(
        "!function(){{try{{var s=new Error().stack;s&&((globalThis._debugIds=globalThis._debugIds||{{}})[s]=\"{id}\")}}catch(e){{}}}}();"
    );
    let comment = format!("//# debugId={id}");
    let end = match (script.contains(&comment), script.ends_with('\n')) {
        (true, _) => String::new(),
        (false, true) => format!("{comment}\n"),
        (false, false) => format!("\n{comment}\n"),
    };
    format!("{mark}{directives}{tells}\n{rest}{end}")
}

/// What some files begin with, and must go on beginning with.
const BOM: &str = "\u{feff}";

/// `"use strict";` and the like, as a script begins with them (ECMA-262, directive prologues).
fn directives(script: &str) -> String {
    let (mut rest, mut found) = (script, String::new());
    loop {
        rest = behind_comments(rest);
        let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            return found;
        };
        let Some((text, behind)) = rest[1..].split_once(quote) else { return found };
        let next = behind_comments(behind);
        let is_line_over = behind.len() - next.len() > 0
            && behind[..behind.len() - next.len()].contains('\n')
            && !goes_on(next);
        let ends = next.is_empty() || next.starts_with([';', '}']) || is_line_over;
        if !ends || text.contains(['\\', '\n']) {
            return found;
        }
        found.push_str(&format!("{quote}{text}{quote};"));
        rest = next.trim_start_matches(';');
    }
}

/// Whether what begins so goes on with what was on the line before.
fn goes_on(next: &str) -> bool {
    let is_word = |word: &str| {
        next.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
    };
    next.starts_with([
        '.', ',', '(', '[', '+', '-', '*', '/', '%', '&', '|', '^', '<', '>', '=', '!', '?', ':', '`',
    ]) || is_word("in")
        || is_word("instanceof")
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

/// Whole, or not at all; and what other names the file has keep what they had.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let unfinished = path.with_file_name(name);
    let written = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|error| at(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_said_again_before_the_line_and_nothing_else_is() {
        for (script, expected) in [
            ("\"use strict\";(()=>{})()", "\"use strict\";"),
            ("/* app */ // 1\n'use strict'\n\"use client\";f()", "'use strict';\"use client\";"),
            ("\"use strict\" // why\nf()", "\"use strict\";"),
            ("\"use strict\"\n+ 1;x=5", ""),
            ("\"use strict\"\nin x", ""),
            ("\"use strict\"\ninit()", "\"use strict\";"),
            ("\"use strict\" f()", ""),
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
        let with = with_line("f()", id);
        let lines: Vec<&str> = with.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[1], lines[2]), ("f()", &*format!("//# debugId={id}")));
        let said = format!("f()//# debugId={id}");
        assert!(with_line(&said, id).ends_with(&said), "said once");
        assert!(with_line("\u{feff}\"use strict\";f()", id).starts_with("\u{feff}\"use strict\";!function"));
    }
}
