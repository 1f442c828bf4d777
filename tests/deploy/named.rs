//! Tests as pages name them, as in `module::the_name`, looked up in the source.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Where modules of tests are. All others are in `tests/`.
const ELSEWHERE: [(&str, &str); 9] = [
    ("blackbox", "collector/tests"),
    ("recorder", "wasm-sdk/tests"),
    ("acknowledged", "wasm-sdk/tests"),
    ("spans", "wasm-sdk/tests"),
    ("verbs", "wasm-sdk/tests"),
    ("ids", "wasm-sdk/tests"),
    ("codec", "proto/tests"),
    ("vectors", "proto/tests"),
    ("wire_md", "proto/tests"),
];

/// What stands between backticks and is the path of a module or of something in one.
pub(super) fn paths(text: &str) -> BTreeSet<String> {
    let is_path = |code: &&str| code.chars().all(|c| c.is_ascii_alphanumeric() || "_:…".contains(c));
    let code = text.split('`').skip(1).step_by(2).filter(|code| code.contains("::")).filter(is_path);
    code.map(str::to_owned).collect()
}

/// Whether there is such a module, or such a test in it; `…` stands for the rest of its name.
pub(super) fn exists(repository: &Path, path: &str) -> bool {
    let mut names = path.split("::").peekable();
    let first = names.peek().copied().unwrap_or_default();
    let place = ELSEWHERE.iter().find(|(module, _)| *module == first).map_or("tests", |(_, place)| place);
    let mut module = repository.join(place);
    while let Some(name) = names.next_if(|name| is_module(&module.join(name))) {
        module.push(name);
    }
    match (names.next(), names.next()) {
        (None, _) => true,
        (Some(name), None) => has(&module, name),
        _ => false,
    }
}

fn is_module(path: &Path) -> bool {
    path.is_dir() || file(path).is_file()
}

fn file(module: &Path) -> PathBuf {
    module.with_extension("rs")
}

fn has(module: &Path, name: &str) -> bool {
    let text = fs::read_to_string(file(module)).unwrap_or_default();
    match name.strip_suffix('…') {
        Some(beginning) => text.contains(&format!("fn {beginning}")),
        None => text.contains(&format!("fn {name}(")),
    }
}
