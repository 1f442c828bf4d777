//! Texts of rows: each once, in one arena, referred to by position. They are bytes: that they are UTF-8 is checked by whoever
//! decodes them, and need not be known here.

use alloc::vec::Vec;

use super::at;
use crate::index::Index;

/// Texts end to end, and where each ends.
#[derive(Clone, Debug, Default)]
pub struct Words {
    text: Vec<u8>,
    ends: Vec<u64>,
    index: Index,
}

impl Words {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: Vec::new(), ends: Vec::new(), index: Index::new() }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.index.clear();
    }

    /// The text at `id`; empty, if there is none.
    #[must_use]
    pub fn get(&self, id: u64) -> &[u8] {
        word(&self.text, &self.ends, id)
    }

    /// Position of `text`, added if it is new.
    pub fn intern(&mut self, text: &[u8]) -> u64 {
        let Self { text: all, ends, index } = self;
        let next = ends.len() as u64;
        let id = index.position(text, next, |id| word(all, ends, id));
        if id == next {
            all.extend_from_slice(text);
            ends.push(all.len() as u64);
        }
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
}

fn word<'a>(text: &'a [u8], ends: &[u64], id: u64) -> &'a [u8] {
    let id = id as usize;
    let start = id.checked_sub(1).map_or(0, |before| at(ends, before));
    text.get(start as usize..at(ends, id) as usize).unwrap_or_default()
}
