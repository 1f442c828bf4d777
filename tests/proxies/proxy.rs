//! nginx, Caddy, or the site's own server, with what `deploy/` gives to operators; only addresses are the test's.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use support::collector::Addresses;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    sync::watch,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Nginx,
    Caddy,
    OwnServer,
}

/// What stands behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    pub(super) collector: SocketAddr,
    pub(super) site: SocketAddr,
}

/// A running proxy. It ends with the test.
pub(super) struct Proxy {
    _process: Child,
    _directory: TempDir,
}

impl Which {
    /// The file of `deploy/` that it is given.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Nginx => "deploy/nginx.conf",
            Self::Caddy => "deploy/Caddyfile",
            Self::OwnServer => "deploy/pass-on.mjs",
        }
    }

    /// That file with these addresses instead of those in it, each of which must be there once.
    fn setting(self, address: SocketAddr, behind: Behind) -> String {
        let here = match self {
            Self::Nginx => ("listen 80;", format!("listen {address};")),
            Self::Caddy => ("shop.example {", format!("http://{address} {{")),
            Self::OwnServer => return super::read(self.file()),
        };
        let there =
            [("127.0.0.1:4318", behind.collector.to_string()), ("127.0.0.1:3000", behind.site.to_string())];
        [here].into_iter().chain(there).fold(super::read(self.file()), |text, (told, ours)| {
            assert_eq!(text.matches(told).count(), 1, "{}: {told}", self.file());
            text.replace(told, &ours)
        })
    }

    /// What it says when it listens.
    fn ready(self) -> &'static str {
        match self {
            // It has bound its sockets before it begins to wait for what comes to them.
            Self::Nginx => "event method",
            Self::Caddy => "serving initial configuration",
            Self::OwnServer => "listening",
        }
    }

    fn command(self, address: SocketAddr, behind: Behind, directory: &Path) -> Command {
        let setting = self.setting(address, behind);
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            std::fs::write(&path, text).expect("its settings are written");
            path
        };
        match self {
            Self::Nginx => {
                let main = write("main.conf", &nginx_main(directory, &write("weft.conf", &setting)));
                // Debian keeps it where only root's search path leads.
                let at = Path::new("/usr/sbin/nginx");
                let mut nginx = Command::new(if at.exists() { at } else { Path::new("nginx") });
                nginx.args(["-e", "stderr", "-p"]).arg(directory).arg("-c").arg(main);
                nginx
            }
            Self::Caddy => {
                let alone = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n";
                let file = write("Caddyfile", &format!("{alone}{setting}"));
                let mut caddy = Command::new("caddy");
                caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
                // Where it would keep certificates.
                caddy
                    .env("HOME", directory)
                    .env("XDG_DATA_HOME", directory)
                    .env("XDG_CONFIG_HOME", directory);
                caddy
            }
            Self::OwnServer => {
                write("pass-on.mjs", &setting);
                let mut node = Command::new("node");
                node.arg(write("site.mjs", &super::read("tests/proxies/site.mjs")));
                node.args([address, behind.collector, behind.site].map(|address| address.port().to_string()));
                node
            }
        }
    }
}

/// What stands around `http { }` on a server, with all that is written in a directory of the test.
fn nginx_main(directory: &Path, include: &Path) -> String {
    let at = directory.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = kinds.map(|kind| format!("{kind}_temp_path {at}/{kind};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log stderr notice;\nevents {{ }}\nhttp {{\n\
         access_log off;\n{temporary}include {};\n}}\n",
        include.display()
    )
}

impl Proxy {
    /// Starts it and waits until it listens at `address`.
    pub(super) async fn start(which: Which, address: SocketAddr, behind: Behind) -> Self {
        let directory = TempDir::with_prefix("weft-proxy-").expect("a temporary directory");
        let mut command = which.command(address, behind, directory.path());
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let process = command.kill_on_drop(true).spawn();
        let mut process =
            process.unwrap_or_else(|error| panic!("{which:?}: {error}: run `cargo xtask setup`"));
        wait_for(which.ready(), process.stderr.take().expect("stderr is piped")).await;
        Self { _process: process, _directory: directory }
    }
}

/// Reads what it says, to its end; returns when it has said that.
async fn wait_for(ready: &'static str, stderr: ChildStderr) {
    let (said, is_ready) = (Arc::new(Mutex::new(String::new())), watch::Sender::new(false));
    let mut waits = is_ready.subscribe();
    let kept = Arc::clone(&said);
    tokio::spawn(async move {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains(ready) {
                is_ready.send_replace(true);
            }
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_str(&line);
            kept.push('\n');
        }
    });
    let came = tokio::time::timeout(PATIENCE, waits.wait_for(|is| *is)).await;
    let is_ready = came.is_ok_and(|came| came.is_ok());
    assert!(is_ready, "it does not listen: {}", said.lock().unwrap_or_else(PoisonError::into_inner));
}

/// A port of this machine that stays free until something listens there.
pub(super) async fn port() -> SocketAddr {
    Addresses::lasting().await.ingest
}
