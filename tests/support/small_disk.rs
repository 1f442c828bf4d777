//! A disk that is soon full, or cannot be written: a file system in memory, mounted for one test.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The disk. It is unmounted with the test, however that ends.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one with these options, as in `size=8m`. `None`: this machine does not allow it, which is said aloud.
    ///
    /// # Panics
    /// If there is no room for a directory.
    #[must_use]
    pub fn mount(options: &str) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(directory.path())
            .stderr(Stdio::piped())
            .output();
        let why = match mounted {
            Ok(output) if output.status.success() => return Some(Self(directory)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        // Not through `eprintln`, which is kept back for tests that pass.
        let _ = writeln!(std::io::stderr(), "skipped: {test}: a disk cannot be mounted here ({why})");
        None
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // At once, and for good when the last file is closed: a collector may still be ending.
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            let _ = writeln!(std::io::stderr(), "{} stays mounted", self.0.path().display());
        }
    }
}
