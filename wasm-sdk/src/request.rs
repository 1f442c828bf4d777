//! What stands before a sealed batch in a request, the answer behind it, and what the collector has by its answers.

use alloc::vec::Vec;
use core::mem;

use weft_proto::{Ack, Earlier, Head, base::MAX_BASE_BYTES, deflate_behind};

use crate::frame::Frame;

/// Answers in a row that did not acknowledge a batch behind its base, after which no other is sent so: some other
/// collector may get every second request.
const MAX_MISSES: u8 = 2;

/// Writes the head for one try to send a sealed batch.
pub fn head(frame: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if let Some(head) = Frame(frame).head() {
        Head::write(&head, out);
    }
}

/// What the collector has of the page: later batches are deflated behind that.
#[derive(Debug, Default)]
pub struct Acknowledged {
    earlier: Earlier,
    /// Digest and body of the batch that was sealed last.
    last: (u32, Vec<u8>),
    /// Digest of the batch that was sent behind others, and is not answered.
    behind: Option<u32>,
    misses: u8,
}

impl Acknowledged {
    /// A batch is sealed; `sealed`: form, digest and body as they are sent, or nothing.
    pub fn sealed(&mut self, sealed: &[u8], body: Vec<u8>) {
        if let Some(digest) = Frame(sealed.get(1..).unwrap_or_default()).word() {
            self.last = (digest, body);
        }
    }

    /// Writes the batch of this digest and number behind what the collector has: its base, and DEFLATE. Nothing: it has
    /// to be sent alone.
    pub fn behind(&mut self, frame: &[u8], out: &mut Vec<u8>) {
        out.clear();
        let mut frame = Frame(frame);
        let (Some(digest), Some(number), Some(base)) = (frame.word(), frame.number(), self.earlier.base())
        else {
            return;
        };
        if self.last.0 == digest && self.misses < MAX_MISSES {
            self.behind = Some(digest);
            base.write(number, out);
            out.extend(deflate_behind(&self.earlier, &self.last.1));
        }
    }

    /// Milliseconds to wait before sending again; `None`: the answer does not acknowledge the batch of this digest and
    /// number. If it stood behind others, nobody knows what the collector has.
    pub fn answer(&mut self, frame: &[u8]) -> Option<u32> {
        let mut frame = Frame(frame);
        let (digest, number) = (frame.word()?, frame.number()?);
        let was_behind = self.behind.take_if(|behind| *behind == digest).is_some();
        let ack = Ack::decode(frame.0).ok().filter(|ack| ack.digest == digest && ack.number == number);
        let Some(ack) = ack else {
            if was_behind {
                self.misses += 1;
                self.earlier = Earlier::default();
            }
            return None;
        };
        if was_behind {
            self.misses = 0;
        }
        if self.last.0 == digest {
            // What was sealed while it was under way is not here, and the collector has it: then it begins anew.
            if self.earlier.base().is_some_and(|base| base.last + 1 != number) {
                self.earlier = Earlier::default();
            }
            self.earlier.keep(number, &mem::take(&mut self.last).1, MAX_BASE_BYTES);
        }
        Some(ack.wait_ms)
    }
}
