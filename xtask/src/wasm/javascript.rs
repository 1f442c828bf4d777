//! The module as JavaScript, by wasm2js.

use std::{fs, path::Path};

use super::wasm_opt;
use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository,
};

/// The same module for pages whose policy forbids WebAssembly. wasm2js knows the first version of WebAssembly only, so
/// what came later is lowered first.
pub(super) fn of(module: &Path) -> Outcome {
    let root = repository::root();
    let bin = |name: &str| Program::new(root.join("node_modules/.bin").join(name));
    let (lowered, long) = (root.join("target/lowered.wasm"), root.join("target/lowered.js"));
    let lowering = ["--llvm-memory-copy-fill-lowering", "--llvm-nontrapping-fptoint-lowering"];
    wasm_opt(
        module,
        &lowered,
        &[&lowering[..], &["--signext-lowering", "--strip-target-features"]].concat(),
    )?;
    bin("wasm2js").args(["-Oz"]).args([&lowered, Path::new("-o"), &long]).show()?;
    let text = fs::read_to_string(&long).map_err(Failure::while_doing("reading what wasm2js made"))?;
    let text = instantiated(&text).ok_or("wasm2js ends its modules in another way than it did")?;
    fs::write(&long, text).map_err(Failure::while_doing("writing target/lowered.js"))?;
    let made = format!("--outfile={}", root.join("wasm-sdk/dist/weft.wasm.js").display());
    bin("esbuild").args(["--minify", "--format=esm", "--log-level=warning", &made]).args([&long]).show()
}

/// A module that is made each time its default export is called, as WebAssembly is instantiated: each key of a page has
/// its own. wasm2js makes one, at its end, when it is loaded.
fn instantiated(module: &str) -> Option<String> {
    let (functions, end) = module.split_once("\nvar retasmFunc = asmFunc({")?;
    end.contains("export var memory = retasmFunc.memory;")
        .then(|| format!("{functions}\nexport default () => asmFunc({{}});\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_as_javascript_is_made_anew_each_time_it_is_asked_for() {
        let module = "function asmFunc(imports) {\n}\n\nvar retasmFunc = asmFunc({\n});\n\
            export var memory = retasmFunc.memory;\nexport var ack = retasmFunc.ack;\n";
        let made = instantiated(module).expect("it is what wasm2js makes");
        assert_eq!(made, "function asmFunc(imports) {\n}\n\nexport default () => asmFunc({});\n");
        assert_eq!(instantiated("export var memory = 1;"), None);
    }
}
