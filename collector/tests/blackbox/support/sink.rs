//! A destination that says what it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    },
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, sync::watch};

use super::PATIENCE;

/// A destination that answers as told, and with success when nothing is left to tell.
pub(crate) struct Sink {
    pub(crate) url: String,
    state: Arc<SinkState>,
}

struct SinkState {
    answers: Mutex<VecDeque<Answer>>,
    offender: Option<(Vec<u8>, u16)>,
    others: watch::Sender<Vec<(String, Bytes)>>,
    taken: watch::Sender<Vec<Span>>,
    resources: Mutex<Vec<Resource>>,
    requests: watch::Sender<usize>,
}

/// What a sink says.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16, Option<&'static str>),
    Partial(i64),
    /// Nothing at all, ever.
    Silence,
}

impl Sink {
    /// One that will give these answers first.
    pub(crate) async fn start(answers: &[Answer]) -> Self {
        Self::serve(answers, None).await
    }

    /// One that refuses every request with the span of this id in it, with this status.
    pub(crate) async fn picky(offender: Vec<u8>, status: u16) -> Self {
        Self::serve(&[], Some((offender, status))).await
    }

    /// Spans so far.
    pub(crate) fn came(&self) -> usize {
        self.state.taken.borrow().len()
    }

    /// Requests so far, whatever was answered.
    pub(crate) fn asked(&self) -> usize {
        *self.state.requests.borrow()
    }

    /// What came to `/v1/logs` and `/v1/metrics` so far: the path and the body.
    pub(crate) async fn others(&self, count: usize) -> Vec<(String, Bytes)> {
        let mut others = self.state.others.subscribe();
        let found = tokio::time::timeout(PATIENCE, others.wait_for(|came| came.len() >= count)).await;
        found.unwrap().unwrap().clone()
    }

    async fn serve(answers: &[Answer], offender: Option<(Vec<u8>, u16)>) -> Self {
        let state = Arc::new(SinkState {
            answers: Mutex::new(answers.to_vec().into()),
            offender,
            others: watch::Sender::new(Vec::new()),
            taken: watch::Sender::new(Vec::new()),
            resources: Mutex::default(),
            requests: watch::Sender::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/traces", post(take))
            .route("/v1/{signal}", post(take_other))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// Waits for so many spans, and gives them in the order of their arrival.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Span> {
        let mut taken = self.state.taken.subscribe();
        let found = tokio::time::timeout(PATIENCE, taken.wait_for(|spans| spans.len() >= count)).await;
        let Ok(found) = found else { panic!("{count} spans, but {} came", self.state.taken.borrow().len()) };
        found.unwrap().clone()
    }

    /// Of whom the spans are that came so far.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        self.state.resources.lock().unwrap().clone()
    }

    /// Waits for so many requests, whatever was answered.
    pub(crate) async fn requests(&self, count: usize) {
        let mut requests = self.state.requests.subscribe();
        tokio::time::timeout(PATIENCE, requests.wait_for(|seen| *seen >= count)).await.unwrap().unwrap();
    }
}

async fn take(State(sink): State<Arc<SinkState>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    sink.requests.send_modify(|seen| *seen += 1);
    if let Some((offender, status)) = &sink.offender {
        let mut spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        if spans.any(|scope| scope.spans.iter().any(|span| span.span_id == *offender)) {
            return (StatusCode::from_u16(*status).unwrap(), "I do not want this one").into_response();
        }
    }
    let answer = sink.answers.lock().unwrap().pop_front();
    match answer {
        Some(Answer::Silence) => std::future::pending().await,
        Some(Answer::Status(status, after)) => {
            let after: Vec<_> = after.into_iter().map(|value| ("retry-after", value)).collect();
            let mut response = (StatusCode::from_u16(status).unwrap(), "as I was told").into_response();
            after.into_iter().for_each(|(name, value)| {
                response.headers_mut().insert(name, value.parse().unwrap());
            });
            response
        }
        Some(Answer::Partial(rejected_spans)) => {
            let partial = ExportTracePartialSuccess { rejected_spans, error_message: "some".to_owned() };
            sink.keep(request);
            ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec().into_response()
        }
        None => {
            sink.keep(request);
            ExportTraceServiceResponse::default().encode_to_vec().into_response()
        }
    }
}

async fn take_other(State(sink): State<Arc<SinkState>>, path: axum::http::Uri, body: Bytes) -> Response {
    sink.others.send_modify(|others| others.push((path.path().to_owned(), body)));
    Vec::new().into_response()
}

impl SinkState {
    fn keep(&self, request: ExportTraceServiceRequest) {
        let resources = request.resource_spans.iter().filter_map(|spans| spans.resource.clone());
        self.resources.lock().unwrap().extend(resources);
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.taken.send_modify(|taken| taken.extend(scopes.flat_map(|scope| scope.spans)));
    }
}
