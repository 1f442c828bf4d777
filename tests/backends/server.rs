//! A backend's process: started on loopback, waited for, and ended with everything it started.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;

/// Long, because it costs nothing when it comes: a backend in Python reads a hundred megabytes before it answers.
const PATIENCE: Duration = Duration::from_secs(120);

/// What other programs keep to themselves can only be asked for again.
const BETWEEN: Duration = Duration::from_millis(50);

/// A running backend.
pub(crate) struct Server {
    process: Child,
    /// A directory of its own; its log is there as `log`.
    pub(crate) data: TempDir,
}

impl Server {
    /// Starts what `command` makes of a fresh directory.
    pub(crate) fn start(command: impl FnOnce(&TempDir) -> Command) -> Self {
        use std::os::unix::process::CommandExt;
        let data = tempfile::tempdir().expect("a temporary directory");
        let log = File::create(data.path().join("log")).expect("a log");
        let mut command = command(&data);
        let command = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        // A group of its own: what it starts can be ended with it.
        let process = command.process_group(0).spawn().expect("the backend starts");
        Self { process, data }
    }

    /// Waits until it listens.
    pub(crate) async fn listens(&mut self, address: SocketAddr) {
        let mut ticks = tokio::time::interval(BETWEEN);
        let waited = tokio::time::timeout(PATIENCE, async {
            while TcpStream::connect(address).await.is_err() {
                if let Some(status) = self.process.try_wait().expect("it was started") {
                    panic!("the backend ended ({status}):\n{}", self.log());
                }
                ticks.tick().await;
            }
        });
        let listens = waited.await.is_ok();
        assert!(listens, "the backend does not listen on {address}:\n{}", self.log());
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        // It may have ended by itself.
        _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        _ = self.process.wait();
    }
}

/// A port that was free a moment ago: none of these backends can be asked which one it took.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener has an address")
}

/// Asks again until the answer is there.
///
/// # Panics
/// After two minutes.
pub(crate) async fn ask<T>(what: &str, mut question: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(BETWEEN);
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(answer) = question().await {
                return answer;
            }
            ticks.tick().await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}
