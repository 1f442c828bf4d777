//! The collector's ledger as an operator reads it.

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
                let came = at("recovered") + at("accepted") + at("made_here");
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
