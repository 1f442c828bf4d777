//! Texts of rows: each once, in one arena, referred to by position. They are bytes: that they are UTF-8 is checked by whoever
//! decodes them, and need not be known here.

use alloc::{vec, vec::Vec};

use super::at;

/// Texts end to end, and where each ends.
#[derive(Clone, Debug, Default)]
pub struct Words {
    text: Vec<u8>,
    ends: Vec<u64>,
    /// Open-addressed: position + 1, or 0. Empty until the first `intern`.
    index: Vec<u64>,
}

impl Words {
    /// The text at `id`; empty, if there is none.
    #[must_use]
    pub fn get(&self, id: u64) -> &[u8] {
        let id = id as usize;
        let start = id.checked_sub(1).map_or(0, |before| at(&self.ends, before));
        self.text.get(start as usize..at(&self.ends, id) as usize).unwrap_or_default()
    }

    /// Position of `text`, added if it is new.
    pub fn intern(&mut self, text: &[u8]) -> u64 {
        if (self.ends.len() + 1) * 2 > self.index.len() {
            self.index = vec![0; (self.index.len() * 2).max(64)];
            for id in 0..self.ends.len() as u64 {
                let slot = self.slot(self.get(id));
                self.put(slot, id);
            }
        }
        let slot = self.slot(text);
        if let Some(known) = at(&self.index, slot).checked_sub(1) {
            return known;
        }
        let id = self.ends.len() as u64;
        self.put(slot, id);
        self.text.extend_from_slice(text);
        self.ends.push(self.text.len() as u64);
        id
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    fn put(&mut self, slot: usize, id: u64) {
        if let Some(place) = self.index.get_mut(slot) {
            *place = id + 1;
        }
    }

    /// Where `text` is in the index, or would be. The index always has free places. Its hash is FNV-1a: it lives for one
    /// batch of the page's own texts, and nobody can flood it but the page itself.
    fn slot(&self, text: &[u8]) -> usize {
        let mut hash = 0x811c_9dc5_u32;
        for byte in text {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
        let mut slot = hash as usize;
        loop {
            slot &= self.index.len().wrapping_sub(1);
            match at(&self.index, slot) {
                0 => return slot,
                found if self.get(found - 1) == text => return slot,
                _ => slot += 1,
            }
        }
    }
}
