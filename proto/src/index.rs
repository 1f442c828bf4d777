//! Where a text is among others: an index of positions, open-addressed, that whoever has the texts asks.

use alloc::{vec, vec::Vec};

use crate::rows::{at, set_at};

/// Positions plus 1, by hash; 0: free. Empty until the first text. It lives for one batch of the page's own texts: nobody can
/// flood it but the page itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index(Vec<u64>);

impl Index {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Nothing is anywhere any more.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The position of `text`; or `next`, which it has from now on, if it is none of the `next` texts that `get` knows.
    pub(crate) fn position<'a>(&mut self, text: &[u8], next: u64, get: impl Fn(u64) -> &'a [u8]) -> u64 {
        // Half of it is free at least, also where the texts were there before the index.
        let needed = (next as usize + 1) * 2;
        if needed > self.0.len() {
            self.0 = vec![0; needed.next_power_of_two().max(64)];
            // Of two that are the same the first is kept.
            for id in 0..next {
                self.keep(get(id), id, &get);
            }
        }
        self.keep(text, next, &get)
    }

    fn keep<'a>(&mut self, text: &[u8], id: u64, get: &impl Fn(u64) -> &'a [u8]) -> u64 {
        let mut slot = fnv(text) as usize;
        loop {
            slot &= self.0.len().wrapping_sub(1);
            match at(&self.0, slot).checked_sub(1) {
                None => {
                    set_at(&mut self.0, slot, id + 1);
                    return id;
                }
                Some(known) if get(known) == text => return known,
                Some(_) => slot += 1,
            }
        }
    }
}

/// FNV-1a, 32 bits.
fn fnv(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
