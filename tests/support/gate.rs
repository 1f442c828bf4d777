//! What may stand between a page and the collector: nothing, an overloaded proxy, a captive portal, a slow line.
//! Everything that passes is kept.

mod line;

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, header},
    response::Response,
};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use weft_proto::{Form, Head};

use crate::{collector::Addresses, http};

const PATIENCE: Duration = Duration::from_secs(30);

/// What the gate does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Passes it on to the collector, and its answer back.
    Open,
    /// 503.
    Unavailable,
    /// 500.
    Failing,
    /// Reads the request and closes the connection without an answer.
    Dropping,
    /// 429 with this many seconds of `Retry-After`.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// 200 with a page, as a captive portal answers.
    Portal,
    /// 302 to a page to log in at.
    Login,
    /// 403 of somebody else's: a proxy, a firewall.
    Forbidden,
    /// 403 with the collector's word that the same bytes would be refused again.
    Final,
    /// 409 with the collector's word that it lacks what the batch stands behind; what stands alone passes.
    Forgetful,
    /// 401 with the collector's word that it wants another token; what carries this one passes.
    Wants(&'static str),
}

/// A request that came to the gate.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// What the gate did with it.
    pub role: Role,
    /// The query of its address.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// The gate. It ends with the test.
pub struct Gate {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    collector: Addresses,
    role: watch::Sender<Role>,
    /// Bytes a second each way; none: as many as there are.
    rate: watch::Sender<Option<usize>>,
    arrivals: watch::Sender<Vec<Arrival>>,
}

impl Gate {
    /// Listens on a free port before a collector. Open.
    pub async fn before(collector: Addresses) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (role, rate) = (watch::Sender::new(Role::Open), watch::Sender::new(None));
        let shared = Arc::new(Shared { collector, role, rate, arrivals: watch::Sender::new(Vec::new()) });
        let server = tokio::spawn(serve(listener, shared.clone()));
        Self { address, shared, server }
    }

    /// What a page's `init` is given.
    #[must_use]
    pub fn page_endpoint(&self) -> String {
        format!("http://{}/api/telemetry", self.address)
    }

    /// Plays this part from now on.
    pub fn play(&self, role: Role) {
        self.shared.role.send_replace(role);
    }

    /// Lets through so many bytes a second each way, from now on. What the systems on both sides buffer is beyond it.
    pub fn slow_down(&self, bytes_per_second: usize) {
        self.shared.rate.send_replace(Some(bytes_per_second));
    }

    /// Every request so far.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.shared.arrivals.borrow().clone()
    }

    /// Waits until so many requests came.
    ///
    /// # Panics
    /// After half a minute.
    pub async fn wait_for_arrivals(&self, count: usize) -> Vec<Arrival> {
        let mut arrivals = self.shared.arrivals.subscribe();
        let came =
            tokio::time::timeout(PATIENCE, arrivals.wait_for(|arrivals| arrivals.len() >= count)).await;
        assert!(came.is_ok(), "only {} of {count} requests came to the gate", self.arrivals().len());
        self.arrivals()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (ours, line) = line::through(stream, shared.rate.subscribe());
                let shared = shared.clone();
                let service = service_fn(move |request| pass(shared.clone(), request));
                let connection = http1::Builder::new().serve_connection(TokioIo::new(ours), service);
                // A broken connection is the page's to notice.
                connections.spawn(async { drop(tokio::join!(connection, line)) });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Told to close the connection.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("told to close the connection")
    }
}

impl std::error::Error for Dropped {}

async fn pass(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response, Dropped> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), 1 << 20).await.unwrap_or_default().to_vec();
    let role = *shared.role.borrow();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let arrival =
        Arrival { at: Instant::now(), role, query, headers: head.headers.clone(), body: body.clone() };
    shared.arrivals.send_modify(|arrivals| arrivals.push(arrival));
    // Readable by any page, which is the worst case: what is not readable is a failed request.
    let answer = Response::builder()
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after, weft-refused");
    let answer = match role {
        _ if passes(role, head.uri.query(), &body) => return Ok(forward(shared.collector, &head, body).await),
        Role::Dropping => return Err(Dropped),
        Role::Unavailable => answer.status(503).body(Body::empty()),
        Role::Failing => answer.status(500).body(Body::empty()),
        Role::TooMany { retry_after } => {
            answer.status(429).header(header::RETRY_AFTER, retry_after).body(Body::empty())
        }
        Role::Portal => answer
            .header(header::CONTENT_TYPE, "text/html")
            .body(Body::from("<!doctype html><title>Welcome to our network</title>")),
        Role::Login => answer.status(302).header(header::LOCATION, "/login").body(Body::empty()),
        Role::Forbidden => answer.status(403).body(Body::from("not today")),
        Role::Open | Role::Forgetful => answer.status(409).header("weft-refused", "base").body(Body::empty()),
        Role::Wants(_) => answer.status(401).header("weft-refused", "token").body(Body::empty()),
        Role::Final => answer.status(403).header("weft-refused", "final").body(Body::empty()),
    };
    Ok(answer.expect("a valid answer"))
}

/// Whether the collector gets to see it.
fn passes(role: Role, query: Option<&str>, body: &[u8]) -> bool {
    match role {
        Role::Open => true,
        Role::Forgetful => !Head::read(body).is_ok_and(|(head, _)| head.form == Form::Behind),
        Role::Wants(token) => {
            let mut pairs = query.unwrap_or_default().split('&');
            pairs.any(|pair| pair.strip_prefix("token=") == Some(token))
        }
        _ => false,
    }
}

async fn forward(to: Addresses, head: &axum::http::request::Parts, body: Vec<u8>) -> Response {
    let url = format!("http://{}{}", to.ingest, head.uri);
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let kept = [header::ORIGIN, header::CONTENT_TYPE];
    let headers: Vec<_> =
        kept.iter().filter_map(|name| text(name).map(|value| (name.as_str(), value))).collect();
    let method = if head.method == Method::POST { Method::POST } else { Method::OPTIONS };
    let answered = http::send(method, &url, &headers, body).await;
    let mut answer = Response::builder().status(answered.status);
    // How long the body is, and where it ends, is told anew.
    let hop = |name: &str| ["content-length", "transfer-encoding", "connection"].contains(&name);
    for (name, value) in answered.headers.iter().filter(|(name, _)| !hop(name)) {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(answered.body)).expect("a valid answer")
}
