//! The OpenTelemetry Collector of `peers/otelcol`, which writes what it receives to a file.

use std::{net::SocketAddr, path::Path, process::Command};

use serde_json::Value;

use crate::{
    backend::Backend,
    server::{Server, free_address},
    span::{CAMEL, Span},
};

pub(crate) const NAME: &str = "OpenTelemetry Collector";

/// A running one.
pub(crate) struct Otelcol {
    server: Server,
    address: SocketAddr,
}

impl Backend for Otelcol {
    const PROGRAM: &str = "peers/otelcol";
    const SETTINGS: &str = "compression = \"gzip\"";
    // It is a pipe: what comes twice leaves twice.
    const SHOWS_ONCE: bool = false;

    async fn start(program: &Path) -> Self {
        let address = free_address();
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../peers/otelcol/file.yaml");
        let mut server = Server::start(|data| {
            let mut command = Command::new(program);
            command
                .args(["--config", config])
                .env("LISTEN", address.to_string())
                .env("FILE", data.path().join("received"));
            command
        });
        server.listens(address).await;
        Self { server, address }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn spans(&self) -> Vec<Span> {
        let written = std::fs::read_to_string(self.server.data.path().join("received")).unwrap_or_default();
        // It may be writing the last line.
        let whole = written.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let requests = whole.lines().map(|line| serde_json::from_str::<Value>(line).expect("OTLP/JSON"));
        requests.flat_map(|request| Span::of_otlp_json(&request, &CAMEL)).collect()
    }
}
