//! Ends that came lately, by what they are met by: so many at most, and each for so long.

use std::collections::VecDeque;

use super::key::{Key, Meets};
use crate::hashed::HashedMap;

/// The latest of their kind.
#[derive(Debug)]
pub(super) struct Recent<T> {
    items: VecDeque<Item<T>>,
    /// How many have left: the number of the first that is here.
    left: u64,
    by_key: HashedMap<Key, u64>,
    most: usize,
}

#[derive(Debug)]
struct Item<T> {
    came_ms: u64,
    meets: Meets,
    value: T,
}

impl<T> Recent<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { items: VecDeque::new(), left: 0, by_key: HashedMap::default(), most }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Of several that are met by the same, the last one is. Gives the first one, if there is no room for both.
    pub(super) fn put(&mut self, came_ms: u64, meets: Meets, value: T) -> Option<(u64, T)> {
        let first = if self.items.len() >= self.most { self.pop() } else { None };
        let number = self.left + self.items.len() as u64;
        self.by_key.extend(meets.all().map(|(_, key)| (key, number)));
        self.items.push_back(Item { came_ms, meets, value });
        first
    }

    pub(super) fn get(&mut self, key: Key) -> Option<&mut T> {
        let number = self.by_key.get(&key)?;
        let at = usize::try_from(number.checked_sub(self.left)?).ok()?;
        self.items.get_mut(at).map(|item| &mut item.value)
    }

    /// The first one, if it came before `ms`; and when.
    pub(super) fn pop_before(&mut self, ms: u64) -> Option<(u64, T)> {
        if self.items.front()?.came_ms >= ms { None } else { self.pop() }
    }

    fn pop(&mut self) -> Option<(u64, T)> {
        let Item { came_ms, meets, value } = self.items.pop_front()?;
        let number = self.left;
        self.left += 1;
        for (_, key) in meets.all() {
            if self.by_key.get(&key) == Some(&number) {
                self.by_key.remove(&key);
            }
        }
        Some((came_ms, value))
    }
}
