//! MLflow: takes OTLP at `/v1/traces`, given the experiment in a header; read through its REST API.

use std::{net::SocketAddr, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::{Value, json};
use support::http::{get, send};

use crate::{
    backend::Backend,
    server::{Server, free_address},
    span::{SNAKE, Span},
};

pub(crate) const NAME: &str = "MLflow";

/// A running MLflow with a store of its own.
pub(crate) struct Mlflow {
    _server: Server,
    address: SocketAddr,
}

impl Backend for Mlflow {
    const PROGRAM: &str = "backends/mlflow/bin/mlflow";
    const SETTINGS: &str = "headers = { x-mlflow-experiment-id = \"0\" }";

    async fn start(program: &Path) -> Self {
        let address = free_address();
        let mut server = Server::start(|data| {
            let mut command = Command::new(program);
            command
                .args(["server", "--host", "127.0.0.1", "--workers", "1"])
                .args(["--port", &address.port().to_string()])
                .args(["--backend-store-uri", &format!("sqlite:///{}/store.db", data.path().display())])
                .current_dir(data)
                // Jobs need packages that serving traces does not; nothing here reports home.
                .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
                .env("MLFLOW_DISABLE_TELEMETRY", "true");
            command
        });
        server.listens(address).await;
        Self { _server: server, address }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for trace in self.traces().await {
            let found = get(&format!("{}?trace_id={trace}", self.api("get"))).await;
            let found: Value = serde_json::from_str(&found).expect("JSON");
            let shown = found["trace"]["spans"].as_array().expect("a trace has spans");
            spans.extend(shown.iter().map(|span| Span::from_json(span, &SNAKE, hex)));
        }
        spans
    }
}

impl Mlflow {
    /// Its own names of all traces.
    async fn traces(&self) -> Vec<String> {
        let experiment =
            json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": "0" } });
        let question = json!({ "locations": [experiment], "max_results": 500 }).to_string();
        let json = [("content-type", "application/json")];
        let answer = send(Method::POST, &self.api("search"), &json, question).await;
        let found: Value = serde_json::from_str(&answer.text()).expect("JSON");
        assert!(found["next_page_token"].is_null(), "one page is enough for a test: {found}");
        let traces = found["traces"].as_array().into_iter().flatten();
        traces.map(|trace| trace["trace_id"].as_str().expect("a trace has an id").to_owned()).collect()
    }

    fn api(&self, call: &str) -> String {
        format!("http://{}/api/3.0/mlflow/traces/{call}", self.address)
    }
}

fn hex(base64: &str) -> String {
    let bytes = STANDARD.decode(base64).expect("ids are base64");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
