//! Runs one backend, and the collector in front of it, in a network of their own: nobody else can reach them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::{Command, Stdio},
};

use crate::{
    backend::{self, Backend},
    table::Outcome,
};

/// First argument of this program when it is inside.
pub(crate) const INSIDE: &str = "--inside";

/// A port in there, where nobody else can have taken it.
pub(crate) const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// This program again, for one backend, where only its own loopback interface exists.
pub(crate) fn run<B: Backend>(name: &str) -> Outcome {
    if let Err(why) = backend::program::<B>() {
        return Outcome::Skipped(why.trim().to_owned());
    }
    let unshare = |command: &mut Command| {
        command.args(["--map-root-user", "--net", "sh", "-c"]);
    };
    let mut probe = Command::new("unshare");
    unshare(&mut probe);
    match probe.arg("ip link set lo up").output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            return Outcome::Skipped(format!("no network namespace can be had here: {}", said.trim()));
        }
        Err(error) => return Outcome::Skipped(format!("`unshare` is needed: {error}")),
    }
    let program = std::env::current_exe().expect("this program has a path");
    let mut again = Command::new("unshare");
    unshare(&mut again);
    again.args(["ip link set lo up && exec \"$0\" \"$@\""]).arg(program).args([INSIDE, name]);
    let output = again.stderr(Stdio::inherit()).output().expect("unshare starts, as it did before");
    Outcome::from_report(&String::from_utf8_lossy(&output.stdout))
}
