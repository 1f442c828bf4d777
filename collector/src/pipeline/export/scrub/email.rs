//! E-mail addresses, and not what only has an `@` in it: files, packages, frames of a stack.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::changed;

/// `text` without e-mail addresses. `None`: there is none.
pub(super) fn take_out(text: &str) -> Option<String> {
    if !text.contains('@') && !text.contains("%40") {
        return None;
    }
    let out = EMAIL.replace_all(text, |found: &Captures<'_>| {
        let (all, [end]) = found.extract();
        let is_file = FILES.iter().any(|file| end.eq_ignore_ascii_case(file));
        if is_file { all.to_owned() } else { ":email".to_owned() }
    });
    changed(text, out)
}

#[expect(clippy::expect_used, reason = "a constant, and tested")]
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9._%+-]+(?:@|%40)(?:[A-Za-z0-9-]+\.)+([A-Za-z]{2,24})\b").expect("a pattern")
});

/// Endings of files, which are no domains.
const FILES: [&str; 24] = [
    "js", "mjs", "cjs", "jsx", "ts", "tsx", "css", "scss", "map", "json", "html", "htm", "vue", "svelte",
    "wasm", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "woff",
];
