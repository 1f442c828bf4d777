//! The way to wasm where rustup cannot fetch a target: Debian's Rust comes with the sources of `core`.

use std::path::{Path, PathBuf};

use crate::{failure::Outcome, program::Program, setup};

/// Build `core` and `alloc` here, for size, and abort on panic without a message.
pub(super) const BUILD_STD: &[&str] =
    &["-Zbuild-std=core,alloc,panic_abort", "-Zbuild-std-features=optimize_for_size"];

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";

/// What `cargo run` and rustup's proxies leave in the environment, all of which means the other compiler.
const NOT_INHERITED: [&str; 9] = [
    "CARGO",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTUP_TOOLCHAIN",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
];

pub(super) fn is_installed() -> bool {
    let Ok(sysroot) = Program::new(RUSTC).without_env(&NOT_INHERITED).args(["--print", "sysroot"]).output()
    else {
        return false;
    };
    let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core/Cargo.toml");
    Path::new(CARGO).is_file() && sources.is_file()
}

pub(super) fn install() -> Outcome {
    if is_installed() {
        return Ok(());
    }
    setup::debian_packages("A Rust that compiles to wasm", &PACKAGES)
}

/// Debian's cargo, told to use Debian's rustc and, because Debian ships none for wasm, rustup's linker.
pub(super) fn cargo() -> Outcome<Program> {
    Ok(Program::new(CARGO)
        .without_env(&NOT_INHERITED)
        // Building `core` is unstable; this is the documented switch for distributions.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", RUSTC)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?))
}

fn linker() -> Outcome<PathBuf> {
    let about = Program::new("rustc").args(["-vV"]).output()?;
    let host =
        about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("x86_64-unknown-linux-gnu");
    let sysroot = Program::new("rustc").args(["--print", "sysroot"]).output()?;
    let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin/rust-lld");
    if linker.is_file() {
        return Ok(linker);
    }
    Err(format!(
        "there is no rust-lld at {}: install Rust with rustup, it comes with every toolchain",
        linker.display()
    )
    .into())
}
