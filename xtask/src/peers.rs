//! Programs of others that ours is measured against and tested with, built from `peers/`.

use std::path::PathBuf;

use crate::{failure::Outcome, program::Program, repository};

/// The OpenTelemetry Collector of `peers/otelcol`, built; or why it cannot be.
pub(crate) fn otelcol() -> Outcome<PathBuf> {
    go_program("otelcol", ".")
}

/// Jaeger in one process, of the module that `peers/jaeger` pins; or why it cannot be.
pub(crate) fn jaeger() -> Outcome<PathBuf> {
    go_program("jaeger", "github.com/jaegertracing/jaeger/cmd/all-in-one")
}

/// Go's own cache knows whether there is anything to do, so it is always asked.
fn go_program(name: &str, package: &str) -> Outcome<PathBuf> {
    if Program::new("go").args(["version"]).output().is_err() {
        return Err("there is no Go toolchain here (`go version`)".into());
    }
    let (sources, made) = (repository::root().join("peers").join(name), made(name));
    let build =
        Program::new("go").args(["build", "-C"]).args([&sources]).args(["-o"]).args([&made]).args([package]);
    eprintln!("$ {build}");
    build.output()?;
    Ok(made)
}

/// Where a peer is once it is built. The tests look for it there.
fn made(name: &str) -> PathBuf {
    repository::root().join("target/peers").join(name)
}
