//! An oracle: sends load to a collector, knows every acknowledged event and what it should look like, and judges
//! at the end what became of them. It believes nothing that the collector says of itself, but holds it to it.

mod book;
mod expected;
mod inferred;
mod sender;
mod verdict;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::watch, task::JoinSet};

use self::{
    book::Book,
    sender::{PageSender, ServerSender},
};
use crate::{clock::TestClock, collector::Addresses, random::Random};

pub use expected::MARK;
pub use verdict::At;

/// The oracle of one test.
pub struct Oracle {
    shared: Arc<Shared>,
    random: Random,
}

/// Load that is being sent.
pub struct Load {
    stop: watch::Sender<bool>,
    senders: JoinSet<()>,
}

/// What oracle and senders share.
struct Shared {
    book: Mutex<Book>,
    /// Requests acknowledged so far.
    acknowledged: watch::Sender<u64>,
    /// Tries refused for now.
    refused: watch::Sender<u64>,
    /// What time it is for all who send.
    clock: TestClock,
    /// Carts and sessions that some of what is sent has in common. 0: nothing has.
    carts: u64,
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests to one destination that can be on their way when a collector or a destination dies: of each of the two
    /// keys one, and one with what waited for its links. Copies beyond them would be copies of what was known to be
    /// delivered.
    fn in_flight(&self) -> usize {
        if self.carts == 0 { 2 } else { 4 }
    }

    /// The cart or session of what is sent next, if it has one.
    fn in_common(&self, random: &mut Random) -> Option<u64> {
        (self.carts > 0 && random.once_in(3)).then(|| random.below(self.carts))
    }
}

impl Oracle {
    /// Knows nothing yet; everything it makes follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_carts(seed, 0)
    }

    /// As [`Oracle::new`], but some events carry `cart.id` and some spans of servers `session.id`, of so many, so that
    /// rules may link them.
    #[must_use]
    pub fn with_carts(seed: u64, carts: u64) -> Self {
        let (book, acknowledged) = (Mutex::default(), watch::Sender::new(0));
        let refused = watch::Sender::new(0);
        let shared = Shared { book, acknowledged, refused, clock: TestClock::default(), carts };
        Self { shared: Arc::new(shared), random: Random::new(seed) }
    }

    /// Chance that belongs to this test's seed.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The clock of all who send.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
    }

    /// So many pages and servers send, one request after the other, until told to stop.
    pub fn load(&mut self, to: Addresses, pages: usize, servers: usize) -> Load {
        let (stop, told) = watch::channel(false);
        let mut senders = JoinSet::new();
        for _ in 0..pages {
            let mut page = PageSender::new(to, self.random.branch(), &self.shared);
            let told = told.clone();
            senders.spawn(async move { page.send_until(told).await });
        }
        for _ in 0..servers {
            let mut server = ServerSender::new(to, self.random.branch(), &self.shared);
            let told = told.clone();
            senders.spawn(async move { server.send_until(told).await });
        }
        Load { stop, senders }
    }

    /// So many pages send one request each, all at once.
    pub fn burst(&mut self, to: Addresses, pages: usize) -> Load {
        let mut senders = JoinSet::new();
        for _ in 0..pages {
            let mut page = PageSender::new(to, self.random.branch(), &self.shared);
            senders.spawn(async move { drop(page.send(&[]).await) });
        }
        Load { stop: watch::Sender::new(true), senders }
    }

    /// So many servers send requests that fill disks, until told to stop.
    pub fn load_in_bulk(&mut self, to: Addresses, servers: usize) -> Load {
        let (stop, told) = watch::channel(false);
        let mut senders = JoinSet::new();
        for _ in 0..servers {
            let mut server = ServerSender::new(to, self.random.branch(), &self.shared).in_bulk();
            let told = told.clone();
            senders.spawn(async move { server.send_until(told).await });
        }
        Load { stop, senders }
    }

    /// Sends so many requests of a page and waits for their acknowledgements.
    pub async fn send_of_page(&mut self, to: Addresses, requests: usize) {
        let mut page = PageSender::new(to, self.random.branch(), &self.shared);
        for _ in 0..requests {
            page.send(&[]).await;
        }
    }

    /// Sends an event that carries [`MARK`], among `others`, in a request of its own page.
    pub async fn send_marked(&mut self, to: Addresses, place: u64, others: u64) -> [u8; 8] {
        PageSender::new(to, self.random.branch(), &self.shared).send_marked(place, others).await
    }

    /// Sends so many requests of a server and waits for their acknowledgements.
    pub async fn send_of_server(&mut self, to: Addresses, requests: usize) {
        let mut server = ServerSender::new(to, self.random.branch(), &self.shared);
        for _ in 0..requests {
            server.send().await;
        }
    }

    /// Waits until so many more requests are acknowledged.
    ///
    /// # Panics
    /// After half a minute.
    pub async fn wait_for_acknowledgements(&self, more: u64) {
        wait_for(&self.shared.acknowledged, more, "acknowledged").await;
    }

    /// Waits until so many more tries are refused for now.
    ///
    /// # Panics
    /// After half a minute.
    pub async fn wait_for_refusals(&self, more: u64) {
        wait_for(&self.shared.refused, more, "refused for now").await;
    }

    /// How many events and spans are acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.shared.book().acknowledged().count()
    }
}

impl Load {
    /// No new requests; those under way are sent until they are acknowledged.
    ///
    /// # Panics
    /// If a sender failed, or one of them is not answered in time.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let finish = async {
            while let Some(sender) = self.senders.join_next().await {
                sender.expect("a sender does not fail");
            }
        };
        let finished = tokio::time::timeout(verdict::PATIENCE, finish).await;
        assert!(finished.is_ok(), "a request is not acknowledged, however often it is sent");
    }
}

async fn wait_for(count: &watch::Sender<u64>, more: u64, what: &str) {
    let mut changes = count.subscribe();
    let until = *changes.borrow() + more;
    let came = changes.wait_for(|count| *count >= until);
    let came = tokio::time::timeout(verdict::PATIENCE, came).await.is_ok();
    assert!(came, "not so many requests as {more} more were {what} in time");
}
