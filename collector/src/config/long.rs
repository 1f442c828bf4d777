//! Long spans: how long their ends are waited for, and how many are kept.

use std::time::Duration;

use super::section::Section;

/// What is done about spans that are still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongSpans {
    /// How long after the last word of a page that was visible its open spans are given up. Default 30 min: a visible
    /// page with something open sends every few minutes, so several tries must have been lost; and sessions end then too.
    pub interrupted_after: Duration,
    /// The same of a page whose last word was that it is idle, hidden or frozen: such pages are silent and alive. Default
    /// 7 days, as long as an SDK keeps what it could not send.
    pub abandoned_after: Duration,
    /// Whether a moment is forwarded as soon as a span is known to be open. Default false: a second span for each.
    pub announce_open: bool,
    /// Spans kept while they are open; of more than that, no end is made up. Default 250 000: about 150 MB on disk.
    pub most_open: u64,
    /// Bytes of what pages say of them. Default 256 MiB.
    pub most_bytes: u64,
}

const MIB: u64 = 1024 * 1024;

pub(super) fn read(mut section: Section<'_>) -> LongSpans {
    let interrupted_after = section.duration("interrupted_after", Duration::from_secs(30 * 60));
    let abandoned_after = section.duration("abandoned_after", Duration::from_secs(7 * 86_400));
    if abandoned_after < interrupted_after {
        section.wrong(
            "abandoned_after",
            "is less than interrupted_after: a page that says it will be silent would be given up before one that \
             is expected to speak",
        );
    }
    let announce_open = section.flag("announce_open", false);
    let most_open = section.count("max_open", 250_000, 0..=100_000_000);
    let most_bytes = section.count("max_mib", 256, 1..=65_536) * MIB;
    section.end();
    LongSpans { interrupted_after, abandoned_after, announce_open, most_open, most_bytes }
}
