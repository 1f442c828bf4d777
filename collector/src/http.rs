//! The listeners: connections within bounds, routes, and CORS on every answer.

mod cors;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{self, State},
    http::{HeaderMap, Response},
    middleware,
    routing::post,
};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    clock::Clock,
    config::Limits,
    pipeline::{self, Intake, Peer, signal::Signal},
    reject::{Door, Reject},
};

/// Bytes of a request's head: four times what browsers send.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The routes of the ingest port, `beside` what is sent to it.
pub(crate) fn ingest(intake: Arc<Intake>, beside: Router) -> Router {
    let path = intake.path.clone();
    Router::new()
        .route(&path, post(batch).fallback(wrong_method_for_batches))
        .route(&format!("{path}/token"), post(token).fallback(wrong_method_for_batches))
        .route("/v1/traces", post(otlp).fallback(wrong_method_for_otlp))
        .route("/v1/logs", post(logs).fallback(wrong_method_for_otlp))
        .route("/v1/metrics", post(metrics).fallback(wrong_method_for_otlp))
        .fallback(no_such_path)
        .layer(middleware::from_fn(cors::reflect))
        .with_state(intake)
        .merge(beside)
}

/// Serves `router` until `stop`, then lets open requests finish.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    clock: Clock,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            () = stop.cancelled() => break,
            Some(next) = next => next,
            else => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: trying again at once would only burn the processor.
                tracing::warn!(%error, "cannot accept connections");
                clock.sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot send small answers at once");
        }
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn batch(State(intake): State<Arc<Intake>>, request: extract::Request) -> Response<Body> {
    answer(pipeline::take_batch(&intake, request).await, Door::Batches)
}

async fn token(State(intake): State<Arc<Intake>>, request: extract::Request) -> Response<Body> {
    answer(pipeline::give_token(&intake, request), Door::Batches)
}

async fn otlp(State(intake): State<Arc<Intake>>, request: extract::Request) -> Response<Body> {
    let door = Door::otlp(request.headers());
    answer(pipeline::take_otlp(&intake, request).await, door)
}

async fn logs(State(intake): State<Arc<Intake>>, request: extract::Request) -> Response<Body> {
    let door = Door::otlp(request.headers());
    answer(pipeline::take_other(&intake, Signal::Logs, request).await, door)
}

async fn metrics(State(intake): State<Arc<Intake>>, request: extract::Request) -> Response<Body> {
    let door = Door::otlp(request.headers());
    answer(pipeline::take_other(&intake, Signal::Metrics, request).await, door)
}

async fn wrong_method_for_batches(State(intake): State<Arc<Intake>>) -> Response<Body> {
    answer(Err(intake.refuse(Reject::MethodNotAllowed.by(None))), Door::Batches)
}

async fn wrong_method_for_otlp(State(intake): State<Arc<Intake>>, headers: HeaderMap) -> Response<Body> {
    answer(Err(intake.refuse(Reject::MethodNotAllowed.by(None))), Door::otlp(&headers))
}

async fn no_such_path(State(intake): State<Arc<Intake>>) -> Response<Body> {
    answer(Err(intake.refuse(Reject::NotFound.by(None))), Door::Batches)
}

fn answer(result: Result<Response<Body>, Reject>, door: Door) -> Response<Body> {
    result.unwrap_or_else(|reject| reject.answer(door))
}
