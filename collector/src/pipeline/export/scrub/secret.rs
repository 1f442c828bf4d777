//! Secrets that are known by how they look, or by what they are called.

use std::{borrow::Cow, sync::LazyLock};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::{
    change, changed,
    signs::{BLANK, GIVEN, QUOTE, Signs},
};

/// `text` without secrets. `None`: there is none.
pub(super) fn take_out(text: &str, signs: &Signs) -> Option<String> {
    let mut out = Cow::Borrowed(text);
    if BEGINNINGS.is_match(text) {
        change(&mut out, |text| changed(text, SHAPES.replace_all(text, TOKEN)));
    }
    if signs.has(BLANK) {
        change(&mut out, |text| changed(text, BEARER.replace_all(text, borne)));
    }
    if signs.has(GIVEN | QUOTE) {
        change(&mut out, |text| changed(text, NAMED.replace_all(text, named)));
    }
    changed(text, out)
}

fn borne(found: &Captures<'_>) -> String {
    let (_, [scheme, token]) = found.extract();
    // "The bearer authentication failed" has none.
    let is_word = token.len() < 24 && token.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    format!("{scheme}{}", if is_word { token } else { TOKEN })
}

fn named(found: &Captures<'_>) -> String {
    let (_, [name, value]) = found.extract();
    let is_word = matches!(value, "undefined" | "null" | "true" | "false" | "none" | "None" | TOKEN);
    format!("{name}{}", if is_word { value } else { TOKEN })
}

/// Whether an attribute of this name is a secret, by how its name ends.
pub(super) fn is_named(attribute: &str) -> bool {
    NAME.is_match(attribute)
}

pub(super) const TOKEN: &str = ":token";

/// JWTs, and keys of services that give theirs a beginning.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    let shapes = [
        r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
        r"(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"gh[opsur]_[A-Za-z0-9]{36,}",
        r"github_pat_[A-Za-z0-9_]{22,}",
        r"glpat-[A-Za-z0-9_-]{20,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"[prs]k_(?:live|test)_[A-Za-z0-9]{16,}",
        r"AIza[0-9A-Za-z_-]{35}",
        r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"npm_[A-Za-z0-9]{36}",
        r"(?:ya29|1//)[A-Za-z0-9._-]{30,}",
    ];
    Regex::new(&format!("(?:^|\\b)(?:{})", shapes.join("|"))).expect("a pattern")
});

/// What [`SHAPES`] begin with: found without a pattern's memory, for which threads would wait.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static BEGINNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let beginnings = [
        "eyJ",
        "AKIA",
        "ASIA",
        "gho_",
        "ghp_",
        "ghs_",
        "ghu_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "xox",
        "k_live_",
        "k_test_",
        "AIza",
        "SG.",
        "npm_",
        "ya29",
        "1//",
    ];
    AhoCorasick::new(beginnings).expect("a few words")
});

/// As in `Authorization`.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static BEARER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})").expect("a pattern"));

/// What secrets are called, at the end of a name.
const NAMES: &str = "(?:password|passwd|passphrase|pwd|secret|credentials?|api[_-]?key|access[_-]?key|token)";

/// `password=…`, `"token": "…"`, also within JSON that is itself a text.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let given = r#"\s*=\s*["']?|\\?["']\s*:\s*(?:\\?["'])?"#;
    Regex::new(&format!(r#"(?i)({NAMES}(?:{given}))([^\s"'&,;)}}\]\\]{{4,}})"#)).expect("a pattern")
});

/// Names of attributes.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i)(?:{NAMES}|authorization|cookie)$")).expect("a pattern"));
