//! A spool to damage: small records that wait for a destination, and where in the file each of them is.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use support::{
    collector::{Bound, Collector, Setting},
    page::{Page, post_acknowledged},
    sink::Sink,
};
use tempfile::TempDir;

/// A collector's data, with one segment.
pub(crate) struct Spooled {
    data: TempDir,
    pub(crate) records: Vec<Spooling>,
    /// Of the segment.
    pub(crate) bytes: usize,
}

/// A record.
pub(crate) struct Spooling {
    /// Span ids of its events.
    pub(crate) ids: Vec<String>,
    /// What its client sent.
    pub(crate) request: Vec<u8>,
    /// Its bytes in the segment.
    pub(crate) place: Range<usize>,
    /// Those of `request` in the segment.
    pub(crate) body: Range<usize>,
}

impl Spooled {
    /// So many records, of one to four events each.
    pub(crate) async fn make(records: u8) -> Self {
        let mut sink = Sink::start().await;
        sink.go_down().await;
        let setting = Setting::before(&sink);
        let collector = Collector::start(Bound::new().await, &setting);
        let mut made: Vec<(Vec<String>, Vec<u8>)> = Vec::new();
        for number in 0..records {
            let mut page = Page::new(number + 1);
            let request = page.clicks(1 + u64::from(number % 4));
            post_acknowledged(collector.addresses(), request.clone()).await;
            made.push((page.span_ids(), request));
        }
        let data = collector.stop().await;
        sink.assert_nothing_odd();
        let segment = fs::read(segment(data.path())).expect("a segment");
        let records = places(&segment, made);
        Self { data, records, bytes: segment.len() }
    }

    /// A copy of all of it, to be damaged.
    pub(crate) fn copy(&self) -> TempDir {
        let to = tempfile::tempdir().expect("a directory");
        copy(self.data.path(), to.path());
        to
    }
}

/// The one segment in a collector's data.
pub(crate) fn segment(data: &Path) -> PathBuf {
    let files = fs::read_dir(data.join("spool")).expect("a spool");
    let mut segments: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    assert_eq!(segments.len(), 1, "so little fits into one segment");
    segments.remove(0)
}

/// Length of a segment's head.
const HEAD: usize = 24;

/// Frames are a length, a checksum and a payload, from behind the head that says what the file is; the first
/// holds no events.
fn places(segment: &[u8], made: Vec<(Vec<String>, Vec<u8>)>) -> Vec<Spooling> {
    let mut frames = Vec::new();
    let mut at = HEAD;
    while let Some((length, _)) = segment.get(at..).and_then(|rest| rest.split_first_chunk::<4>()) {
        let end = at + 8 + u32::from_le_bytes(*length) as usize;
        frames.push(at..end);
        at = end;
    }
    let find = |request: &[u8]| {
        let start = segment.windows(request.len()).position(|window| window == request);
        let start = start.expect("a record holds the request as it was sent");
        start..start + request.len()
    };
    let records = made.into_iter().map(|(ids, request)| {
        let body = find(&request);
        let around = frames.iter().find(|frame| frame.start < body.start && body.end <= frame.end);
        Spooling { ids, place: around.expect("a frame around it").clone(), body, request }
    });
    records.collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            fs::create_dir_all(&to).expect("a directory");
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}
