//! A destination that speaks OTLP/gRPC, in any compression, retried and refused by the codes of the specification.

use std::{collections::VecDeque, sync::Mutex};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    trace::v1::Span,
};
use tokio::{net::TcpListener, sync::watch};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status, codec::CompressionEncoding};
use weft_proto::Seed;

use crate::support::{PATIENCE, Page, Weft};

/// Says what it is told, and takes everything when nothing is left to say.
struct Backend {
    answers: Mutex<VecDeque<Status>>,
    taken: watch::Sender<Vec<Span>>,
    tokens: watch::Sender<Vec<String>>,
}

#[tonic::async_trait]
impl TraceService for Backend {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let token = request.metadata().get("authorization").map(|token| token.to_str().unwrap().to_owned());
        self.tokens.send_modify(|tokens| tokens.extend(token));
        if let Some(answer) = self.answers.lock().unwrap().pop_front() {
            return Err(answer);
        }
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        self.taken.send_modify(|taken| taken.extend(scopes.flat_map(|scope| scope.spans)));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Starts one; its URL, what it has taken, and the tokens it was shown.
async fn backend(answers: Vec<Status>) -> (String, watch::Receiver<Vec<Span>>, watch::Receiver<Vec<String>>) {
    let (taken, spans) = watch::channel(Vec::new());
    let (tokens, shown) = watch::channel(Vec::new());
    let backend = Backend { answers: Mutex::new(answers.into()), taken, tokens };
    let service = TraceServiceServer::new(backend)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let incoming = TcpListenerStream::new(listener);
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(async move { server.serve_with_incoming(incoming).await.unwrap() });
    (url, spans, shown)
}

async fn start(url: &str, more: &str) -> Weft {
    let destination = format!(
        "[export.a]\nendpoint = \"{url}\"\nprotocol = \"grpc\"\n{more}\n[export.a.headers]\nAuthorization = \"Bearer t\"\n"
    );
    Weft::start(&[], &destination).await
}

async fn wait(spans: &mut watch::Receiver<Vec<Span>>, count: usize) -> Vec<Span> {
    let waiting = spans.wait_for(|spans| spans.len() >= count);
    tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap().clone()
}

#[tokio::test]
async fn every_compression_arrives_with_its_headers() {
    for compression in ["none", "gzip", "zstd"] {
        let (url, mut spans, tokens) = backend(vec![]).await;
        let weft = start(&url, &format!("compression = \"{compression}\"")).await;
        let page = Page(Seed([1; 16]));
        weft.acknowledged(page.batch(0..50)).await;
        let ids: Vec<_> = wait(&mut spans, 50).await.into_iter().map(|span| span.span_id).collect();
        assert_eq!(ids, page.span_ids(0..50), "{compression}");
        assert_eq!(*tokens.borrow(), ["Bearer t"]);
    }
}

#[tokio::test]
async fn what_may_be_retried_is_and_what_may_not_is_split() {
    let unavailable = Status::new(Code::Unavailable, "later");
    let answers = vec![unavailable.clone(), unavailable, Status::new(Code::InvalidArgument, "one of them")];
    let (url, mut spans, _) = backend(answers).await;
    let weft = start(&url, "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(page.batch(0..8)).await;
    let ids: Vec<_> = wait(&mut spans, 8).await.into_iter().map(|span| span.span_id).collect();
    assert_eq!(ids, page.span_ids(0..8), "the halves are taken");
}

#[tokio::test]
async fn a_token_that_is_refused_costs_no_event() {
    let (url, _, tokens) = backend(vec![Status::new(Code::Unauthenticated, "who?"); 9]).await;
    let weft = start(&url, "").await;
    weft.acknowledged(Page(Seed([1; 16])).batch(0..3)).await;
    while !weft.admin("/metrics").await.1.contains("weft_export_misconfigured{destination=\"a\"} 1") {
        tokio::task::yield_now().await;
    }
    assert!(!tokens.borrow().is_empty());
    assert_eq!(weft.count("/keys/shop-web/destinations/a/pending").await, 3);
}
