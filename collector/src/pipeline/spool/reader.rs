//! Reads the spool from a place on, whole records only, past whatever is damaged.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use axum::body::Bytes;
use prost::Message;

use super::{
    recent::Decoded,
    record::{Kind, Record},
    segment::{self, Next, Salt},
    segments::Segments,
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
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) record: Record,
    pub(crate) end: u64,
    /// The batch in it, where that is known already.
    pub(crate) decoded: Option<Arc<Decoded>>,
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
        let place = place.max(found.0 + segment::HEAD);
        let mut file = match File::open(self.segments.path(found.0)) {
            Ok(file) => file,
            Err(error) if self.segments.is_gone(&error) => return Ok(self.skip(Vec::new(), place, found.1)),
            Err(error) => return Err(error),
        };
        let mut head = [0; segment::HEAD as usize];
        let salt = match file.read_exact(&mut head).map(|()| segment::head(&head)) {
            Ok(segment::Head::Salted(salt)) => salt,
            Ok(_) => return Ok(self.skip(Vec::new(), place, found.1)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(self.skip(Vec::new(), place, found.1));
            }
            Err(error) => return Err(error),
        };
        let mut wanted = bytes.max(segment::HEAD as usize);
        loop {
            let (buffer, is_short) = stretch(&mut file, found, place, wanted)?;
            let buffer = Bytes::from(buffer);
            // Somebody has cut the file: there is no more than this.
            let end = if is_short { place + buffer.len() as u64 } else { found.1 };
            match self.records(salt, &buffer, place, end) {
                Parsed::NeedsMore(length) if !is_short => wanted = length.max(wanted.saturating_mul(4)),
                Parsed::NeedsMore(_) => return Ok(self.skip(Vec::new(), place, found.1)),
                Parsed::Records { records, used } if is_short => {
                    return Ok(self.skip(records, place + used as u64, found.1));
                }
                Parsed::Records { records, used } => {
                    return Ok(Chunk { records, next: place + used as u64 });
                }
            }
        }
    }

    /// The records in `buffer`, which was read at `place`; `end`: where the segment does.
    fn records(&self, salt: Salt, buffer: &Bytes, place: u64, end: u64) -> Parsed {
        let is_all = place + buffer.len() as u64 >= end;
        let (mut records, mut used) = (Vec::new(), 0);
        loop {
            let rest = buffer.get(used..).unwrap_or_default();
            let needed = match salt.next(rest) {
                Next::Frame { payload, length } => {
                    used += length;
                    // Bodies are not copied: they are stretches of what was read.
                    match Record::decode(buffer.slice_ref(payload)) {
                        Ok(record) if record.kind() == Kind::Head => {}
                        Ok(record) => {
                            let end = place + used as u64;
                            records.push(Placed { record, end, decoded: self.segments.recent.get(end) });
                        }
                        Err(_) => self.segments.health.add_skipped(length as u64),
                    }
                    continue;
                }
                Next::End => return Parsed::Records { records, used },
                // It may only seem so, because not all of it was read.
                Next::Torn { length } if !is_all && place + (used + length) as u64 <= end => length,
                Next::Torn { .. } | Next::Damaged => match salt.resume(rest) {
                    None if !is_all => 0,
                    resumed => {
                        let skipped = resumed.unwrap_or(rest.len());
                        self.report(skipped as u64);
                        used += skipped;
                        continue;
                    }
                },
            };
            return if used > 0 { Parsed::Records { records, used } } else { Parsed::NeedsMore(needed) };
        }
    }

    fn skip(&self, records: Vec<Placed>, from: u64, next: u64) -> Chunk {
        self.report(next.saturating_sub(from));
        Chunk { records, next }
    }

    fn report(&self, bytes: u64) {
        self.segments.health.add_skipped(bytes);
        tracing::error!(bytes, "spool is damaged: reading goes on at the next whole record");
    }
}

enum Parsed {
    Records {
        records: Vec<Placed>,
        used: usize,
    },
    /// The first record is longer than what was read; so long, as far as that is known.
    NeedsMore(usize),
}

/// So many bytes, and whether the file ends before what was acknowledged in it does: somebody has cut it.
fn stretch(file: &mut File, found: (u64, u64), place: u64, wanted: usize) -> io::Result<(Vec<u8>, bool)> {
    file.seek(SeekFrom::Start(place - found.0))?;
    let most = found.1.saturating_sub(place).min(wanted as u64);
    let mut buffer = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
    file.take(most).read_to_end(&mut buffer)?;
    let is_short = (buffer.len() as u64) < most;
    Ok((buffer, is_short))
}
