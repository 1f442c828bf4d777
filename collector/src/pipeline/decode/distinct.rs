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

/// What is known of today, and of the day before.
pub(crate) struct DistinctValues {
    state: Mutex<State>,
    /// Keyed at random: nobody can make two values one.
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    day: u64,
    today: HashMap<Arc<str>, OfKey>,
    /// What was known yesterday goes on today: whoever comes first after midnight takes nobody's place.
    yesterday: HashMap<Arc<str>, OfKey>,
}

/// What the pages of a key have said: hashes.
#[derive(Default)]
struct OfKey {
    names: HashSet<u64>,
    attributes: HashMap<u64, HashSet<u64>>,
    /// Values of all attributes.
    values: usize,
    /// Of which it was said in the log that there are too many.
    told: HashSet<u64>,
}

/// Values of one key and day: some 8 MB. No key takes from another.
const MOST_VALUES: usize = 500_000;

const DAY_MS: u64 = 86_400_000;

impl DistinctValues {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), hasher: RandomState::new() }
    }

    /// Looks at a batch of `key` that came at `now_ms`, and remembers what is new and within the bounds.
    pub(crate) fn look(&self, bounds: &Distinct, key: &Arc<str>, now_ms: u64, batch: &Batch) -> Overflow {
        let (said, mut overflow) = (said(batch), Overflow::default());
        let strings = (0..batch.strings.len()).map(|at| batch.strings.get(StrId(at as u32)));
        let hashes: Vec<_> = strings.map(|text| self.hasher.hash_one(text)).collect();
        let hash = |at: u32| hashes.get(at as usize).copied().unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.begin(now_ms / DAY_MS);
        let State { today, yesterday, .. } = &mut *state;
        let (today, before) = (today.entry(Arc::clone(key)).or_default(), yesterday.get(key));
        for of_one in said.chunk_by(|one, other| one.0 == other.0) {
            let Some((name, _)) = of_one.first() else { continue };
            let attribute = (*name != EVENT_NAME).then(|| hash(*name));
            let text = if attribute.is_some() { batch.strings.get(StrId(*name)) } else { "names of events" };
            if !today.knows(attribute, before, bounds) {
                overflow.attributes.push(*name);
                today.tell(0, key, "attributes");
            } else if attribute.is_none() || !bounds.is_free(text) {
                for (_, value) in of_one.iter().filter(|(_, value)| *value != NO_TEXT) {
                    if !today.takes(attribute, hash(*value), before, bounds) {
                        overflow.values.extend([*name, *value]);
                        today.tell(attribute.unwrap_or(1), key, text);
                    }
                }
            }
        }
        overflow
    }
}

impl State {
    /// Requests that came a moment before midnight may come here a moment after: that is today.
    fn begin(&mut self, day: u64) {
        if day > self.day {
            let yesterday = std::mem::take(&mut self.today);
            self.yesterday = if day == self.day + 1 { yesterday } else { HashMap::new() };
            self.day = day;
        }
    }
}

impl OfKey {
    /// Whether an attribute, or the names of events, are known, or become so.
    fn knows(&mut self, attribute: Option<u64>, before: Option<&Self>, bounds: &Distinct) -> bool {
        let Some(name) = attribute else { return true };
        let is_known = self.attributes.contains_key(&name)
            || self.attributes.len() < bounds.attributes
            || before.is_some_and(|before| before.attributes.contains_key(&name));
        if is_known {
            self.attributes.entry(name).or_default();
        }
        is_known
    }

    /// Whether a value is known, or becomes so.
    fn takes(
        &mut self,
        attribute: Option<u64>,
        value: u64,
        before: Option<&Self>,
        bounds: &Distinct,
    ) -> bool {
        let is_of_before =
            before.and_then(|before| before.of(attribute)).is_some_and(|of| of.contains(&value));
        let all = self.values;
        let of = match attribute {
            Some(name) => self.attributes.entry(name).or_default(),
            None => &mut self.names,
        };
        let has_room = of.len() < bounds.values && all < MOST_VALUES;
        let is_new = !of.contains(&value);
        if is_new && (has_room || is_of_before) {
            of.insert(value);
            self.values += 1;
        }
        !is_new || has_room || is_of_before
    }

    fn of(&self, attribute: Option<u64>) -> Option<&HashSet<u64>> {
        attribute.map_or(Some(&self.names), |name| self.attributes.get(&name))
    }

    /// Says once a day of what there is too much.
    fn tell(&mut self, what: u64, key: &str, attribute: &str) {
        if self.told.len() <= MOST_TOLD && self.told.insert(what) {
            tracing::warn!(key, ?attribute, "too many different values today: new ones become __overflow__");
        }
    }
}

/// Lines of a log that one key causes in a day.
const MOST_TOLD: usize = 500;

/// In the place of a value: it is no text.
const NO_TEXT: u32 = u32::MAX;

/// Names of attributes with their texts, of events and of the page, and names of events: each pair once, in order.
fn said(batch: &Batch) -> Vec<(u32, u32)> {
    let names = batch.events.iter().map(|event| (EVENT_NAME, event.name.0));
    let attributes = batch.attributes.iter().chain(&batch.resource).map(|attribute| match &attribute.value {
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
