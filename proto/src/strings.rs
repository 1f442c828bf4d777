//! The strings of a batch: each once, in one arena, referred to by position.

use alloc::{string::String, vec::Vec};

use crate::index::Index;

/// Position of a string in its batch's [`Strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StrId(pub u32);

/// Strings end to end, and where each lies.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    text: String,
    places: Vec<Place>,
    index: Index,
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
        string(&self.text, &self.places, id)
    }

    /// Every string, with its position, in order.
    pub fn iter(&self) -> impl Iterator<Item = (StrId, &str)> {
        (0..self.len()).map(|at| StrId(at as u32)).map(|id| (id, self.get(id)))
    }

    /// Position of `text`, added if it is new.
    pub fn intern(&mut self, text: &str) -> StrId {
        let Self { text: all, places, index } = self;
        let next = places.len() as u64;
        let get = |id| string(all, places, StrId(id as u32)).as_bytes();
        let id = index.position(text.as_bytes(), next, get);
        if id == next {
            let start = all.len() as u32;
            all.push_str(text);
            places.push(Place { start, end: all.len() as u32 });
        }
        StrId(id as u32)
    }

    /// The same, with another text at some places, which are in ascending order.
    #[must_use]
    pub fn with(&self, changes: &[(StrId, String)]) -> Self {
        let mut next = changes.iter().peekable();
        let (mut text, mut ends) = (String::with_capacity(self.text.len()), Vec::with_capacity(self.len()));
        for at in 0..self.len() {
            let id = StrId(at as u32);
            let changed = next.next_if(|(changed, _)| *changed == id);
            text.push_str(changed.map_or_else(|| self.get(id), |(_, changed)| changed));
            ends.push(text.len() as u32);
        }
        Self::of(text, &ends)
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
        Self { text, places, index: Index::default() }
    }

    /// Bytes of the string at `id`, if there is one.
    #[inline]
    pub(crate) fn length(&self, id: StrId) -> Option<usize> {
        self.places.get(id.0 as usize).map(|place| (place.end - place.start) as usize)
    }
}

#[inline]
fn string<'a>(text: &'a str, places: &[Place], id: StrId) -> &'a str {
    let place = places.get(id.0 as usize);
    place.and_then(|place| text.get(place.start as usize..place.end as usize)).unwrap_or("")
}
