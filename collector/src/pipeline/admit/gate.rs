//! Who may send: keys by what is presented, each with its rate limit.

use std::{collections::HashMap, sync::Arc};

use governor::{
    Quota, RateLimiter,
    clock::Clock as _,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};

use crate::{
    clock::Clock,
    config::{Config, Key, Limits},
    reject::Reject,
};

/// Everybody who may send, and the bounds on what they send.
pub(crate) struct Gate {
    /// A lookup by hash tells nothing of use about keys by its timing: the hash is keyed at random.
    senders: HashMap<String, Sender>,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
}

/// A key and what is left of its rate.
pub(crate) struct Sender {
    pub(crate) key: Arc<Key>,
    limiter: RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<std::time::Duration>>,
    clock: Clock,
}

impl Gate {
    /// For the keys of `config`, and that of the collector itself.
    pub(crate) fn new(config: &Config, own: &Arc<Key>, clock: &Clock) -> Self {
        let senders = config
            .keys
            .iter()
            .chain([own])
            .map(|key| (key.secret.expose().to_owned(), Sender::new(key, clock)));
        Self { senders: senders.collect(), limits: config.limits.clone(), clock: clock.clone() }
    }

    pub(crate) fn sender(&self, presented: &str) -> Option<&Sender> {
        self.senders.get(presented)
    }
}

impl Sender {
    fn new(key: &Arc<Key>, clock: &Clock) -> Self {
        let quota = Quota::per_second(key.rate.per_second).allow_burst(key.rate.burst);
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        Self { key: Arc::clone(key), limiter, clock: clock.clone() }
    }

    /// Takes one request from the key's rate.
    pub(crate) fn spend(&self) -> Result<(), Reject> {
        self.limiter.check().map_err(|until| Reject::RateLimited(until.wait_time_from(self.clock.now())))
    }
}
