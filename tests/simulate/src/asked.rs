//! What a run was asked for.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: simulate [--sessions N] [--days D] [--seed S] [--json] [--without-sampling] [--weft FILE]

  --sessions N        stretches of use, 2000 by default; from 100000 on: memory of the program that --weft names
  --days D            over which they are spread, 30 by default
  --seed S            the same seed gives the same history and the same links
  --json              one line for programs
  --without-sampling  leaves out what samplers would leave of a thousand browsers";

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) sessions: u64,
    pub(crate) days: u64,
    pub(crate) seed: u64,
    pub(crate) json: bool,
    pub(crate) samples: bool,
    pub(crate) weft: Option<PathBuf>,
}

impl Asked {
    pub(crate) fn of(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut asked = Self { sessions: 2_000, days: 30, seed: 1, json: false, samples: true, weft: None };
        while let Some(name) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{name} needs a value behind it"));
            let number = |value: Result<String, String>| {
                let value = value?;
                value.parse().map_err(|_| format!("{name} {value}: this is no whole number"))
            };
            match name.as_str() {
                "--sessions" => asked.sessions = number(value())?,
                "--days" => asked.days = number(value())?,
                "--seed" => asked.seed = number(value())?,
                "--weft" => asked.weft = Some(value()?.into()),
                "--json" => asked.json = true,
                "--without-sampling" => asked.samples = false,
                _ => return Err(format!("there is no option {name}")),
            }
        }
        if asked.sessions == 0 || !(1..=365).contains(&asked.days) {
            return Err("a run has a session at least, and between 1 and 365 days".to_owned());
        }
        Ok(asked)
    }
}
