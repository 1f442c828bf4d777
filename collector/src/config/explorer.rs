//! The explorer: how much of recent sessions is kept for people to look at.

use super::section::Section;

/// What the explorer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explorer {
    /// Bytes of memory for recent sessions. Default 64 MiB: some hundred thousand events. Zero: none are kept, and nobody reads
    /// for them.
    pub most_bytes: usize,
}

pub(super) fn read(mut section: Section<'_>) -> Explorer {
    let mib = section.count("max_mib", 64, 0..=16_384);
    section.end();
    Explorer { most_bytes: usize::try_from(mib).unwrap_or(0) << 20 }
}
