//! What a module exports: what its ABI and `wasm-sdk/src/cell.rs` do, and not the two addresses that the linker adds, with
//! what only they need.

use std::{fs, path::Path};

use super::FEATURES;
use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository,
};

/// Keeps of `module`, in `to`, what JavaScript may ask for: what is declared in the file `abi`.
pub(super) fn keep(module: &Path, to: &Path, abi: &str) -> Outcome {
    let root = repository::root();
    let of_both = repository::read(Path::new("wasm-sdk/src/cell.rs"))?;
    let abi = repository::read(Path::new(abi))? + &of_both;
    let graph = root.join("target/wasm-exports.json");
    fs::write(&graph, graph_of(&abi)).map_err(Failure::while_doing("writing target/wasm-exports.json"))?;
    Program::new(root.join("node_modules/.bin/wasm-metadce"))
        .args(FEATURES)
        .args([Path::new("--graph-file"), &graph, module, Path::new("-o"), to])
        .output()
        .map(drop)
}

/// Who reaches what, as `wasm-metadce` reads it: JavaScript reaches the memory and every function of the ABI.
fn graph_of(abi: &str) -> String {
    let functions = abi.split("extern \"C\" fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let names: Vec<&str> = functions.chain(["memory"]).collect();
    let reached = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
    let nodes = names.iter().map(|name| format!(",{{\"name\":\"{name}\",\"export\":\"{name}\"}}"));
    format!("[{{\"name\":\"js\",\"root\":true,\"reaches\":[{reached}]}}{}]", nodes.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_abi_declares_is_reached_and_kept() {
        let abi = "#[unsafe(no_mangle)]\n    extern \"C\" fn seal(wall: f64) -> usize {";
        assert_eq!(
            graph_of(abi),
            r#"[{"name":"js","root":true,"reaches":["seal","memory"]},{"name":"seal","export":"seal"},{"name":"memory","export":"memory"}]"#
        );
    }
}
