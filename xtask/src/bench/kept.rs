//! A bench's tables as a dated file in `benches/runs`, with where they were made: without that numbers mean nothing.

use std::fs;

use super::Keep;
use crate::{
    failure::{Failure, Outcome},
    program::Program,
    repository,
};

/// What is said of a bench above its tables.
pub(crate) struct Bench<'a> {
    /// In the file's name.
    pub(crate) name: &'a str,
    pub(crate) title: &'a str,
    /// What runs it again.
    pub(crate) command: &'a str,
    /// What a reader must know to read the numbers.
    pub(crate) circumstances: &'a str,
    /// Before it ran.
    pub(crate) load_average: String,
}

impl Bench<'_> {
    /// Runs it; its tables are what it prints.
    pub(crate) fn run(&self, program: Program, keep: Keep) -> Outcome {
        let mut tables = String::new();
        if !program.watch(|line| tables.push_str(&format!("{line}\n")))? {
            return Err("the bench failed, see above".into());
        }
        if keep == Keep::Yes { self.write(&tables) } else { Ok(()) }
    }

    fn write(&self, tables: &str) -> Outcome {
        let (date, commit) = (said("date", &["+%F"]), said("git", &["rev-parse", "--short", "HEAD"]));
        let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
        let commit_said = if changed { format!("{commit} with changes") } else { commit.clone() };
        let text = format!(
            "# {}\n\n{date} · commit {commit_said} · {}, {} cores, {} MiB, load average {} before · Linux {}, {} · {} · {} · node {}\n\
             `{}`; {}.\n\n{tables}",
            self.title,
            processor(),
            said("nproc", &[]),
            memory_mib(),
            self.load_average,
            said("uname", &["-r"]),
            said("stat", &["--file-system", "--format=%T", "target"]),
            said("rustc", &["--version"]),
            said("go", &["version"]),
            said("node", &["--version"]),
            self.command,
            self.circumstances,
        );
        let path = repository::root().join(format!("benches/runs/{date}-{}-{commit}.md", self.name));
        fs::write(&path, text).map_err(Failure::while_doing("writing the run"))?;
        println!("\nkept as {}", path.display());
        Ok(())
    }
}

/// Whether anything else was running.
pub(crate) fn load_average() -> String {
    let all = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    all.split(' ').next().unwrap_or_default().to_owned()
}

fn said(program: &str, args: &[&str]) -> String {
    let said = Program::new(program).args(args).output();
    said.map_or_else(|_| format!("no {program}"), |said| said.trim().to_owned())
}

fn processor() -> String {
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.to_owned())
}

fn memory_mib() -> u64 {
    let about = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = about.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
