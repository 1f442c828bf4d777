//! `cargo xtask simulate`: builds what is released and what simulates people before it, and runs both.

use crate::{
    bench::{Bench, Keep, load_average},
    failure::Outcome,
    program::{Program, built},
};

/// From so many sessions on it is the memory of the released program that is measured.
const MANY: u64 = 100_000;

pub(crate) fn run(options: &[&str]) -> Outcome {
    let keep = if options.contains(&"--keep") { Keep::Yes } else { Keep::No };
    let options: Vec<&str> = options.iter().copied().filter(|option| *option != "--keep").collect();
    let mut run = Program::new(built("simulator", "simulate")?).args(&options);
    if is_about_memory(&options) {
        run = run.args(["--weft", &built("weft-collector", "weft")?]);
    }
    let about = Bench {
        name: if is_about_memory(&options) { "sessions" } else { "truth" },
        title: if is_about_memory(&options) {
            "What live sessions take"
        } else {
            "Links and what really caused what"
        },
        command: &format!("cargo xtask simulate {}", options.join(" ")),
        circumstances: "sender, collector and destination are on the same processors",
        load_average: load_average(),
    };
    about.run(run, keep)
}

fn is_about_memory(options: &[&str]) -> bool {
    let sessions = options.windows(2).find_map(|both| match both {
        ["--sessions", count] => count.parse::<u64>().ok(),
        _ => None,
    });
    sessions.is_some_and(|sessions| sessions >= MANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_very_many_sessions_is_about_memory() {
        assert!(is_about_memory(&["--seed", "2", "--sessions", "1000000"]));
        assert!(!is_about_memory(&["--sessions", "2000"]));
        assert!(!is_about_memory(&["--sessions"]));
        assert!(!is_about_memory(&[]));
    }
}
