//! How much of the bounds is used today, for people who want to know before something becomes `__overflow__`.

use std::{
    cmp::Reverse,
    sync::{Arc, PoisonError},
};

use super::{DistinctValues, MOST_VALUES};
use crate::clock::DAY_MS;

/// What the pages of a key have said today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) key: Arc<str>,
    /// Different names of attributes.
    pub(crate) attributes: usize,
    /// Values of all of them together.
    pub(crate) values: usize,
    /// What has the most different values, with how many.
    pub(crate) fullest: Vec<(Box<str>, usize)>,
}

impl Full {
    /// Values of one key and day, at most.
    pub(crate) const MOST_VALUES: usize = MOST_VALUES;
}

/// Attributes of one key that are shown.
const SHOWN: usize = 20;

impl DistinctValues {
    /// By the name of the key.
    pub(crate) fn full(&self, now_ms: u64) -> Vec<Full> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.begin(now_ms / DAY_MS);
        let full = state.today.iter().map(|(key, of)| {
            let attributes = of.attributes.values().map(|known| (&*known.name, known.values.len()));
            let all = of.beside.iter().map(|(what, values)| (*what, values.len())).chain(attributes);
            // Of what is free no values are counted.
            let mut all: Vec<_> = all.filter(|(_, values)| *values > 0).collect();
            all.sort_unstable_by_key(|(name, values)| (Reverse(*values), *name));
            all.truncate(SHOWN);
            let fullest = all.into_iter().map(|(name, values)| (name.into(), values)).collect();
            Full { key: Arc::clone(key), attributes: of.attributes.len(), values: of.values, fullest }
        });
        let mut full: Vec<_> = full.collect();
        full.sort_by(|one, other| one.key.cmp(&other.key));
        full
    }
}
