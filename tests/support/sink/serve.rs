//! The sink's side of HTTP: reads a request, plays the part it was told to, answers as OTLP says.

use std::{io, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Channel, Full, Limited, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    Answer, Shared,
    judge::{self, Verdict},
};

/// What OTLP recommends as the limit of a request.
const MAX_BODY: usize = 64 * 1024 * 1024;

type Body = BoxBody<Bytes, io::Error>;

/// Serves until aborted; its connections end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (shared, shared_too) = (shared.clone(), shared.clone());
                let service = service_fn(move |request| answer(request, shared.clone()));
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                let counted = Connected::new(&shared_too);
                connections.spawn(async move {
                    // A broken connection is the sender's to notice.
                    drop(connection.await);
                    drop(counted);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A connection, counted as long as it is open, however it ends.
struct Connected(Arc<Shared>);

impl Connected {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.state().connections += 1;
        Self(shared.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.state().connections -= 1;
        self.0.changed.notify_waiters();
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
    let role = {
        let mut state = shared.state();
        state.requests += 1;
        state.answers.pop_front().or(state.standing)
    };
    let take = || match judge::take(&mut shared.state(), &head, &body, role) {
        Verdict::Taken => taken(0),
        Verdict::Partly(rejected) => taken(rejected),
        Verdict::Refused(status) => refused(status),
    };
    let response = match role {
        None | Some(Answer::RejectSome(_)) => take(),
        Some(Answer::TakeAndBreak) => told(take(), broken),
        Some(Answer::TakeAndDribble) => told(take(), dribbling),
        Some(Answer::TakeAndBabble) => told(take(), babbling),
        Some(Answer::TooMany { retry_after }) => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
            response
        }
        Some(Answer::Unavailable) => refused(StatusCode::SERVICE_UNAVAILABLE),
        Some(Answer::BadRequest) => refused(StatusCode::BAD_REQUEST),
        Some(Answer::Status(status)) => refused(StatusCode::from_u16(status).expect("a status")),
        Some(answer @ (Answer::Hang | Answer::TakeAndHang)) => {
            if answer == Answer::TakeAndHang {
                take();
            }
            shared.changed.notify_waiters();
            std::future::pending().await
        }
    };
    shared.changed.notify_waiters();
    Ok(response)
}

/// What was taken is told in an odd way; what was refused is refused.
fn told(response: Response<Body>, otherwise: fn() -> Response<Body>) -> Response<Body> {
    if response.status().is_success() { otherwise() } else { response }
}

fn taken(rejected: usize) -> Response<Body> {
    let partial_success = (rejected > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(rejected).expect("a request has fewer spans"),
        error_message: "told to reject some".to_owned(),
    });
    protobuf(StatusCode::OK, ExportTraceServiceResponse { partial_success }.encode_to_vec())
}

/// Every refusal of OTLP carries a google.rpc.Status; an empty one is valid.
fn refused(status: StatusCode) -> Response<Body> {
    protobuf(status, Vec::new())
}

fn protobuf(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-protobuf"));
    response
}

/// Promises ten bytes and breaks off.
fn broken() -> Response<Body> {
    let (sender, body) = Channel::<Bytes, io::Error>::new(1);
    sender.abort(io::Error::other("told to break off"));
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert(header::CONTENT_LENGTH, 10.into());
    response
}

/// Sixty bytes of an answer that are no protobuf, one a second: longer than anybody waits.
fn dribbling() -> Response<Body> {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        // It fails when the other side has gone, and then nobody waits.
        while sender.send_data(Bytes::from_static(b"z")).await.is_ok() {
            seconds.tick().await;
        }
    });
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert(header::CONTENT_LENGTH, 60.into());
    response
}

fn babbling() -> Response<Body> {
    let garbage: Vec<u8> = (0..500_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut response = Response::new(Full::new(Bytes::from(garbage)).map_err(|never| match never {}).boxed());
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/gif"));
    response
}
