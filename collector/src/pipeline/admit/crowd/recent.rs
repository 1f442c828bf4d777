//! What was used of late, within a bound.

use std::{
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hashlink::LinkedHashMap;

/// Addresses, pages, and new pages that are remembered, of each: 40 MB. Who was not heard of for longest is forgotten first, and begins anew.
pub(super) const MOST: usize = 65_536;

/// What was used of late, at most [`MOST`].
pub(super) struct Recent<K, V>(Mutex<LinkedHashMap<K, V>>);

impl<K: Hash + Eq, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::new(LinkedHashMap::new()))
    }
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// It is in use.
    pub(super) fn with<T>(&self, key: &K, then: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.all().to_back(key).map(then)
    }

    pub(super) fn put(&self, key: K, value: V) {
        let mut all = self.all();
        all.insert(key, value);
        if all.len() > MOST {
            all.pop_front();
        }
    }

    pub(super) fn all(&self) -> MutexGuard<'_, LinkedHashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    pub(super) fn get_or_put(&self, key: K, value: impl FnOnce() -> V) -> V {
        if let Some(known) = self.with(&key, |known| known.clone()) {
            return known;
        }
        let value = value();
        self.put(key, value.clone());
        value
    }
}
