//! What differs from backend to backend.

use std::path::{Path, PathBuf};

use crate::span::Span;

/// A backend that can be started, sent to and asked.
pub(crate) trait Backend: Sized {
    /// Where its program is once `cargo xtask` has fetched or built it, below `target/`.
    const PROGRAM: &str;

    /// More settings of the destination in the collector's configuration.
    const SETTINGS: &str = "";

    /// What of a span it cannot keep, for the table.
    const FORGETS: &str = "";

    /// Whether a span that is sent again shows once.
    const SHOWS_ONCE: bool = true;

    /// Starts it; when this returns it takes spans.
    async fn start(program: &Path) -> Self;

    /// What the collector is told to export to.
    fn endpoint(&self) -> String;

    /// Everything it shows.
    async fn spans(&self) -> Vec<Span>;

    /// What is left of a span by what it cannot keep.
    fn shown(sent: Span) -> Span {
        sent
    }
}

/// Its program; or why there is none.
pub(crate) fn program<B: Backend>() -> Result<PathBuf, String> {
    at(B::PROGRAM)
}

/// A program below `target/`; or why there is none.
pub(crate) fn at(path: &str) -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let program = target.join(path);
    if program.is_file() {
        return Ok(program);
    }
    // Left by the set-up where it tried and could not.
    let why = std::fs::read_to_string(program.with_extension("why"));
    Err(why.unwrap_or_else(|_| format!("no target/{path}: `cargo xtask setup` makes it, some with --slow")))
}
