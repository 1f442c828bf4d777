//! Open files: a test with thousands of connections needs more than a shell allows by default.

use std::io::Write;

/// Raises the soft limit of this process, and of those it starts, to the hard one. `false`: that is still less than
/// `needed`, which is said aloud.
#[must_use]
pub fn has_descriptors(needed: u64) -> bool {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0);
    if limit < needed {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        // Not through `eprintln`, which is kept back for tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {test}: {needed} open files are needed, and {limit} are allowed here"
        );
    }
    limit >= needed
}
