//! Sizes for people: goal and result side by side, then where the bytes go.

use super::{Fact, Facts, MEASURED, functions};
use crate::failure::Outcome;

/// Functions of the module that are shown; the others are added up.
const MOST_FUNCTIONS: usize = 30;

pub(super) fn print(facts: &Facts) -> Outcome {
    println!("Bytes a browser fetches        brotli -q11    must    goal       gzip -9");
    for (name, must, goal) in MEASURED {
        let size = facts.of(name);
        let verdict = match size.brotli {
            bytes if bytes <= goal => "reached".to_owned(),
            bytes if bytes <= must => format!("{} over the goal", bytes - goal),
            bytes => format!("{} TOO MUCH", bytes - must),
        };
        println!("{name:<30} {:>11} {must:>7} {goal:>7} {:>13}  {verdict}", size.brotli, size.gzip);
    }
    files("\nOf that", &facts.parts);
    files("\nFetched later, or only by pages that need it", &facts.chunks);
    modules(&facts.modules);
    functions()
}

fn files(title: &str, of: &[Fact]) {
    println!("{title}");
    for Fact { program, name, size } in of {
        let program = if program == "*" { "" } else { program };
        let name = without_hash(name);
        println!("  {program:<6} {name:<26} {:>7} {:>29}", size.brotli, size.gzip);
    }
}

/// `chunk-replay-4VC6O7KJ.js` → `replay.js`.
fn without_hash(name: &str) -> String {
    let inner = name.strip_prefix("chunk-").and_then(|name| name.rsplit_once('-'));
    inner.map_or_else(|| name.to_owned(), |(name, _)| format!("{name}.js"))
}

fn modules(facts: &[Fact]) {
    println!("\nTypeScript modules, minified bytes                  hello    full");
    let mut names: Vec<&str> = facts.iter().map(|fact| fact.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let of = |program: &str, name: &str| {
        let found = facts.iter().find(|fact| fact.program == program && fact.name == name);
        found.map_or(0, |fact| fact.size.plain)
    };
    let mut rows: Vec<_> =
        names.into_iter().map(|name| (of("hello", name), of("full", name), name)).collect();
    rows.sort_by_key(|&(hello, full, name)| (std::cmp::Reverse(hello.max(full)), name));
    for (hello, full, name) in rows {
        println!("  {name:<46} {hello:>8} {full:>7}");
    }
}

fn functions() -> Outcome {
    println!("\nRust functions, bytes of code after wasm-opt");
    let functions = functions::of_module()?;
    let (shown, rest) = functions.split_at(functions.len().min(MOST_FUNCTIONS));
    for (name, bytes) in shown {
        println!("  {bytes:>7}  {name}");
    }
    let bytes: u64 = rest.iter().map(|(_, bytes)| bytes).sum();
    println!("  {bytes:>7}  in {} others", rest.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_named_as_their_sources() {
        assert_eq!(without_hash("chunk-vitals-chunk-YUZPV5M3.js"), "vitals-chunk.js");
        assert_eq!(without_hash("full.js"), "full.js");
    }
}
