//! What is told of events that were merged: how many, and what is known of all of them.

use alloc::{string::String, vec::Vec};

use super::{
    VERBS, Verdict,
    histogram::{Histogram, SCALE},
    seen::Seen,
};
use crate::frame::cut;

/// Bytes of a name and of a template that are told.
const MAX_TEXT: usize = 256;

/// Attributes that say how many bytes an event stands for, of which the first that it has counts.
const BYTES: [&[u8]; 2] = [b"browser.resource_timing.transfer_size", b"http.response.body.size"];

/// Events that were merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What was done.
    pub verb: Verdict,
    /// Number of the event that was kept, the first of them.
    pub first: u64,
    /// Their name.
    pub name: Vec<u8>,
    /// Their address, without what differs.
    pub template: Vec<u8>,
    /// How many, without the one that was kept.
    pub count: u64,
    bytes: u64,
    sum_ms: f64,
    least_ms: f64,
    most_ms: f64,
    histogram: Histogram,
}

impl Summary {
    /// Nothing was merged with this one yet.
    pub(super) fn of(verb: Verdict, seen: &Seen<'_>, template: &[u8]) -> Self {
        Self {
            verb,
            first: seen.ended.number,
            name: cut(seen.name, MAX_TEXT).to_vec(),
            template: cut(template, MAX_TEXT).to_vec(),
            count: 0,
            bytes: 0,
            sum_ms: 0.0,
            least_ms: f64::INFINITY,
            most_ms: 0.0,
            histogram: Histogram::default(),
        }
    }

    pub(super) fn add(&mut self, seen: &Seen<'_>) {
        self.count += 1;
        if self.verb == Verdict::Dedupe {
            return;
        }
        let sizes = BYTES.map(|key| seen.int(key));
        self.bytes += sizes.into_iter().find(|size| *size > 0).unwrap_or(0);
        let took = seen.ended.duration_ms;
        if took.is_finite() {
            self.sum_ms += took;
            self.least_ms = self.least_ms.min(took);
            self.most_ms = self.most_ms.max(took);
        }
        self.histogram.add(took);
    }

    /// What was counted so far; counting begins anew.
    pub(super) fn take(&mut self) -> Self {
        let told = self.clone();
        self.count = 0;
        self.bytes = 0;
        (self.sum_ms, self.least_ms, self.most_ms) = (0.0, f64::INFINITY, 0.0);
        self.histogram = Histogram::default();
        told
    }

    /// Name and attributes of the event that tells of them, as the recorder takes them.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let mut out = Told { bytes: Vec::new(), count: 0 };
        text(&mut out.bytes, &self.name);
        let place = out.bytes.len();
        out.bytes.extend_from_slice(&[0; 4]);
        out.text(b"weft.reduced", VERBS.get(self.verb as usize).unwrap_or(&"").as_bytes());
        out.int(b"weft.count", self.count as f64);
        if self.verb == Verdict::Aggregate {
            self.measures(&mut out);
        }
        let count = out.count.to_le_bytes();
        for (at, byte) in count.into_iter().enumerate() {
            if let Some(known) = out.bytes.get_mut(place + at) {
                *known = byte;
            }
        }
        out.bytes
    }

    fn measures(&self, out: &mut Told) {
        if !self.template.is_empty() {
            out.text(b"url.template", &self.template);
        }
        if self.bytes > 0 {
            out.int(b"weft.bytes", self.bytes as f64);
        }
        if self.most_ms > 0.0 {
            out.double(b"weft.duration.sum_ms", self.sum_ms);
            out.double(b"weft.duration.min_ms", self.least_ms);
            out.double(b"weft.duration.max_ms", self.most_ms);
            let Histogram { offset, counts, zero } = &self.histogram;
            out.int(b"weft.histogram.scale", SCALE as f64);
            out.int(b"weft.histogram.offset", *offset as f64);
            out.int(b"weft.histogram.zero", *zero as f64);
            let mut all = String::new();
            for (at, count) in counts.iter().enumerate() {
                if at > 0 {
                    all.push(',');
                }
                digits(&mut all, *count);
            }
            out.text(b"weft.histogram.counts", all.as_bytes());
        }
    }
}

/// Formatting is more code than all of this.
fn digits(out: &mut String, number: u64) {
    if number > 9 {
        digits(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// Attributes that are written, and how many.
struct Told {
    bytes: Vec<u8>,
    count: u32,
}

impl Told {
    fn key(&mut self, key: &[u8], kind: u8) {
        self.count += 1;
        text(&mut self.bytes, key);
        self.bytes.push(kind);
    }

    fn text(&mut self, key: &[u8], value: &[u8]) {
        self.key(key, 0);
        text(&mut self.bytes, value);
    }

    fn int(&mut self, key: &[u8], value: f64) {
        self.key(key, 2);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn double(&mut self, key: &[u8], value: f64) {
        self.key(key, 3);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }
}

pub(super) fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}
