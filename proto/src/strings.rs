//! The strings of a batch: each once, in one arena, referred to by position.

use alloc::{string::String, vec, vec::Vec};

/// Position of a string in its batch's [`Strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StrId(pub u32);

/// Strings end to end, with the end of each.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    text: String,
    ends: Vec<u32>,
    /// Open-addressed: position + 1, or 0. Empty until the first `intern`.
    index: Vec<u32>,
}

impl PartialEq for Strings {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl Strings {
    /// The string at `id`; empty if this batch has no such string (the decoder has refused those).
    #[must_use]
    pub fn get(&self, id: StrId) -> &str {
        let at = id.0 as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        let end = self.ends.get(at).copied().unwrap_or(0);
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// Position of `text`, added if it is new.
    pub fn intern(&mut self, text: &str) -> StrId {
        if (self.ends.len() + 1) * 2 > self.index.len() {
            self.grow();
        }
        let slot = self.slot(text);
        match self.index.get_mut(slot) {
            Some(0) | None => {
                let id = self.push(text);
                if let Some(place) = self.index.get_mut(slot) {
                    *place = id.0 + 1;
                }
                id
            }
            Some(found) => StrId(*found - 1),
        }
    }

    /// Number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all strings together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn lengths(&self) -> Vec<u32> {
        let starts = core::iter::once(&0).chain(&self.ends);
        self.ends.iter().zip(starts).map(|(end, start)| end - start).collect()
    }

    /// From the wire. `None`: the lengths do not cut `text` at its characters, or do not use it up.
    pub(crate) fn from_parts(text: String, lengths: &[u32]) -> Option<Self> {
        let mut ends = Vec::with_capacity(lengths.len());
        let mut end = 0u32;
        for length in lengths {
            end = end.checked_add(*length)?;
            if !text.is_char_boundary(end as usize) {
                return None;
            }
            ends.push(end);
        }
        (end as usize == text.len()).then_some(Self { text, ends, index: Vec::new() })
    }

    fn push(&mut self, text: &str) -> StrId {
        let id = StrId(self.ends.len() as u32);
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        id
    }

    fn grow(&mut self) {
        self.index = vec![0; (self.index.len() * 2).max(64)];
        for at in 0..self.ends.len() as u32 {
            let slot = self.slot(self.get(StrId(at)));
            if let Some(place) = self.index.get_mut(slot)
                && *place == 0
            {
                *place = at + 1;
            }
        }
    }

    /// Where `text` is in the index, or would be. The index always has free places.
    fn slot(&self, text: &str) -> usize {
        let mask = self.index.len() - 1;
        let mut at = fnv(text) as usize & mask;
        loop {
            match self.index.get(at) {
                Some(0) | None => return at,
                Some(found) if self.get(StrId(found - 1)) == text => return at,
                Some(_) => at = (at + 1) & mask,
            }
        }
    }
}

/// FNV-1a, 32 bits. The index lives for one batch of the page's own strings: nobody can flood it but itself.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
