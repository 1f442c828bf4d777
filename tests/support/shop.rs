//! The example shop's backend, as it is, with its stock OpenTelemetry.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

use crate::clock::{Device, millis};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a shop is told by its environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Port of the loopback interface; 0 is a free one.
    pub port: u16,
    /// Browser key and address in the page's one line.
    pub page: PageKey,
    /// Where the backend's own OpenTelemetry sends to.
    pub otlp_endpoint: String,
    /// Server key it presents.
    pub otlp_key: String,
}

/// What `init` is called with.
#[derive(Clone, Debug, Default)]
pub struct PageKey {
    /// `key`.
    pub key: String,
    /// `endpoint`.
    pub endpoint: String,
}

/// Whether a test can move the backend's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The machine's.
    Real,
    /// The test's.
    Movable,
}

/// A running backend. It ends with the test.
pub struct Shop {
    url: String,
    pipes: Mutex<Pipes>,
    _process: Child,
}

struct Pipes {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Shop {
    /// Starts it and waits until it listens.
    pub async fn start(settings: &Settings, time: Time) -> Self {
        let mut process = command(settings, time).spawn().expect("node starts: run `cargo xtask setup`");
        let stdin = process.stdin.take().expect("stdin is piped");
        let mut stdout = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        let line = next_line(&mut stdout).await;
        let url = line.strip_prefix("shop: ").unwrap_or_else(|| panic!("the shop says {line}")).to_owned();
        Self { url, pipes: Mutex::new(Pipes { stdin, stdout }), _process: process }
    }

    /// Its address, without a slash at the end: its origin.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Moves its time on, and waits until it has.
    pub async fn shift(&self, time: Duration, device: Device) {
        let mut pipes = self.pipes.lock().await;
        let device = if device == Device::Awake { "awake" } else { "asleep" };
        let line = format!("shift {} {device}\n", millis(time));
        pipes.stdin.write_all(line.as_bytes()).await.expect("the shop listens");
        assert_eq!(next_line(&mut pipes.stdout).await, "shifted");
    }
}

fn command(settings: &Settings, time: Time) -> Command {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("node");
    if time == Time::Movable {
        command.arg("--require").arg(tests.join("browser/shift-node.cjs"));
    }
    command
        .args(["--import", "./otel.mjs", "server.mjs"])
        .current_dir(tests.join("../examples/shop"))
        .env("PORT", settings.port.to_string())
        .env("WEFT_KEY", &settings.page.key)
        .env("WEFT_ENDPOINT", &settings.page.endpoint)
        .env("OTEL_SERVICE_NAME", "shop-api")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &settings.otlp_endpoint)
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("Authorization=Bearer%20{}", settings.otlp_key))
        // Whoever looks at what arrives does not want to wait the usual five seconds.
        .env("OTEL_BSP_SCHEDULE_DELAY", "200")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn next_line(stdout: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = tokio::time::timeout(PATIENCE, stdout.next_line()).await.expect("the shop answers in time");
    line.expect("the shop's output can be read").expect("the shop still runs")
}
