//! What the collector has of the page, by its answers.

use alloc::vec::Vec;
use core::mem;

use weft_proto::{Ack, Base, base::MAX_BASE_BYTES, deflate_behind};

use crate::frame::Frame;

/// Answers in a row that did not acknowledge a batch behind its base, after which no other is sent so: some other
/// collector may get every second request.
const MAX_MISSES: u8 = 2;

/// What the collector has of the page: later batches are deflated behind that.
#[derive(Debug)]
pub struct Acknowledged {
    /// Bodies of batches whose numbers follow each other, one behind the other; and how long each is.
    bodies: Vec<u8>,
    lengths: Vec<u64>,
    /// The number after the last of them.
    next: u64,
    /// Digest and body of the batch that was sealed last.
    last: (u32, Vec<u8>),
    /// Digest of the batch that was sent behind others, and is not answered.
    behind: Option<u32>,
    misses: u8,
}

impl Default for Acknowledged {
    fn default() -> Self {
        Self::new()
    }
}

impl Acknowledged {
    /// Of a page that has sent nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bodies: Vec::new(),
            lengths: Vec::new(),
            next: 0,
            last: (0, Vec::new()),
            behind: None,
            misses: 0,
        }
    }

    /// A batch is sealed; `sealed`: form, digest and body as they are sent, or nothing.
    pub fn sealed(&mut self, sealed: &[u8], body: Vec<u8>) {
        if let Some(digest) = Frame(sealed.get(1..).unwrap_or_default()).word() {
            self.last = (digest, body);
        }
    }

    /// Writes the batch of this digest and number behind what the collector has: its base, and DEFLATE. Nothing: it has
    /// to be sent alone.
    pub fn behind(&mut self, digest: u32, number: u64, out: &mut Vec<u8>) {
        out.clear();
        let count = self.lengths.len() as u64;
        if self.last.0 == digest && self.misses < MAX_MISSES && count > 0 {
            self.behind = Some(digest);
            Base { first: self.next - count, last: self.next - 1 }.write(number, out);
            out.extend_from_slice(&deflate_behind(&self.bodies, &self.last.1));
        }
    }

    /// Milliseconds to wait before sending again; `None`: the answer does not acknowledge the batch of this digest and
    /// number. If it stood behind others, nobody knows what the collector has.
    pub fn answer(&mut self, digest: u32, number: u64, answer: &[u8]) -> Option<u32> {
        let was_behind = self.behind == Some(digest);
        if was_behind {
            self.behind = None;
        }
        let ack = Ack::decode(answer).ok().filter(|ack| ack.digest == digest && ack.number == number);
        if was_behind {
            self.misses = if ack.is_some() { 0 } else { self.misses + 1 };
            if ack.is_none() {
                self.forget();
            }
        }
        if ack.is_some() && self.last.0 == digest {
            self.keep(number);
        }
        ack.map(|ack| ack.wait_ms)
    }

    /// Keeps the last body; of all together no more than fits in a base, without the first ones.
    fn keep(&mut self, number: u64) {
        // What was sealed while it was under way is not here, and the collector has it: then it begins anew.
        if self.next != number {
            self.forget();
        }
        let body = mem::take(&mut self.last).1;
        if body.len() > MAX_BASE_BYTES {
            return;
        }
        let mut start = 0;
        while self.bodies.len() - start + body.len() > MAX_BASE_BYTES {
            start += self.lengths.remove(0) as usize;
        }
        self.bodies = self.bodies.get(start..).unwrap_or_default().to_vec();
        self.bodies.extend_from_slice(&body);
        self.lengths.push(body.len() as u64);
        self.next = number + 1;
    }

    fn forget(&mut self) {
        self.bodies.clear();
        self.lengths.clear();
    }
}
