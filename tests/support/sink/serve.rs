//! The sink's side of HTTP: reads a request, plays the part it was told to, answers as OTLP says.

use std::{io, sync::Arc};

use http_body_util::{BodyExt, Channel, Full, Limited, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tokio::{net::TcpListener, task::JoinSet};

use super::{Answer, Shared, judge};

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
                let shared = shared.clone();
                let service = service_fn(move |request| answer(request, shared.clone()));
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                // A broken connection is the sender's to notice.
                connections.spawn(async { drop(connection.await) });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
    let role = {
        let mut state = shared.state();
        state.requests += 1;
        state.answers.pop_front()
    };
    let response = match role {
        None => {
            judge::take(&mut shared.state(), &head, &body);
            Ok(taken())
        }
        Some(Answer::TakeAndBreak) => {
            judge::take(&mut shared.state(), &head, &body);
            Ok(broken())
        }
        Some(Answer::TooMany { retry_after }) => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
            Ok(response)
        }
        Some(Answer::Unavailable) => Ok(refused(StatusCode::SERVICE_UNAVAILABLE)),
        Some(Answer::BadRequest) => Ok(refused(StatusCode::BAD_REQUEST)),
        Some(Answer::Hang) => {
            shared.changed.notify_waiters();
            std::future::pending().await
        }
    };
    shared.changed.notify_waiters();
    response
}

fn taken() -> Response<Body> {
    protobuf(StatusCode::OK, ExportTraceServiceResponse::default().encode_to_vec())
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
