//! `cargo xtask setup`: checks the tools this repository needs and installs what can be installed.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository, wasm,
};

/// The oldest Node that puppeteer-core 24 and OpenTelemetry 2.x support.
const NODE: u32 = 20;

/// Names under which Chromium is installed; tests/browser/ looks for the same.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Names under which Firefox is installed, likewise.
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];

pub(crate) fn run() -> Outcome {
    chromium()?;
    browser("Firefox", &FIREFOX, &["firefox-esr"])?;
    // A browser with windows; Xvfb is the screen for them.
    browser("WebKitGTK", &["WebKitWebDriver"], &["webkit2gtk-driver", "xvfb"])?;
    // Debian keeps it where only root's search path leads.
    program("nginx, which tests put before the collector,", &["nginx", "/usr/sbin/nginx"], &["nginx"])?;
    program("Caddy, which tests put before the collector,", &["caddy"], &["caddy"])?;
    let way = wasm::toolchain(wasm::Way::Chosen)?;
    eprintln!("set up: node, npm packages, chromium, firefox, webkitgtk, nginx, caddy, wasm ({way})");
    Ok(())
}

/// What a bench in Chromium needs.
pub(crate) fn chromium() -> Outcome {
    node()?;
    npm_packages()?;
    browser("Chromium", &CHROMIUM, &["chromium"])
}

/// Node is not installed from here: Debian's own may be too old, and people choose their way to get it.
fn node() -> Outcome {
    let advice = format!("install Node {NODE} or newer with npm (Debian 13: `apt-get install nodejs npm`)");
    let Ok(version) = Program::new("node").args(["--version"]).output() else {
        return Err(format!("there is no `node` here: {advice}").into());
    };
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        return Err(format!("Node {} is too old: {advice}", version.trim()).into());
    }
    Program::new("npm")
        .args(["--version"])
        .output()
        .map_err(|_| format!("there is no `npm` here: {advice}"))?;
    Ok(())
}

fn npm_packages() -> Outcome {
    let root = repository::root();
    // npm writes this file at the end of every install.
    if repository::is_fresh(&root.join("node_modules/.package-lock.json"), &[root.join("package-lock.json")])
    {
        return Ok(());
    }
    eprintln!("fetching npm packages …");
    Program::new("npm").args(["ci"]).show().map_err(|failure| {
        format!(
            "{failure}\nnpm packages are needed once, from the npm registry: check the network and try again"
        )
        .into()
    })
}

fn browser(what: &str, names: &[&str], packages: &[&str]) -> Outcome {
    program(&format!("{what}, which the tests drive,"), names, packages)
}

/// A program that tests start, under any of its names; or Debian's packages of it.
fn program(what: &str, names: &[&str], packages: &[&str]) -> Outcome {
    if names.iter().any(|name| is_installed(name)) {
        return Ok(());
    }
    debian_packages(what, packages)
}

/// cargo-deny, which only `cargo xtask ci` needs.
pub(crate) fn cargo_deny() -> Outcome {
    of_cargo("deny")
}

/// cargo-fuzz, which only `cargo xtask fuzz` and `cargo xtask test --slow` need.
pub(crate) fn cargo_fuzz() -> Outcome {
    of_cargo("fuzz")
}

fn of_cargo(command: &str) -> Outcome {
    if Program::cargo().args([command, "--version"]).output().is_ok() {
        return Ok(());
    }
    eprintln!("installing cargo-{command} (a few minutes) …");
    // As it is compiled soonest: each is used once on a fresh machine, and optimising it takes longer than that use.
    Program::cargo()
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .args(["install", &format!("cargo-{command}"), "--locked", "--debug"])
        .show()
}

/// Installs packages where that is possible; otherwise says with which command to.
pub(crate) fn debian_packages(what: &str, packages: &[&str]) -> Outcome {
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !is_installed("apt-get") {
        return Err(
            format!("{what} is missing. On Debian: `{command}`; elsewhere install what corresponds").into()
        );
    }
    if Program::new("id").args(["-u"]).output()?.trim() != "0" {
        return Err(format!("{what} is missing. Install it with `sudo {command}` and try again").into());
    }
    eprintln!("installing {} …", packages.join(" "));
    let apt = || Program::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
    apt().args(["update", "-q"]).show()?;
    let _nothing_starts = NoServices::for_now()?;
    apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(packages).show()
}

/// While this is there, Debian's packages install their services without starting them: a test brings its own
/// settings and ports, and nobody asked for a web server on port 80.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn for_now() -> Outcome<Self> {
        let is_ours = !Path::new(Self::POLICY).exists();
        if is_ours {
            let doing = || Failure::while_doing("writing /usr/sbin/policy-rc.d");
            fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n").map_err(doing())?;
            fs::set_permissions(Self::POLICY, fs::Permissions::from_mode(0o755)).map_err(doing())?;
        }
        Ok(Self { is_ours })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours {
            // What cannot be removed is said: with it no package starts anything on this machine any more.
            if let Err(error) = fs::remove_file(Self::POLICY) {
                eprintln!("\nWARNING: remove {} yourself: {error}\n", Self::POLICY);
            }
        }
    }
}

/// Whether a program of this name is on the search path.
fn is_installed(name: &str) -> bool {
    let found = Program::new("sh").args(["-c", "command -v \"$1\"", "sh", name]).output();
    found.is_ok_and(|path| Path::new(path.trim()).is_file())
}
