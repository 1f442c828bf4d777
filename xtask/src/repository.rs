//! Where things are in this repository.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    failure::{Failure, Outcome},
    program::Program,
};

/// The folder this repository was cloned to.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Every file that is or would be committed, relative to [`root`].
pub(crate) fn files() -> Outcome<Vec<PathBuf>> {
    let listed = Program::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()?;
    let mut files: Vec<PathBuf> =
        listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    // A file deleted but not yet committed is still listed.
    files.retain(|path| root().join(path).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

/// Text of a file, by its path relative to [`root`].
pub(crate) fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(root().join(path))
        .map_err(Failure::while_doing(format_args!("reading {}", path.display())))
}

/// When the newest of these files, or of the files in these folders, was written. `None`: there is none.
pub(crate) fn newest(paths: &[PathBuf]) -> Option<SystemTime> {
    paths.iter().filter_map(|path| written(path)).max()
}

fn written(path: &Path) -> Option<SystemTime> {
    let about = fs::metadata(path).ok()?;
    if !about.is_dir() {
        return about.modified().ok();
    }
    let inside = fs::read_dir(path).ok()?;
    inside.filter_map(|entry| written(&entry.ok()?.path())).max()
}

/// Whether `made` is there and not older than anything it was made from.
pub(crate) fn is_fresh(made: &Path, from: &[PathBuf]) -> bool {
    match (written(made), newest(from)) {
        (Some(made), Some(from)) => made >= from,
        (made, None) => made.is_some(),
        (None, _) => false,
    }
}
