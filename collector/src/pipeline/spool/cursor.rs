//! A destination's place in the spool, in a file of its own that is always whole.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The place last saved. `None`: there is none, or it cannot be read, and everything is sent again.
pub(super) fn load(directory: &Path, destination: &str) -> Option<u64> {
    let path = directory.join(destination);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(destination, %error, "cursor cannot be read: everything in the spool is sent again");
            return None;
        }
    };
    let place = u64::from_str_radix(text.trim(), 16).ok();
    if place.is_none() {
        tracing::warn!(destination, "cursor is damaged: everything in the spool is sent again");
    }
    place
}

/// Saves a place. A crash leaves the old one or the new one, never half of either.
pub(super) fn save(directory: &Path, destination: &str, place: u64) -> io::Result<()> {
    // A destination's name has no dot, so this is nobody's cursor.
    let beside = directory.join(format!("{destination}.new"));
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&beside)?;
    writeln!(file, "{place:016x}")?;
    file.sync_data()?;
    fs::rename(&beside, directory.join(destination))
}
