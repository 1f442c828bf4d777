//! The collector's ledger as an operator reads it.

use std::time::Duration;

use serde_json::Value;

use crate::{collector::Addresses, http};

/// One state of the ledger.
pub struct Ledger(Value);

impl Ledger {
    /// Asks the admin port.
    pub async fn of(collector: Addresses) -> Self {
        let text = http::get(&collector.admin_url("/api/ledger")).await;
        Self(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// Asks until nothing waits to be written or delivered.
    ///
    /// # Panics
    /// After `patience`, with the ledger.
    pub async fn settled(collector: Addresses, patience: Duration) -> Self {
        let mut last = Self(Value::Null);
        let settles = async {
            loop {
                last = Self::of(collector).await;
                last.assert_balances();
                if last.undecided() == 0 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let settled = tokio::time::timeout(patience, settles).await;
        assert!(settled.is_ok(), "events stay pending: {:#}", last.0);
        last
    }

    /// Events that wait to be written, or for a destination.
    #[must_use]
    pub fn undecided(&self) -> u64 {
        let of_key = |key: &String| {
            let destinations = format!("/keys/{key}/destinations");
            let pending = self.entries(&destinations);
            let pending: u64 = pending.filter_map(|(_, fates)| fates["pending"].as_u64()).sum();
            pending + self.count(&format!("/keys/{key}/in_flight"))
        };
        self.keys().map(of_key).sum()
    }

    /// Events of all keys that `destination` has not got and will not get, each of them counted by a name.
    #[must_use]
    pub fn named(&self, destination: &str) -> u64 {
        let of_key = |key: &String| {
            let at = format!("/keys/{key}/destinations/{destination}");
            self.count(&format!("{at}/rejected_by_destination")) + self.sum(&format!("{at}/dropped"))
        };
        self.keys().map(of_key).sum()
    }

    /// One count of all keys at `destination`, as in `delivered` or `dropped/damaged`.
    #[must_use]
    pub fn at(&self, destination: &str, name: &str) -> u64 {
        self.keys().map(|key| self.count(&format!("/keys/{key}/destinations/{destination}/{name}"))).sum()
    }

    /// One count of all keys, as in `accepted`.
    #[must_use]
    pub fn of_all_keys(&self, name: &str) -> u64 {
        self.keys().map(|key| self.count(&format!("/keys/{key}/{name}"))).sum()
    }

    /// A count by its path, as in `/keys/shop-web/received`. What was never counted is 0.
    #[must_use]
    pub fn count(&self, path: &str) -> u64 {
        self.0.pointer(path).map_or(0, |count| count.as_u64().unwrap_or_else(|| panic!("{path} is {count}")))
    }

    /// How often bodies were refused by this name, whoever sent them.
    #[must_use]
    pub fn bodies_refused(&self, outcome: &str) -> u64 {
        let by_keys = self.keys().map(|key| self.count(&format!("/keys/{key}/bodies_refused/{outcome}")));
        by_keys.sum::<u64>() + self.count(&format!("/without_key/{outcome}"))
    }

    /// Asserts that every event of every key is accounted for, here and at every destination.
    ///
    /// # Panics
    /// If one is not.
    pub fn assert_balances(&self) {
        for key in self.keys() {
            let at = |name: &str| self.count(&format!("/keys/{key}/{name}"));
            let refused = self.sum(&format!("/keys/{key}/refused"));
            assert_eq!(at("received"), at("accepted") + refused + at("in_flight"), "key {key}: {:#}", self.0);
            for (destination, _) in self.entries(&format!("/keys/{key}/destinations")) {
                let at = |name: &str| at(&format!("destinations/{destination}/{name}"));
                let dropped = self.sum(&format!("/keys/{key}/destinations/{destination}/dropped"));
                let made = self.sum(&format!("/keys/{key}/destinations/{destination}/made_here"));
                let came = at("recovered") + at("accepted") + made;
                let went = at("delivered") + at("rejected_by_destination") + dropped + at("pending");
                assert_eq!(came, went, "key {key}, destination {destination}: {:#}", self.0);
            }
        }
    }

    fn keys(&self) -> impl Iterator<Item = &String> {
        self.entries("/keys").map(|(key, _)| key)
    }

    fn sum(&self, path: &str) -> u64 {
        self.entries(path).filter_map(|(_, count)| count.as_u64()).sum()
    }

    fn entries(&self, path: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.0.pointer(path).and_then(Value::as_object).into_iter().flatten()
    }
}
