//! How many connections one address may have at once: whoever opens thousands leaves room for the others.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::HeaderMap;

use crate::{
    config::Limits,
    pipeline::{Address, Peer},
};

/// Connections by address. It has no more entries than there are connections.
#[derive(Clone)]
pub(super) struct Places {
    limits: Arc<Limits>,
    taken: Arc<Mutex<HashMap<Address, usize>>>,
}

/// A connection, until it is dropped.
pub(super) struct Place(Option<(Address, Places)>);

impl Places {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: Arc::new(limits.clone()), taken: Arc::default() }
    }

    /// `None`: its address has as many as it may. Proxies that are trusted, and this machine, may have all there are.
    pub(super) fn take(&self, peer: SocketAddr) -> Option<Place> {
        let address = Address::of(Some(Peer(peer)), &HeaderMap::new(), &self.limits.trusted_proxies);
        let Some(address) = address else { return Some(Place(None)) };
        let mut taken = self.lock();
        let count = taken.entry(address).or_default();
        if *count >= self.limits.connections_of_address {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place(Some((address, self.clone()))))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Address, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((address, places)) = self.0.take() {
            let mut taken = places.lock();
            match taken.get_mut(&address) {
                Some(count) if *count > 1 => *count -= 1,
                _ => _ = taken.remove(&address),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, TEN_LINES};

    #[test]
    fn an_address_has_so_many_and_others_have_theirs() {
        let config =
            Config::from_toml(&format!("[limits]\nconnections_of_address = 2\n{TEN_LINES}")).unwrap();
        let places = Places::new(&config.limits);
        let take = |peer: &str| places.take(peer.parse().unwrap());
        let held = [take("203.0.113.7:1"), take("203.0.113.7:2"), take("198.51.100.1:1")];
        assert!(held.iter().all(Option::is_some));
        assert!(take("203.0.113.7:3").is_none());
        assert!(take("[::ffff:203.0.113.7]:3").is_none());
        assert!(take("127.0.0.1:3").is_some() && take("10.0.0.1:3").is_some());
        drop(held);
        assert!(take("203.0.113.7:3").is_some());
        assert_eq!(places.lock().len(), 0, "who has none is forgotten");
    }
}
