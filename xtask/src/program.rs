//! Running other programs: shown, captured, or both.

use std::{
    ffi::OsStr,
    fmt,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use crate::{
    failure::{Failure, Outcome},
    repository,
};

/// A program about to be run in the repository's folder.
pub(crate) struct Program {
    command: Command,
}

/// What cargo tells this program about its own package. Build scripts that look at these (ring's does) would
/// take every cargo started from here for a change, and be run again by the next one started by hand.
const OF_THIS_PACKAGE: [&str; 9] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

impl Program {
    pub(crate) fn new(name: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(name);
        command.current_dir(repository::root());
        Self { command }
    }

    /// The cargo that runs this.
    pub(crate) fn cargo() -> Self {
        Self::new("cargo").without_env(&OF_THIS_PACKAGE)
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Runs it there and not in the repository's folder.
    pub(crate) fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.command.current_dir(path);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, names: &[&str]) -> Self {
        for name in names {
            self.command.env_remove(name);
        }
        self
    }

    /// What it says on stderr, where [`Self::watch`] sees it too.
    pub(crate) fn with_stderr_as_stdout(self) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(self.command.get_program());
        shell.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.current_dir(self.command.get_current_dir().unwrap_or(repository::root()));
        Self { command: shell }
    }

    /// Runs it with its output on the terminal, after showing the command.
    pub(crate) fn show(mut self) -> Outcome {
        eprintln!("$ {self}");
        let status = self.command.status().map_err(Failure::while_doing(format_args!("starting {self}")))?;
        self.judge(status)
    }

    /// Runs it quietly; its standard output, if it succeeds.
    pub(crate) fn output(mut self) -> Outcome<String> {
        let output = self.command.output().map_err(Failure::while_doing(format_args!("starting {self}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{self}` failed ({}): {}", output.status, said.trim()).into())
    }

    /// Runs it with its output on the terminal and shows each line to `look` as well.
    /// Whether it succeeded.
    pub(crate) fn watch(mut self, mut look: impl FnMut(&str)) -> Outcome<bool> {
        eprintln!("$ {self}");
        let starting = || Failure::while_doing("starting a program");
        let mut child = self.command.stdout(Stdio::piped()).spawn().map_err(starting())?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                println!("{line}");
                look(&line);
            }
        }
        Ok(child.wait().map_err(starting())?.success())
    }

    fn judge(&self, status: ExitStatus) -> Outcome {
        if status.success() { Ok(()) } else { Err(format!("`{self}` failed ({status})").into()) }
    }
}

/// As one would type it.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |part: &OsStr| {
            let path = Path::new(part);
            path.strip_prefix(repository::root()).unwrap_or(path).display().to_string()
        };
        f.write_str(&short(self.command.get_program()))?;
        self.command.get_args().try_for_each(|arg| write!(f, " {}", short(arg)))
    }
}

/// The release build of a program, wherever cargo puts it.
pub(crate) fn built(package: &str, name: &str) -> Outcome<String> {
    let build = ["build", "--release", "--package", package, "--bin", name];
    Program::cargo().args(build).show()?;
    // Nothing is left to do now but to say where it is.
    let messages = Program::cargo().args(build).args(["--quiet", "--message-format=json"]).output()?;
    let executable = messages.lines().filter_map(|line| line.split_once("\"executable\":\"")).next_back();
    let path = executable.and_then(|(_, rest)| rest.split('"').next());
    path.map(str::to_owned).ok_or_else(|| format!("cargo does not say where `{name}` is").into())
}
