//! The explorer: how much of recent sessions is kept for people to look at, and where else a trace can be looked at.

use super::section::Section;

/// What the explorer may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explorer {
    /// Bytes of memory for recent sessions. Default 64 MiB: some hundred thousand events. Zero: none are kept, and nobody reads
    /// for them.
    pub most_bytes: usize,
    /// Events that are looked at in a second, where that many come for longer than ten; of the rest only their number is
    /// known. Default 2 000: some hundredths of a processor.
    pub events_per_second: u32,
    /// Bytes of disk for source maps, compressed. Default 512 MiB: some hundred builds; the oldest make room. Zero: none are taken.
    pub source_maps_bytes: u64,
    /// Where the backend shows a trace, with `{trace_id}` in it. Default none: nobody knows which backend it is.
    pub trace_url: Option<String>,
}

/// What stands in a `trace_url` for the id.
pub(crate) const TRACE_ID: &str = "{trace_id}";

pub(super) fn read(mut section: Section<'_>) -> Explorer {
    let mib = section.count("max_mib", 64, 0..=16_384);
    let events_per_second = section.count("events_per_second", 2_000, 1..=1_000_000);
    let source_maps_mib = section.count("source_maps_mib", 512, 0..=1_048_576);
    let trace_url = section.text("trace_url");
    // A page would follow it, whatever it is.
    let is_address = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    if trace_url.as_ref().is_some_and(|url| !is_address(url) || !url.contains(TRACE_ID)) {
        section.wrong(
            "trace_url",
            "write an address with {trace_id} in it: https://tempo.example/trace/{trace_id}",
        );
    }
    section.end();
    Explorer {
        most_bytes: usize::try_from(mib).unwrap_or(0) << 20,
        events_per_second: u32::try_from(events_per_second).unwrap_or(u32::MAX),
        source_maps_bytes: source_maps_mib << 20,
        trace_url,
    }
}
