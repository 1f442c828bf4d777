//! How many events, by whose they are: what a stretch of the spool holds, or what somebody has decided of it.

use std::{collections::BTreeMap, sync::Arc};

/// Whose events: a key within its application.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// Name of the key.
    pub key: Arc<str>,
    /// Its application.
    pub application: Arc<str>,
}

/// Events by owner. An owner without any is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Owner, u64>);

impl Owner {
    /// From names as they stand in a record.
    #[must_use]
    pub fn new(key: &str, application: &str) -> Self {
        Self { key: key.into(), application: application.into() }
    }
}

impl Tally {
    /// How many are `owner`'s.
    #[must_use]
    pub fn of(&self, owner: &Owner) -> u64 {
        self.0.get(owner).copied().unwrap_or(0)
    }

    /// Counts `events` more.
    pub fn add(&mut self, owner: &Owner, events: u64) {
        if events == 0 {
            return;
        }
        match self.0.get_mut(owner) {
            Some(count) => *count += events,
            None => {
                self.0.insert(owner.clone(), events);
            }
        }
    }

    /// Counts what `other` counts.
    pub fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|(owner, events)| self.add(owner, events));
    }

    /// What is in this one and not in `other`.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        self.iter().for_each(|(owner, events)| rest.add(owner, events.saturating_sub(other.of(owner))));
        rest
    }

    /// Only whom `wanted` wants.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&Owner) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(owner, _)| wanted(owner))
                .map(|(owner, events)| (owner.clone(), *events))
                .collect(),
        )
    }

    /// Owners and their events, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Owner, u64)> {
        self.0.iter().map(|(owner, events)| (owner, *events))
    }

    /// All events.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
