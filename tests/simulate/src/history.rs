//! Histories: people with tabs, backends behind them, and every request that any of them sends, with when it arrives.

mod backend;
mod browser;
mod frames;
mod session;
mod stock;
mod tab;

use std::sync::Arc;

use support::random::Random;
use weft_proto::{Form, Head, Seed, SpanId};

use crate::{
    network::{DAY, Try, arrivals},
    sampling::Rate,
    truth::Truth,
};

use backend::Backend;

/// When every history begins: a Monday, so that the same seed gives the same bytes on any day.
pub const BEGAN_MS: u64 = 1_767_571_200_000;

/// What of a history is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Sessions in all, about.
    pub sessions: u64,
    /// Days over which they are spread.
    pub days: u64,
    /// Sessions a person has on average.
    pub per_person: u64,
    /// Of a hundred people, so many have our SDK; the others a stock one.
    pub ours: u64,
    /// What pages with our SDK say of sampling.
    pub rate: Rate,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// When it was sent.
    pub sent_ms: u64,
    /// When it arrives.
    pub at_ms: u64,
    /// What it is.
    pub body: Body,
    /// What it brings.
    pub events: Arc<[SpanId]>,
}

/// What a request is.
#[derive(Clone, Debug)]
pub enum Body {
    /// A batch of our SDK, without its head: each try says anew when it was sent.
    Sealed(Arc<Sealed>),
    /// OTLP of an SDK in a browser, or of a backend.
    Otlp(Arc<[u8]>),
}

/// A sealed batch.
#[derive(Clone, Debug)]
pub struct Sealed {
    seed: Seed,
    /// How far the clock of its device is ahead.
    ahead_ms: i64,
    number: u64,
    epoch: u32,
    form: Form,
    digest: u32,
    bytes: Vec<u8>,
}

impl Sealed {
    /// As it is sent at `sent_ms`, which is some other time by its device.
    #[must_use]
    pub fn request(&self, sent_ms: u64) -> Vec<u8> {
        let Self { seed, number, epoch, form, digest, .. } = *self;
        let send_time_ms = sent_ms.saturating_add_signed(self.ahead_ms);
        let mut request = Vec::new();
        Head { form, seed, digest, number, send_time_ms, epoch }.write(&mut request);
        request.extend_from_slice(&self.bytes);
        request
    }
}

/// Everything that happens, and every request about it.
#[derive(Default)]
pub struct History {
    /// By when they arrive.
    pub deliveries: Vec<Delivery>,
    /// What really happened.
    pub truth: Truth,
    /// People with our SDK, and with a stock one.
    pub people: (u64, u64),
    /// Stretches of use that people had.
    pub sessions: u64,
    backend: Backend,
}

impl History {
    /// The history of this chance.
    #[must_use]
    pub fn of(extent: &Extent, random: &mut Random) -> Self {
        let mut history = Self::default();
        while history.sessions < extent.sessions {
            let mut own = random.branch();
            let left = extent.sessions - history.sessions;
            let sessions = (1 + own.below(2 * extent.per_person - 1)).min(left);
            let visits = visits(&mut own, sessions, extent.days);
            history.sessions += sessions;
            if own.below(100) < extent.ours {
                history.people.0 += 1;
                browser::live(&mut history, &mut own, &visits, extent.rate);
            } else {
                history.people.1 += 1;
                stock::live(&mut history, &mut own, &visits);
            }
        }
        Backend::send(&mut history, random);
        history.deliveries.sort_by_key(|delivery| delivery.at_ms);
        history
    }

    /// A request is sent, and arrives whenever the network lets it.
    fn send(&mut self, random: &mut Random, at_ms: u64, body: Body, events: Vec<SpanId>) {
        let events: Arc<[SpanId]> = events.into();
        for Try { sent_ms, arrived_ms } in arrivals(random, at_ms) {
            self.truth.arrived(&events, arrived_ms);
            let (body, events) = (body.clone(), Arc::clone(&events));
            self.deliveries.push(Delivery { sent_ms, at_ms: arrived_ms, body, events });
        }
    }
}

/// When a person's stretches of use begin, far enough from each other to be sessions of their own.
fn visits(random: &mut Random, sessions: u64, days: u64) -> Vec<u64> {
    let longest = 4 * crate::network::HOUR;
    let room = (days * DAY).saturating_sub(sessions * longest).max(DAY);
    let mut starts: Vec<u64> = (0..sessions).map(|_| random.below(room)).collect();
    starts.sort_unstable();
    // What was drawn, moved apart by the longest that a stretch may take.
    (0..).zip(starts).map(|(before, start): (u64, u64)| BEGAN_MS + start + before * longest).collect()
}
