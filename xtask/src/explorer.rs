//! `cargo xtask explorer`: builds the page of the admin port, which the collector takes in when it is built.

use std::{fs, path::PathBuf};

use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository,
};

/// The npm workspace, and what its page is made of.
const WORKSPACE: &str = "collector/explorer";
const SOURCES: [&str; 3] = ["src", "build.mjs", "package.json"];

pub(crate) fn run() -> Outcome {
    let root = repository::root();
    // Written last: a build that failed half-way is not taken for a finished one.
    let stamp = root.join("target/explorer-built");
    let sources = SOURCES.iter().map(|source| root.join(WORKSPACE).join(source));
    let sources: Vec<PathBuf> = sources.chain([root.join("package-lock.json")]).collect();
    let is_there = root.join(WORKSPACE).join("dist/index.html").is_file();
    if is_there && repository::is_fresh(&stamp, &sources) {
        return Ok(());
    }
    Program::new("npm").args(["run", "--silent", "build", "--workspace", WORKSPACE]).show()?;
    fs::create_dir_all(root.join("target")).map_err(Failure::while_doing("making target"))?;
    fs::write(&stamp, "").map_err(Failure::while_doing("writing target/explorer-built"))
}
