//! Looks at a spool without touching it: whoever runs is not disturbed.

use std::{fs, io, path::Path};

use prost::Message;

use super::{
    cursor::{self, CursorFile, Saved},
    record::{Kind, Record},
    recover::starts,
    segment::{self, Head, Piece},
    segments,
};

/// What a segment holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// Offset of its first byte.
    pub(crate) start: u64,
    pub(crate) bytes: u64,
    pub(crate) records: u64,
    pub(crate) events: u64,
    /// Receive time of its newest record.
    pub(crate) newest_ms: u64,
    /// Bytes that are no whole record, with something behind them.
    pub(crate) damaged: u64,
    /// Bytes at its end that are no whole record: being written, or torn by a crash.
    pub(crate) tail: u64,
}

/// Goes through all segments in the data directory `data`, and gives every record to `each`.
pub(crate) fn inspect(data: &Path, mut each: impl FnMut(&Record)) -> io::Result<Vec<Inspected>> {
    let directory = data.join("spool");
    let starts = starts(&directory)?;
    let ends = starts.iter().skip(1).map(|start| Some(*start)).chain([None]);
    let each_one = starts.iter().zip(ends);
    each_one.map(|(start, end)| one(&segments::path(&directory, *start), *start, end, &mut each)).collect()
}

/// Names of destinations and how far each had come when that was last saved.
pub(crate) fn places(data: &Path) -> io::Result<Vec<(String, Option<u64>)>> {
    let directory = data.join("cursors");
    let place = |name: String| {
        let (_, saved) = CursorFile::open(&directory, &name)?;
        Ok((name, if let Saved::At(place) = saved { Some(place) } else { None }))
    };
    cursor::all(&directory)?.into_iter().map(place).collect()
}

fn one(path: &Path, start: u64, end: Option<u64>, each: &mut impl FnMut(&Record)) -> io::Result<Inspected> {
    let mut bytes = fs::read(path)?;
    // What lies beyond the start of the next segment was never acknowledged.
    bytes.truncate(end.map_or(usize::MAX, |end| usize::try_from(end - start).unwrap_or(usize::MAX)));
    let mut found = Inspected { start, bytes: bytes.len() as u64, ..Inspected::default() };
    let Head::Salted(salt) = segment::head(&bytes) else {
        found.damaged = found.bytes;
        return Ok(found);
    };
    for piece in salt.pieces(bytes.get(segment::HEAD as usize..).unwrap_or_default()) {
        match piece {
            Piece::Damaged(length) => found.damaged += length as u64,
            Piece::Tail(length) => found.tail += length as u64,
            Piece::Frame(payload, length) => match Record::decode(payload) {
                Ok(record) if record.kind() == Kind::Head => {}
                Ok(record) => {
                    found.records += 1;
                    found.events += record.events;
                    found.newest_ms = found.newest_ms.max(record.receive_time_ms);
                    each(&record);
                }
                Err(_) => found.damaged += length as u64,
            },
        }
    }
    Ok(found)
}
