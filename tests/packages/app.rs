//! An app of `tests/packages/*`: copied to a fresh directory, the packed packages installed, built, and served.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Once,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::OnceCell,
};

/// What a build may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// What npm publishes, as `cargo xtask wasm` left it; React's is the last.
const PACKAGES: [&str; 2] = ["wasm-sdk", "react"];

/// An app that is built once for all tests of it.
pub(super) struct App {
    name: &'static str,
    /// Where it has what it shares with another one: sources, or how they are built.
    shared: Option<&'static str>,
    built: OnceCell<TempDir>,
}

impl App {
    /// The one in this directory.
    pub(super) const fn of(name: &'static str) -> Self {
        Self { name, shared: None, built: OnceCell::const_new() }
    }

    /// The one in this directory, with what it shares with others in that one.
    pub(super) const fn with(name: &'static str, shared: &'static str) -> Self {
        Self { name, shared: Some(shared), built: OnceCell::const_new() }
    }

    /// Serves it; what the page sends is passed on to `endpoint`.
    pub(super) async fn serve(&self, endpoint: &str) -> Served {
        let directory = self.built.get_or_init(|| self.build()).await.path();
        let own = directory.join("server.mjs");
        let server = if own.is_file() { own } else { source("serve.mjs") };
        let mut process = Command::new("node")
            .arg(server)
            .arg("dist")
            .current_dir(directory)
            .env("WEFT_ENDPOINT", endpoint)
            .env("NODE_ENV", "production")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts: run `cargo xtask setup`");
        let mut lines = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        let url = async {
            while let Some(line) = lines.next_line().await.expect("what it says can be read") {
                if let Some(url) = line.strip_prefix("app: ") {
                    return url.to_owned();
                }
            }
            panic!("the server of {} ended", self.name)
        };
        let url = tokio::time::timeout(PATIENCE, url).await.expect("it listens in time");
        Served { url, _process: process }
    }

    async fn build(&self) -> TempDir {
        let into = fresh(self.name);
        for from in self.shared.into_iter().chain([self.name]) {
            copy(&source(from), into.path()).await;
        }
        // npm writes into the first one, which is not to reach what it is linked to; without both, it looks at what is there, and
        // asks its cache for nothing.
        for lock in ["node_modules/.package-lock.json", "package-lock.json"] {
            drop(std::fs::remove_file(into.path().join(lock)));
        }
        let mut install = Command::new("npm");
        install.args(["install", "--offline", "--no-save", "--no-package-lock", "--silent"]);
        // An app without React has no use for ours, whose peer npm would look for.
        let wanted = if into.path().join("node_modules/react").is_dir() { 2 } else { 1 };
        run(install.args(&tarballs().await[..wanted]).current_dir(into.path())).await;
        let mut build = Command::new("npm");
        run(build.args(["run", "--silent", "build"]).current_dir(into.path())).await;
        into
    }
}

/// An app that is served. It ends with the test.
pub(super) struct Served {
    pub(super) url: String,
    _process: Child,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("this repository")
}

fn source(name: &str) -> PathBuf {
    root().join("tests/packages").join(name)
}

/// Where there is room, on the disk that has what `cargo xtask setup` fetched: it is linked to, not copied. It lasts as long
/// as this process, so what processes left that have ended is removed.
fn fresh(what: &str) -> TempDir {
    static CLEARED: Once = Once::new();
    let all = root().join("target/packages");
    CLEARED.call_once(|| {
        for left in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            if !Path::new("/proc").join(left.file_name()).exists() {
                drop(std::fs::remove_dir_all(left.path()));
            }
        }
    });
    let made = all.join(std::process::id().to_string());
    std::fs::create_dir_all(&made).expect("a directory in target");
    TempDir::with_prefix_in(format!("{what}-"), made).expect("a directory of its own")
}

/// Its own files, to do with as a build likes; what was fetched for it is only linked to.
async fn copy(app: &Path, into: &Path) {
    for file in std::fs::read_dir(app).expect("the directory of an app") {
        let file = file.expect("it can be read").path();
        let mut copy = Command::new("cp");
        copy.arg("--archive").args(file.ends_with("node_modules").then_some("--link"));
        run(copy.arg(&file).arg(into)).await;
    }
}

/// The packages, packed once.
async fn tarballs() -> &'static [PathBuf] {
    static PACKED: OnceCell<(TempDir, Vec<PathBuf>)> = OnceCell::const_new();
    let pack = || async {
        let into = fresh("packed");
        let mut made = Vec::new();
        for package in PACKAGES {
            let mut npm = Command::new("npm");
            npm.args(["pack", "--silent", "--pack-destination"]).arg(into.path());
            let said = run(npm.current_dir(root().join(package))).await;
            made.push(into.path().join(said.trim()));
        }
        (into, made)
    };
    &PACKED.get_or_init(pack).await.1
}

/// Runs a command to its end, and returns what it says.
async fn run(command: &mut Command) -> String {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let ended = tokio::time::timeout(PATIENCE, running).await;
    let ended = ended.unwrap_or_else(|_| panic!("{command:?} takes too long")).expect("it starts");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(
        ended.status.success(),
        "{command:?}\n{said}{}\nrun `cargo xtask setup`, with `--slow` for the slow set",
        String::from_utf8_lossy(&ended.stderr)
    );
    said
}
