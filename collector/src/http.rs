//! The listeners: connections within bounds, routes, and CORS on every answer.

mod cors;
mod places;
mod port;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{self, State},
    http::{HeaderMap, Response},
    middleware,
    routing::post,
};

pub(crate) use port::{Certificate, Port};

use crate::{
    pipeline::{self, Intake, signal::Signal},
    reject::{Door, Reject},
};

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
