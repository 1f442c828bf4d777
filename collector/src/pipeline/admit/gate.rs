//! Who may send: keys by what is presented, each with its rate, and everybody who sends.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::body::Bytes;
use tokio::sync::Semaphore;

use super::{Address, Admitted, Coding, Encoding, bucket::Bucket, crowd::Crowd};
use crate::{
    clock::Clock,
    config::{CANARY, Config, Key, KeyKind, Limits},
    reject::Reject,
};

/// Everybody who may send, and the bounds on what they send.
pub(crate) struct Gate {
    /// A lookup by hash tells nothing of use about keys by its timing: the hash is keyed at random.
    senders: HashMap<String, Arc<Sender>>,
    pub(crate) crowd: Arc<Crowd>,
    /// Bodies at once: of HTTP/2 one connection could have many.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
}

/// A key and what is left of its rate.
pub(crate) struct Sender {
    pub(crate) key: Arc<Key>,
    pub(crate) bucket: Bucket,
}

impl Gate {
    /// For the keys of `config`, and that of the collector itself.
    pub(crate) fn new(config: &Config, own: &Arc<Key>, clock: &Clock) -> Self {
        let senders = config.keys.iter().chain([own]).flat_map(|key| {
            let sender = Arc::new(Sender { key: Arc::clone(key), bucket: Bucket::new(key.rate, clock) });
            key.secrets().map(move |secret| (secret.expose().to_owned(), Arc::clone(&sender)))
        });
        Self {
            senders: senders.collect(),
            crowd: Arc::new(Crowd::new(config.rates, clock)),
            bodies: Arc::new(Semaphore::new(config.limits.connections)),
            limits: config.limits.clone(),
            clock: clock.clone(),
        }
    }

    /// It takes the place of `before`, and knows whom that knew.
    pub(crate) fn after(mut self, before: &Self) -> Self {
        self.bodies = Arc::clone(&before.bodies);
        if self.crowd.rates() == before.crowd.rates() {
            self.crowd = Arc::clone(&before.crowd);
        }
        self
    }

    /// Every key that somebody else may send with.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.others().map(|sender| &sender.key)
    }

    /// The same, each with what is left of its rate.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Sender> {
        // A sender is there once for each of its secrets.
        let first = self.senders.iter().filter(|(secret, sender)| *secret == sender.key.secret.expose());
        first.map(|(_, sender)| &**sender).filter(|sender| &*sender.key.application != CANARY)
    }

    /// What an operator does in the name of a key.
    pub(crate) fn admit_operator(&self, key: &Arc<Key>) -> Admitted {
        Admitted {
            key: Arc::clone(key),
            receive_time_ms: self.clock.wall_ms(),
            user_agent: None,
            address: None,
            coding: Coding::Identity,
            encoding: Encoding::Protobuf,
            body: Bytes::new(),
            pause: Duration::ZERO,
            erase: None,
            is_rehearsal: false,
            _room: None,
        }
    }

    pub(crate) fn sender(&self, presented: &str) -> Option<&Sender> {
        self.senders.get(presented).map(|sender| &**sender)
    }

    /// What came from `address` was refused, and speaks against it. Whoever has a secret key is known to the operator.
    pub(crate) fn blame(&self, address: Option<Address>, key: Option<&Arc<Key>>, reject: &Reject) {
        if key.is_none_or(|key| key.kind == KeyKind::Browser) {
            self.crowd.refused(address, key.map(|key| &key.name), reject);
        }
    }
}
