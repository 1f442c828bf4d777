//! wasm32 where a function returns two values as two. Slices and options are returned all the time; through memory, as by
//! default, that is half a kilobyte more in the module (decision 0017).
//!
//! LLVM calls the convention experimental because nobody else's object files follow it. Here everything is compiled at once.

use std::{fs, path::PathBuf};

use super::TARGET;
use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository,
};

/// What the target is called, and so the folder that cargo builds into.
pub(super) const NAME: &str = "wasm32-pairs";

/// What it needs besides its description.
pub(super) const FEATURE: &str = "-Ctarget-feature=+multivalue";

/// Describes the target to rustc and returns where: as the usual one, but for that.
pub(super) fn target() -> Outcome<PathBuf> {
    let usual = Program::new("rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zunstable-options", "--print", "target-spec-json", "--target", TARGET])
        .output()?;
    let ours = usual.replacen('{', "{\n  \"llvm-abiname\": \"experimental-mv\",", 1);
    let path = repository::root().join("target").join(NAME).with_extension("json");
    // Written anew, it would be built anew.
    if fs::read_to_string(&path).is_ok_and(|there| there == ours) {
        return Ok(path);
    }
    fs::write(&path, ours).map_err(Failure::while_doing("describing a target to rustc"))?;
    Ok(path)
}
