//! A strict OTLP/HTTP sink: stands where any unmodified backend would, and complains about anything odd.

mod answer;
mod judge;
mod raw;
mod serve;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

pub use answer::{Answer, Dislike};

use crate::{received::Received, tree};

/// How long a test waits for what must come. Long, because it costs nothing when it comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The sink. A test ends with [`Sink::assert_nothing_odd`]; one that forgets it fails.
pub struct Sink {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

/// What has happened so far.
#[derive(Default)]
struct State {
    spans: Vec<Received>,
    /// Places in `spans` by span id.
    places: HashMap<Vec<u8>, usize>,
    duplicates: usize,
    requests: usize,
    /// Spans of each request that was taken.
    taken: Vec<usize>,
    /// Spans of requests that were taken by answers which do not say so.
    unsaid: usize,
    rejected: usize,
    answers: VecDeque<Answer>,
    standing: Option<Answer>,
    dislikes: Vec<Dislike>,
    /// Connections that are open.
    connections: usize,
    complaints: Vec<String>,
    was_judged: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::<Shared>::default();
        let server = Some(tokio::spawn(serve::serve(listener, shared.clone())));
        Self { shared, address, server }
    }

    /// What a collector is told to export to; `/v1/traces` is added by whoever sends.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers the next request like this; called twice, the next two.
    pub fn refuse_next(&self, answer: Answer) {
        self.shared.state().answers.push_back(answer);
    }

    /// Answers every request like this that [`Sink::refuse_next`] does not speak of; `None`: takes them.
    pub fn answer_all(&self, answer: Option<Answer>) {
        self.shared.state().standing = answer;
    }

    /// Refuses requests that hold such a thing, from now on.
    pub fn dislike(&self, what: Dislike) {
        self.shared.state().dislikes.push(what);
    }

    /// Stops listening and breaks every connection.
    pub async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            // Only when the task is gone is the port.
            let _ = server.await;
        }
    }

    /// Listens again, where it did before.
    pub async fn come_up(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("the port it had");
        self.server = Some(tokio::spawn(serve::serve(listener, self.shared.clone())));
    }

    /// Every distinct span so far, in order of arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<Received> {
        self.shared.state().spans.clone()
    }

    /// How many spans came again, unchanged.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        self.shared.state().duplicates
    }

    /// How many spans each taken request had, in order of arrival.
    #[must_use]
    pub fn taken(&self) -> Vec<usize> {
        self.shared.state().taken.clone()
    }

    /// How many spans were taken in requests whose sender was never told.
    #[must_use]
    pub fn unsaid(&self) -> usize {
        self.shared.state().unsaid
    }

    /// How many spans were rejected as partial successes.
    #[must_use]
    pub fn rejected(&self) -> usize {
        self.shared.state().rejected
    }

    /// Which of these span ids have not arrived.
    #[must_use]
    pub fn missing<'a>(&self, ids: impl IntoIterator<Item = &'a [u8; 8]>) -> Vec<[u8; 8]> {
        let state = self.shared.state();
        ids.into_iter().filter(|id| !state.places.contains_key(id.as_slice())).copied().collect()
    }

    /// Returns when all these span ids have arrived.
    pub async fn wait_until_has(&self, ids: &[[u8; 8]]) {
        loop {
            let changed = self.shared.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            if self.missing(ids).is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// How many requests were sent here, refused ones included.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.state().requests
    }

    /// Waits until what arrived satisfies `enough`, and returns it.
    ///
    /// # Panics
    /// After half a minute, with a picture of what did arrive.
    pub async fn wait_for(
        &self,
        what: impl fmt::Display,
        enough: impl Fn(&[Received]) -> bool,
    ) -> Vec<Received> {
        let look = |state: &State| enough(&state.spans).then(|| state.spans.clone());
        self.wait(look).await.unwrap_or_else(|| panic!("{}", self.picture(&what.to_string())))
    }

    /// As [`Sink::wait_for`], but `None` after half a minute.
    pub async fn try_wait_for(&self, enough: impl Fn(&[Received]) -> bool) -> Option<Vec<Received>> {
        self.wait(|state| enough(&state.spans).then(|| state.spans.clone())).await
    }

    /// Waits until so many requests were sent here, refused ones included.
    ///
    /// # Panics
    /// After half a minute.
    pub async fn wait_for_requests(&self, count: usize) {
        let came = self.wait(|state| (state.requests >= count).then_some(())).await;
        assert!(came.is_some(), "{}", self.picture(&format!("{count} requests")));
    }

    /// Waits until nobody is connected.
    ///
    /// # Panics
    /// After half a minute.
    pub async fn wait_until_alone(&self) {
        let alone = self.wait(|state| (state.connections == 0).then_some(())).await;
        assert!(alone.is_some(), "{}", self.picture("nobody to be connected"));
    }

    /// Waits for the next change and returns every distinct span so far.
    pub async fn changed(&self) -> Vec<Received> {
        self.shared.changed.notified().await;
        self.spans()
    }

    /// The end of every test.
    ///
    /// # Panics
    /// If anything unexpected was sent here.
    pub fn assert_nothing_odd(&self) {
        let mut state = self.shared.state();
        state.was_judged = true;
        assert!(state.complaints.is_empty(), "the sink complains:\n{}", state.complaints.join("\n"));
    }

    async fn wait<T>(&self, look: impl Fn(&State) -> Option<T>) -> Option<T> {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                // Asked to be told before looking: nothing that happens in between is missed.
                let changed = self.shared.changed.notified();
                let mut changed = std::pin::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = look(&self.shared.state()) {
                    return found;
                }
                changed.await;
            }
        });
        found.await.ok()
    }

    /// What a person needs to see when something did not come.
    fn picture(&self, missing: &str) -> String {
        let state = self.shared.state();
        let (requests, drawn, complaints) =
            (state.requests, tree::draw(&state.spans), state.complaints.join("\n"));
        format!("waited {PATIENCE:?} for {missing}; {requests} requests brought:\n{drawn}\n{complaints}")
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
        }
        // A second panic would hide the first.
        if !std::thread::panicking() {
            assert!(self.shared.state().was_judged, "a test must end with Sink::assert_nothing_odd");
        }
    }
}
