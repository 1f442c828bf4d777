//! What stands before a sealed batch in a request, and the answer behind it.

use alloc::vec::Vec;

use weft_proto::Head;

use crate::frame::Frame;

/// Writes the head for one try to send a sealed batch.
pub fn head(frame: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if let Some(head) = Frame(frame).head() {
        Head::write(&head, out);
    }
}

/// Milliseconds to wait before sending again; `None`: the answer does not acknowledge that batch.
#[must_use]
pub fn ack(frame: &[u8]) -> Option<u32> {
    Frame(frame).ack()
}
