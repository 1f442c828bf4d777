//! A port: connections within bounds, with TLS or without, until it is told to stop.

use std::{
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use prometheus_client::metrics::counter::Counter;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::places::Places;
use crate::{clock::Clock, config::Limits, pipeline::Peer};

/// A port that is listened at.
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    /// Connections of addresses that have too many.
    pub(crate) refused: Counter,
    pub(crate) tls: Certificate,
}

/// What a port shows of itself, until there is another one. `None`: it speaks plainly.
#[derive(Clone, Default)]
pub(crate) struct Certificate(Arc<RwLock<Option<Arc<ServerConfig>>>>);

/// What every connection of a port needs.
#[derive(Clone)]
struct Connections {
    router: Router,
    limits: Limits,
    clock: Clock,
    tls: Certificate,
    stop: CancellationToken,
}

/// Bytes of a request's head: four times what browsers send.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Requests under way of one connection of HTTP/2.
const MAX_STREAMS: u32 = 32;

/// Streams of HTTP/2 that were opened and reset before anybody has looked at them (rapid reset).
const MAX_RESET: usize = 32;

/// A connection of HTTP/2 is asked to come anew after so long: it has no other bound on doing nothing. One that has asked for
/// nothing in the time for a head ends then.
const LONGEST: Duration = Duration::from_secs(10 * 60);

impl Port {
    /// Serves until `stop`, then lets open requests finish.
    pub(crate) async fn serve(self, stop: CancellationToken) {
        let Self { listener, router, limits, clock, refused, tls } = self;
        let (room, places) = (Arc::new(Semaphore::new(limits.connections)), Places::new(&limits));
        let (open, all) = (TaskTracker::new(), Connections { router, limits, clock, tls, stop });
        loop {
            let next = async {
                let place = Arc::clone(&room).acquire_owned().await.ok()?;
                Some((listener.accept().await, place))
            };
            let (accepted, place) = tokio::select! {
                () = all.stop.cancelled() => break,
                Some(next) = next => next,
                else => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: trying again at once would only burn the processor.
                    tracing::warn!(%error, "cannot accept connections");
                    all.clock.sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Some(of_address) = places.take(peer) else {
                refused.inc();
                continue;
            };
            let all = all.clone();
            open.spawn(async move {
                all.serve(stream, peer).await;
                drop((place, of_address));
            });
        }
        drop(listener);
        open.close();
        open.wait().await;
    }
}

impl Certificate {
    pub(crate) fn new(server: Option<Arc<ServerConfig>>) -> Self {
        Self(Arc::new(RwLock::new(server)))
    }

    /// From now on connections are shown this one. Those that are open go on.
    pub(crate) fn change(&self, server: Option<Arc<ServerConfig>>) {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Whether there is TLS at all changes at a start.
        if now.is_some() && server.is_some() {
            *now = server;
        }
    }

    fn now(&self) -> Option<Arc<ServerConfig>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Connections {
    async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot send small answers at once");
        }
        let Some(server) = self.tls.now() else { return self.speak(stream, peer, false).await };
        let hello = TlsAcceptor::from(server).accept(stream);
        let shaken = tokio::select! {
            () = self.stop.cancelled() => return,
            shaken = self.clock.within(self.limits.head_time, hello) => shaken,
        };
        match shaken {
            Some(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(stream, peer, is_http2).await;
            }
            Some(Err(error)) => tracing::debug!(%error, "no TLS"),
            None => tracing::debug!("TLS took too long"),
        }
    }

    async fn speak(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        is_http2: bool,
    ) {
        let has_asked = Arc::new(AtomicBool::new(false));
        let asks = Arc::clone(&has_asked);
        let service = self.router.clone().map_request(move |mut request: Request<Incoming>| {
            asks.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let builder = builder(&self.limits, is_http2);
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        tokio::pin!(connection);
        let is_over = async {
            self.clock.sleep(self.limits.head_time).await;
            if !is_http2 {
                // It bounds itself, request by request.
                std::future::pending().await
            } else if has_asked.load(Ordering::Relaxed) {
                self.clock.sleep(LONGEST).await;
            }
        };
        let is_to_end = async {
            tokio::select! { () = self.stop.cancelled() => {}, () = is_over => {} }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = is_to_end => {
                connection.as_mut().graceful_shutdown();
                let Limits { head_time, body_time, answer_time, .. } = self.limits;
                // Who does not read its answer is not waited for.
                let ended = self.clock.within(head_time + body_time + answer_time, connection).await;
                ended.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// Which of the two it is was agreed on before: nothing is guessed from its first bytes.
fn builder(limits: &Limits, is_http2: bool) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESET)
        .max_local_error_reset_streams(MAX_RESET)
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        // Who is gone without a word is noticed.
        .keep_alive_interval(limits.head_time)
        .keep_alive_timeout(limits.head_time);
    if is_http2 { builder.http2_only() } else { builder.http1_only() }
}
