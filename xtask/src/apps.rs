//! Sets up the apps of `tests/packages`: what their lock files name, beside which tests install our packed packages.

use crate::{failure::Outcome, program::Program, repository};

/// Those that every test run builds. `script` needs nothing.
const USUAL: [&str; 3] = ["vite", "react19", "otel"];

/// The others.
const SLOW: [&str; 4] = ["esbuild", "webpack", "react18", "next"];

pub(crate) fn usual() -> Outcome {
    USUAL.into_iter().try_for_each(install)
}

pub(crate) fn slow() -> Outcome {
    SLOW.into_iter().try_for_each(install)
}

fn install(name: &str) -> Outcome {
    let app = repository::root().join("tests/packages").join(name);
    // npm writes this file at the end of every install.
    let installed = app.join("node_modules/.package-lock.json");
    if repository::is_fresh(&installed, &[app.join("package-lock.json")]) {
        return Ok(());
    }
    eprintln!("fetching what the app {name} is built with …");
    Program::new("npm").args(["ci"]).directory(app).show()
}
