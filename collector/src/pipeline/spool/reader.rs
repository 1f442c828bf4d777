//! Reads the spool from a place on, whole records only, past whatever is damaged.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use prost::Message;

use super::{
    record::{Kind, Record},
    segment::{self, Next},
    segments::{Segment, Segments},
};

/// A reader of the spool. Blocking: call it where blocking is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    segments: Arc<Segments>,
}

/// Some records in a row.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) records: Vec<Placed>,
    /// Where to go on.
    pub(crate) next: u64,
}

/// A record and where the next one begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    pub(crate) record: Record,
    pub(crate) end: u64,
}

impl Reader {
    pub(crate) fn new(segments: &Arc<Segments>) -> Self {
        Self { segments: Arc::clone(segments) }
    }

    /// Records from `place` on, about `bytes` of them and at least one. Empty with `next == place`: the end.
    pub(crate) fn read(&self, place: u64, bytes: usize) -> io::Result<Chunk> {
        let Some(found) = self.segments.find(place) else {
            return Ok(Chunk { records: Vec::new(), next: place });
        };
        let place = place.max(found.start + segment::HEAD);
        let mut file = match File::open(self.segments.path(found.start)) {
            Ok(file) => file,
            Err(error) if self.segments.is_gone(&error) => {
                return Ok(self.skip(Vec::new(), found.end, found.end.saturating_sub(place)));
            }
            Err(error) => return Err(error),
        };
        let mut wanted = bytes.max(segment::MAGIC.len());
        loop {
            let (buffer, is_short) = stretch(&mut file, found, place, wanted)?;
            let reaches_end = is_short || place + buffer.len() as u64 >= found.end;
            let lost = |used: usize| found.end.saturating_sub(place + used as u64);
            match self.records(&buffer, place, reaches_end) {
                Parsed::NeedsMore(length) if !reaches_end && length > buffer.len() => wanted = length,
                Parsed::NeedsMore(_) => return Ok(self.skip(Vec::new(), found.end, lost(0))),
                Parsed::Records { records, used, damaged } if damaged || is_short => {
                    return Ok(self.skip(records, found.end, lost(used)));
                }
                Parsed::Records { records, used, .. } => {
                    return Ok(Chunk { records, next: place + used as u64 });
                }
            }
        }
    }

    fn records(&self, buffer: &[u8], place: u64, reaches_end: bool) -> Parsed {
        let (mut records, mut used) = (Vec::new(), 0);
        loop {
            match segment::next(buffer.get(used..).unwrap_or_default()) {
                Next::Frame { payload, length } => {
                    used += length;
                    match Record::decode(payload) {
                        Ok(record) if record.kind() == Kind::Claims => {}
                        Ok(record) => records.push(Placed { record, end: place + used as u64 }),
                        Err(_) => self.segments.health.add_skipped(length as u64),
                    }
                }
                Next::Torn { length } if used == 0 => return Parsed::NeedsMore(length),
                Next::Damaged => return Parsed::Records { records, used, damaged: true },
                Next::Torn { .. } => return Parsed::Records { records, used, damaged: reaches_end },
                Next::End => return Parsed::Records { records, used, damaged: false },
            }
        }
    }

    fn skip(&self, records: Vec<Placed>, next: u64, lost: u64) -> Chunk {
        self.segments.health.add_skipped(lost);
        tracing::error!(bytes = lost, "spool is damaged: the rest of a segment is skipped");
        Chunk { records, next }
    }
}

enum Parsed {
    Records {
        records: Vec<Placed>,
        used: usize,
        damaged: bool,
    },
    /// The first record is longer than what was read.
    NeedsMore(usize),
}

/// So many bytes, and whether the file ends before what was acknowledged in it does: somebody has cut it.
fn stretch(file: &mut File, found: Segment, place: u64, wanted: usize) -> io::Result<(Vec<u8>, bool)> {
    file.seek(SeekFrom::Start(place - found.start))?;
    let mut buffer = Vec::new();
    let most = found.end.saturating_sub(place).min(wanted as u64);
    file.take(most).read_to_end(&mut buffer)?;
    let is_short = (buffer.len() as u64) < most;
    Ok((buffer, is_short))
}
