//! Jaeger in one process with its store in memory, read through its query API. It runs in a network namespace of its
//! own, because it binds every interface on a dozen ports.

use std::{net::SocketAddr, path::Path, process::Command};

use hyper::Method;
use serde_json::Value;
use support::http::send;

use crate::{
    backend::Backend,
    namespace::local,
    server::Server,
    span::{CAMEL, Link, Span},
};

pub(crate) const NAME: &str = "Jaeger";

const OTLP: SocketAddr = local(4318);
pub(crate) const QUERY: SocketAddr = local(16686);

/// A running Jaeger.
pub(crate) struct Jaeger {
    _server: Server,
}

impl Backend for Jaeger {
    const PROGRAM: &str = "peers/jaeger";
    const FORGETS: &str = "forgets attributes of links";
    const SHOWS_ONCE: bool = false;

    async fn start(program: &Path) -> Self {
        let mut server = Server::start(|data| {
            let mut command = Command::new(program);
            command.current_dir(data);
            command
        });
        server.listens(OTLP).await;
        server.listens(QUERY).await;
        Self { _server: server }
    }

    fn endpoint(&self) -> String {
        format!("http://{OTLP}")
    }

    async fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for service in ["shop-web", "orders"] {
            let times = "query.start_time_min=2000-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z";
            let question = format!("http://{QUERY}/api/v3/traces?query.service_name={service}&{times}");
            let answer = send(Method::GET, &question, &[], "").await;
            // It answers 404 until it has one.
            if answer.status == 200 {
                let found: Value = serde_json::from_str(&answer.text()).expect("JSON");
                spans.extend(Span::of_otlp_json(&found["result"], &CAMEL));
            }
        }
        spans
    }

    fn shown(sent: Span) -> Span {
        let links = sent.links.into_iter().map(|link| Link { kinds: Vec::new(), ..link });
        Span { links: links.collect(), ..sent }
    }
}
