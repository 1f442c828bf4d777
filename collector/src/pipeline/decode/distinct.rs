//! How many different things the pages of a key have said today. What is one too many is marked, and stands as
//! `__overflow__` in what is forwarded; what was known before goes on as it is.
//!
//! Values are known exactly, by their hashes, up to the bound: an estimate could say that there are too many, but not
//! which of them are new, and whoever makes up names would take away everybody's (decision 0021).

mod full;

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError},
};

use weft_proto::{Batch, StrId, Value};
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use self::full::Full;

use crate::{
    clock::DAY_MS,
    config::Distinct,
    hashed::{HashedMap, HashedSet},
};

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

/// The same, of a link.
pub(crate) const LINK_NAME: u32 = u32::MAX - 1;

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
    attributes: HashedMap<u64, Attribute>,
    /// What is beside attributes, by what it is called in the log.
    beside: HashMap<&'static str, HashedSet<u64>>,
    /// Values of all.
    values: usize,
    /// Of which it was said in the log that there are too many.
    told: HashedSet<u64>,
}

/// What is known of one attribute.
#[derive(Default)]
struct Attribute {
    /// For people.
    name: Box<str>,
    values: HashedSet<u64>,
}

/// What a text is the value of.
#[derive(Clone, Copy)]
enum Of {
    /// An attribute, by the hash of its name.
    Attribute(u64),
    Beside(&'static str),
}

const EVENTS: Of = Of::Beside("names of events");
const LINKS: Of = Of::Beside("weft.link");
const AGENTS: Of = Of::Beside("user_agent.original");

/// Values of one key and day: some 8 MB. No key takes from another.
const MOST_VALUES: usize = 500_000;

impl DistinctValues {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), hasher: RandomState::new() }
    }

    /// Looks at a batch of `key` that came at `now_ms`, and remembers what is new and within the bounds.
    pub(crate) fn look(&self, bounds: &Distinct, key: &Arc<str>, now_ms: u64, batch: &Batch) -> Overflow {
        let (said, mut overflow) = (said(batch), Overflow::default());
        let hashes: Vec<_> = batch.strings.iter().map(|(_, text)| self.hasher.hash_one(text)).collect();
        let hash = |at: u32| hashes.get(at as usize).copied().unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (today, before) = state.of(key, now_ms);
        for of_one in said.chunk_by(|one, other| one.0 == other.0) {
            let Some((name, _)) = of_one.first() else { continue };
            let (of, text) = match *name {
                EVENT_NAME => (EVENTS, None),
                LINK_NAME => (LINKS, None),
                name => (Of::Attribute(hash(name)), Some(batch.strings.get(StrId(name)))),
            };
            if !today.knows(of, text.unwrap_or_default(), before, bounds) {
                overflow.attributes.push(*name);
                today.tell(0, key, "attributes");
            } else if text.is_none_or(|text| !bounds.is_free(text)) {
                for (_, value) in of_one.iter().filter(|(_, value)| *value != NO_TEXT) {
                    if !today.takes(of, hash(*value), before, bounds) {
                        overflow.values.extend([*name, *value]);
                        let told = of.told();
                        today.tell(told.0, key, text.unwrap_or(told.1));
                    }
                }
            }
        }
        overflow
    }

    /// Looks at what a request of `key` says of its browser, as [`Self::look`] does. Whether it may be told.
    pub(crate) fn may_tell(&self, bounds: &Distinct, key: &Arc<str>, now_ms: u64, agent: &str) -> bool {
        let value = self.hasher.hash_one(agent);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (today, before) = state.of(key, now_ms);
        let may = today.takes(AGENTS, value, before, bounds);
        if !may {
            let told = AGENTS.told();
            today.tell(told.0, key, told.1);
        }
        may
    }
}

impl Of {
    /// As what it is told once a day, and what it is called where it has no name.
    fn told(self) -> (u64, &'static str) {
        match self {
            Self::Attribute(name) => (name, ""),
            Self::Beside(what) => (xxh3_64(what.as_bytes()), what),
        }
    }
}

impl State {
    /// What is known of a key: today, and of the day before.
    fn of(&mut self, key: &Arc<str>, now_ms: u64) -> (&mut OfKey, Option<&OfKey>) {
        self.begin(now_ms / DAY_MS);
        (self.today.entry(Arc::clone(key)).or_default(), self.yesterday.get(key))
    }

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
    /// Whether an attribute is known, or becomes so; what is beside them is.
    fn knows(&mut self, of: Of, text: &str, before: Option<&Self>, bounds: &Distinct) -> bool {
        let Of::Attribute(name) = of else { return true };
        let is_known = self.attributes.contains_key(&name)
            || self.attributes.len() < bounds.attributes
            || before.is_some_and(|before| before.attributes.contains_key(&name));
        if is_known {
            self.attributes
                .entry(name)
                .or_insert_with(|| Attribute { name: short(text), ..Default::default() });
        }
        is_known
    }

    /// Whether a value is known, or becomes so.
    fn takes(&mut self, of: Of, value: u64, before: Option<&Self>, bounds: &Distinct) -> bool {
        let is_of_before = before.and_then(|before| before.of(of)).is_some_and(|of| of.contains(&value));
        let all = self.values;
        let of = match of {
            Of::Attribute(name) => &mut self.attributes.entry(name).or_default().values,
            Of::Beside(what) => self.beside.entry(what).or_default(),
        };
        let has_room = of.len() < bounds.values && all < MOST_VALUES;
        let is_new = !of.contains(&value);
        if is_new && (has_room || is_of_before) {
            of.insert(value);
            self.values += 1;
        }
        !is_new || has_room || is_of_before
    }

    fn of(&self, of: Of) -> Option<&HashedSet<u64>> {
        match of {
            Of::Attribute(name) => self.attributes.get(&name).map(|attribute| &attribute.values),
            Of::Beside(what) => self.beside.get(what),
        }
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

/// Characters of a name that is kept for people.
const MOST_NAME: usize = 80;

fn short(text: &str) -> Box<str> {
    text.chars().take(MOST_NAME).collect()
}

/// Names of attributes with their texts, of events and of the page, and names of links and of events: each pair once, in order.
fn said(batch: &Batch) -> Vec<(u32, u32)> {
    // As one number, which is sorted in half the time.
    let pair = |name: u32, value: u32| u64::from(name) << 32 | u64::from(value);
    let names = batch.events.iter().map(|event| pair(EVENT_NAME, event.name.0));
    let attributes = batch.attributes.iter().chain(&batch.resource).map(|attribute| match &attribute.value {
        Value::Text(text) => pair(attribute.key.0, text.0),
        _ => pair(attribute.key.0, NO_TEXT),
    });
    let links = batch.links.iter().filter_map(|link| Some(pair(LINK_NAME, link.rule?.0)));
    let mut said: Vec<_> = attributes.chain(names).chain(links).collect();
    said.sort_unstable();
    said.dedup();
    said.into_iter().map(|pair| ((pair >> 32) as u32, pair as u32)).collect()
}

#[cfg(test)]
mod tests;
