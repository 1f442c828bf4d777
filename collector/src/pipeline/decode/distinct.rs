//! How many different things the pages of a key have said today. What is one too many is marked, and stands as
//! `__overflow__` in what is forwarded; what was known before goes on as it is.
//!
//! Values are known exactly, by their hashes, up to the bound: an estimate could say that there are too many, but not
//! which of them are new, and whoever makes up names would take away everybody's (decision 0021).

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError},
};

use weft_proto::{Batch, StrId, Value};

use crate::config::Distinct;

/// What is one too many in a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overflow {
    /// Attributes that are left out, by the place of their name among the strings; ascending, as the next.
    pub(crate) attributes: Vec<u32>,
    /// Place of a name and place of a value, one after the other: the value is not told.
    pub(crate) values: Vec<u32>,
}

/// In the place of an attribute's name: it is the name of an event.
pub(crate) const EVENT_NAME: u32 = u32::MAX;

/// What is told in place of such a value.
pub(crate) const OVERFLOW: &str = "__overflow__";

/// What is known of today.
pub(crate) struct DistinctValues {
    state: Mutex<State>,
    /// Keyed at random: nobody can make two values one.
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    day: u64,
    keys: HashMap<Arc<str>, OfKey>,
    /// Values of all keys.
    values: usize,
}

/// What the pages of a key have said: hashes.
#[derive(Default)]
struct OfKey {
    names: HashSet<u64>,
    attributes: HashMap<u64, HashSet<u64>>,
}

/// Values of all keys together: some 30 MB.
const MOST_VALUES: usize = 2_000_000;

const DAY_MS: u64 = 86_400_000;

impl DistinctValues {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), hasher: RandomState::new() }
    }

    /// Looks at a batch of `key` that came at `now_ms`, and remembers what is new and within the bounds.
    pub(crate) fn look(&self, bounds: &Distinct, key: &Arc<str>, now_ms: u64, batch: &Batch) -> Overflow {
        let (said, mut overflow) = (said(batch), Overflow::default());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.begin(now_ms / DAY_MS);
        let State { keys, values: all, .. } = &mut *state;
        let known = keys.entry(Arc::clone(key)).or_default();
        for of_one in said.chunk_by(|one, other| one.0 == other.0) {
            let Some((name, _)) = of_one.first() else { continue };
            let is_attribute = *name != EVENT_NAME;
            let text = if is_attribute { batch.strings.get(StrId(*name)) } else { "names of events" };
            let known =
                if is_attribute { known.attribute(self.hash(text), bounds) } else { Some(&mut known.names) };
            let Some(known) = known else {
                overflow.attributes.push(*name);
                continue;
            };
            if is_attribute && bounds.is_free(text) {
                continue;
            }
            for (_, value) in of_one.iter().filter(|(_, value)| *value != NO_TEXT) {
                let hash = self.hash(batch.strings.get(StrId(*value)));
                let is_full = known.len() >= bounds.values || *all >= MOST_VALUES;
                if !is_full && known.insert(hash) {
                    *all += 1;
                    warn_if_full(known.len() == bounds.values, key, text);
                } else if is_full && !known.contains(&hash) {
                    overflow.values.extend([*name, *value]);
                }
            }
        }
        overflow
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }
}

impl State {
    fn begin(&mut self, day: u64) {
        if self.day != day {
            *self = Self { day, ..Self::default() };
        }
    }
}

impl OfKey {
    /// Values of an attribute. `None`: it is one too many.
    fn attribute(&mut self, name: u64, bounds: &Distinct) -> Option<&mut HashSet<u64>> {
        let is_full = self.attributes.len() >= bounds.attributes;
        if is_full { self.attributes.get_mut(&name) } else { Some(self.attributes.entry(name).or_default()) }
    }
}

fn warn_if_full(is_full: bool, key: &str, attribute: &str) {
    if is_full {
        tracing::warn!(key, ?attribute, "too many different values today: new ones become __overflow__");
    }
}

/// In the place of a value: it is no text.
const NO_TEXT: u32 = u32::MAX;

/// Names of attributes with their texts, and names of events: each pair once, in order.
fn said(batch: &Batch) -> Vec<(u32, u32)> {
    let names = batch.events.iter().map(|event| (EVENT_NAME, event.name.0));
    let attributes = batch.attributes.iter().map(|attribute| match &attribute.value {
        Value::Text(text) => (attribute.key.0, text.0),
        _ => (attribute.key.0, NO_TEXT),
    });
    let mut said: Vec<_> = attributes.chain(names).collect();
    said.sort_unstable();
    said.dedup();
    said
}

#[cfg(test)]
mod tests;
