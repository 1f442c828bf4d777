//! The program that drives the browser: one JSON command a line, one JSON answer a line.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// The longest that it may take over a command; what it waits for itself is shorter.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Driver {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    process: Child,
    asked: u64,
}

impl Driver {
    pub(super) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/driver.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts: run `cargo xtask setup`");
        let stdin = process.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        Self { stdin, stdout, process, asked: 0 }
    }

    /// # Panics
    /// If it cannot be done.
    pub(super) async fn ask(&mut self, command: &str, mut args: Value) -> Value {
        match tokio::time::timeout(PATIENCE, self.try_ask(command, &mut args)).await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => panic!("the browser could not {command} {args}: {error}"),
            Err(_) => panic!("the browser did not answer to {command} {args}"),
        }
    }

    /// Ends it, and its browser if one still runs.
    pub(super) async fn end(self) {
        let Self { stdin, mut process, .. } = self;
        drop(stdin);
        process.wait().await.expect("the driver ends");
    }

    async fn try_ask(&mut self, command: &str, args: &mut Value) -> Result<Value, String> {
        self.asked += 1;
        args["id"] = self.asked.into();
        args["command"] = command.into();
        let broken = |error: std::io::Error| format!("the driver is gone: {error}");
        self.stdin.write_all(format!("{args}\n").as_bytes()).await.map_err(broken)?;
        let line = self.stdout.next_line().await.map_err(broken)?.ok_or("the driver ended")?;
        let mut answer: Value = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap_or_default().to_owned()),
            None => Ok(answer["value"].take()),
        }
    }
}
