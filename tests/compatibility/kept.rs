//! A destination that keeps what it is sent to the byte, of every signal, and judges nothing.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Uri, header},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::meaning::items;

const PATIENCE: Duration = Duration::from_secs(30);

/// The destination. It ends with the test.
pub(super) struct Kept {
    address: SocketAddr,
    requests: Arc<Requests>,
    server: JoinHandle<()>,
}

/// Path and body of each request.
type Requests = watch::Sender<Vec<(String, Bytes)>>;

impl Kept {
    /// Listens on a free port.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let requests = Arc::<Requests>::default();
        let router = Router::new().fallback(keep).with_state(requests.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, requests, server }
    }

    /// What a collector is told to export to.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until so many spans, log records or metrics have come to `path` since this was called last: all of them as one
    /// request.
    ///
    /// # Panics
    /// After half a minute; if something came elsewhere, or more than that.
    pub(super) async fn take(&self, what: &str, path: &str, count: usize) -> Vec<u8> {
        let mut changes = self.requests.subscribe();
        let enough = |requests: &Vec<(String, Bytes)>| {
            requests.iter().map(|(_, body)| items(body).len()).sum::<usize>() >= count
        };
        let came = tokio::time::timeout(PATIENCE, changes.wait_for(enough)).await.is_ok();
        let requests = self.requests.send_replace(Vec::new());
        assert!(came, "{what}: {} requests brought less", requests.len());
        assert!(requests.iter().all(|request| request.0 == path), "{what}: {path}");
        // Requests put end to end are one: its field is a repeated one.
        let whole: Vec<u8> = requests.iter().flat_map(|(_, body)| body.to_vec()).collect();
        assert_eq!(items(&whole).len(), count, "{what}");
        whole
    }

    /// The end of every test.
    ///
    /// # Panics
    /// If anything came that was not taken.
    pub(super) fn assert_nothing_left(&self) {
        assert_eq!(*self.requests.borrow(), []);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An empty answer is a success in protobuf.
async fn keep(
    State(requests): State<Arc<Requests>>,
    uri: Uri,
    body: Bytes,
) -> [(header::HeaderName, &'static str); 1] {
    requests.send_modify(|requests| requests.push((uri.path().to_owned(), body)));
    [(header::CONTENT_TYPE, "application/x-protobuf")]
}
