//! arize-phoenix: an OTLP backend that has no links in its store. It runs in a network namespace of its own, because
//! its gRPC port binds every interface.

use std::{net::SocketAddr, path::Path, process::Command};

use serde_json::Value;
use support::http::get;

use crate::{
    backend::Backend,
    namespace::local,
    server::Server,
    span::{SNAKE, Span},
};

pub(crate) const NAME: &str = "arize-phoenix";

/// Its usual port: nobody else is in its namespace.
const ADDRESS: SocketAddr = local(6006);

/// A running Phoenix with a store of its own.
pub(crate) struct Phoenix {
    _server: Server,
}

impl Backend for Phoenix {
    const PROGRAM: &str = "backends/phoenix/bin/phoenix";
    const SETTINGS: &str = "compression = \"gzip\"";
    const FORGETS: &str = "forgets links, and times below a microsecond";

    async fn start(program: &Path) -> Self {
        let mut server = Server::start(|data| {
            let mut command = Command::new(program);
            command
                .arg("serve")
                .current_dir(data)
                .env("PHOENIX_WORKING_DIR", data.path())
                .env("PHOENIX_HOST", ADDRESS.ip().to_string())
                // Nothing here reports home; there would be no way to.
                .env("PHOENIX_TELEMETRY_ENABLED", "false");
            command
        });
        server.listens(ADDRESS).await;
        Self { _server: server }
    }

    fn endpoint(&self) -> String {
        format!("http://{ADDRESS}")
    }

    async fn spans(&self) -> Vec<Span> {
        let found = get(&format!("http://{ADDRESS}/v1/projects/default/spans/otlpv1?limit=1000")).await;
        let found: Value = serde_json::from_str(&found).expect("JSON");
        let shown = found["data"].as_array().into_iter().flatten();
        // Its times go through floating point: near a microsecond, not on it.
        shown.map(|span| Self::shown(Span::from_json(span, &SNAKE, str::to_owned))).collect()
    }

    fn shown(sent: Span) -> Span {
        let start_ns = (sent.start_ns + 500) / 1000 * 1000;
        Span { start_ns, links: Vec::new(), ..sent }
    }
}
