//! Files that a build wrote, and the maps that lie beside them.

use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{commands::Failure, sourcemaps::DebugId};

use super::map;

/// A script with a map in a file.
pub(super) struct Built {
    pub(super) script: PathBuf,
    pub(super) map: PathBuf,
    /// The debug id that the script says. `None`: it says none.
    said: Option<DebugId>,
}

impl Built {
    /// What the script says, or its map. `None`: neither says one.
    pub(super) fn debug_id(&self, map: &[u8]) -> Option<DebugId> {
        self.said.or_else(|| map::debug_id(map))
    }
}

/// All below `directory`, in the order of their names; and what is said of scripts that name a map that is not there.
pub(super) fn built(directory: &Path) -> Result<(Vec<Built>, String), Failure> {
    let mut scripts = Vec::new();
    scripts_below(directory, &mut scripts).map_err(|error| at(directory, error))?;
    scripts.sort();
    let (mut all, mut said) = (Vec::new(), String::new());
    for script in scripts {
        let bytes = read(&script)?;
        let text = String::from_utf8_lossy(&bytes);
        // A program, which no page runs.
        if text.starts_with("#!") {
            continue;
        }
        let named = last(&text, "sourceMappingURL=");
        match map_of(&script, named) {
            Some(map) => {
                all.push(Built { script, map, said: last(&text, "debugId=").and_then(DebugId::read) })
            }
            None if named.is_some() => {
                said.push_str(&format!("{}: its map is in no file here: left out\n", script.display()));
            }
            None => {}
        }
    }
    if all.is_empty() {
        let directory = directory.display();
        return Err(format!(
            "no script below {directory} has a source map in a file beside it: have the bundler write some \
             (esbuild: --sourcemap; Vite: build.sourcemap; webpack: devtool \"source-map\")\n{said}"
        )
        .into());
    }
    Ok((all, said))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| at(path, error))
}

pub(super) fn at(path: &Path, error: impl std::fmt::Display) -> Failure {
    format!("{}: {error}", path.display()).into()
}

/// Links to other directories are not followed, and what others have built is theirs.
fn scripts_below(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, sort) = (entry.path(), entry.file_type()?);
        let is_script =
            path.extension().is_some_and(|ending| ending == "js" || ending == "mjs" || ending == "cjs");
        if sort.is_dir() && entry.file_name() != "node_modules" {
            scripts_below(&path, found)?;
        } else if is_script && sort.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// The file that a script names at its end, or the one that is called as it is (`app.js.map`): maps that are kept from the
/// public are not named.
fn map_of(script: &Path, named: Option<&str>) -> Option<PathBuf> {
    let mut name = script.file_name()?.to_owned();
    name.push(".map");
    // An address of another place, or of this one's root, is no file here.
    let named = named.filter(|named| !named.contains(':') && !named.starts_with('/'));
    let named = named.and_then(|named| named.split(['?', '#']).next()).map(decoded);
    let named = named.map(|named| script.with_file_name(&*named));
    named.into_iter().chain([script.with_file_name(name)]).find(|map| map.is_file())
}

/// Without percent-encoding.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap_or(text.into())
}

/// What the last comment of a script says behind `name`.
fn last<'a>(script: &'a str, name: &str) -> Option<&'a str> {
    let comment = |line: &'a str| {
        let (_, comment) = line.rsplit_once("//#").or_else(|| line.rsplit_once("//@"))?;
        comment.trim_start().strip_prefix(name)
    };
    script.lines().rev().take(20).find_map(comment).map(str::trim)
}
