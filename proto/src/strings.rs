//! The strings of a batch: each once, in one arena, referred to by position.

use alloc::{string::String, vec, vec::Vec};

/// Position of a string in its batch's [`Strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StrId(pub u32);

/// Strings end to end, and where each lies.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    text: String,
    places: Vec<Place>,
    /// Open-addressed: position + 1, or 0. Empty until the first `intern`.
    index: Vec<u32>,
}

/// A stretch of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    start: u32,
    end: u32,
}

impl PartialEq for Strings {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.places == other.places
    }
}

impl Strings {
    /// The string at `id`; empty if this batch has no such string (the decoder has refused those).
    #[must_use]
    #[inline]
    pub fn get(&self, id: StrId) -> &str {
        let place = self.places.get(id.0 as usize);
        place.and_then(|place| self.text.get(place.start as usize..place.end as usize)).unwrap_or("")
    }

    /// Position of `text`, added if it is new.
    pub fn intern(&mut self, text: &str) -> StrId {
        if (self.places.len() + 1) * 2 > self.index.len() {
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
        self.places.len()
    }

    /// Whether there is no string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes of all strings together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// From the wire: strings end to end, and where each ends.
    pub(crate) fn of(text: String, ends: &[u32]) -> Self {
        let starts = core::iter::once(&0).chain(ends);
        let places = starts.zip(ends).map(|(start, end)| Place { start: *start, end: *end }).collect();
        Self { text, places, index: Vec::new() }
    }

    /// Bytes of the string at `id`, if there is one.
    #[inline]
    pub(crate) fn length(&self, id: StrId) -> Option<usize> {
        self.places.get(id.0 as usize).map(|place| (place.end - place.start) as usize)
    }

    fn push(&mut self, text: &str) -> StrId {
        let (id, start) = (StrId(self.places.len() as u32), self.text.len() as u32);
        self.text.push_str(text);
        self.places.push(Place { start, end: self.text.len() as u32 });
        id
    }

    fn grow(&mut self) {
        self.index = vec![0; (self.index.len() * 2).max(64)];
        for at in 0..self.places.len() as u32 {
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
