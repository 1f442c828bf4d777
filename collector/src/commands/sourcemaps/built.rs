//! Files that a build wrote, and the maps that lie beside them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{commands::Failure, sourcemaps::DebugId};

use super::map;

/// Directories below the one that is named. A build has a few; a link that leads in a circle has no end.
const MOST_DEPTH: usize = 32;

/// A file with a map.
pub(super) struct Built {
    pub(super) script: PathBuf,
    pub(super) map: PathBuf,
}

impl Built {
    /// What the file says, or its map. `None`: neither says one.
    pub(super) fn debug_id(&self) -> Result<Option<DebugId>, Failure> {
        let script = read(&self.script)?;
        Ok(match said(&script) {
            Some(id) => Some(id),
            None => map::debug_id(&fs::read(&self.map)?),
        })
    }
}

/// All below `directory`, in the order of their names.
pub(super) fn built(directory: &Path) -> Result<Vec<Built>, Failure> {
    let mut scripts = Vec::new();
    scripts_below(directory, MOST_DEPTH, &mut scripts)
        .map_err(|error| format!("{}: {error}", directory.display()))?;
    scripts.sort();
    let mut all = Vec::new();
    for script in scripts {
        all.extend(map_of(&script)?.map(|map| Built { script, map }));
    }
    if all.is_empty() {
        let directory = directory.display();
        return Err(format!(
            "no script below {directory} has a source map in a file beside it: have the bundler write some \
             (esbuild: --sourcemap; Vite: build.sourcemap; webpack: devtool \"source-map\")"
        )
        .into());
    }
    Ok(all)
}

pub(super) fn read(script: &Path) -> Result<String, Failure> {
    fs::read_to_string(script).map_err(|error| format!("{}: {error}", script.display()).into())
}

fn scripts_below(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_script =
            path.extension().is_some_and(|ending| ending == "js" || ending == "mjs" || ending == "cjs");
        if path.is_dir() && depth > 0 {
            scripts_below(&path, depth - 1, found)?;
        } else if is_script && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// The file that a script names at its end, or the one that is called as it is (`app.js.map`): maps that are kept from the
/// public are not named.
fn map_of(script: &Path) -> Result<Option<PathBuf>, Failure> {
    let mut name = script.file_name().unwrap_or_default().to_owned();
    name.push(".map");
    let text = read(script)?;
    let named = last(&text, "sourceMappingURL=").filter(|named| !named.contains(':'));
    let named = named.map(|named| script.with_file_name(named));
    Ok(named.into_iter().chain([script.with_file_name(name)]).find(|map| map.is_file()))
}

/// The id that a script says in a comment (ECMA-426, debug ids).
pub(super) fn said(script: &str) -> Option<DebugId> {
    DebugId::read(last(script, "debugId=")?)
}

/// What the last comment of a script says behind `name`.
fn last<'a>(script: &'a str, name: &str) -> Option<&'a str> {
    let comment = |line: &'a str| line.trim().strip_prefix("//#")?.trim_start().strip_prefix(name);
    script.lines().rev().take(20).find_map(comment).map(str::trim)
}
