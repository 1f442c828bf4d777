//! `cargo xtask simulate`: one run, its tables, and whether the goals are met.

#![forbid(unsafe_code)]

mod asked;

use std::process::ExitCode;

use simulator::{
    drive::{Came, drive},
    history::{BEGAN_MS, Extent, History},
    judge::judge,
    live,
    network::DAY,
    report::{self, By, Rated},
    sampling::{Rate, behind_collector, by_sdk},
};
use support::random::Random;

use asked::Asked;

/// From here on it is about memory: the truth does not need so many.
const MANY: u64 = 100_000;

/// People whose events are sampled.
const BROWSERS: u64 = 1_000;

/// What of them is kept, in percent: in the first half of the time, and in the second.
const RATES: [(u64, u64); 5] = [(1, 1), (10, 10), (50, 50), (50, 10), (10, 50)];

/// Sessions a person has on average.
const PER_PERSON: u64 = 4;

#[tokio::main]
async fn main() -> ExitCode {
    let asked = match Asked::of(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("{why}\n{}", asked::USAGE);
            return ExitCode::FAILURE;
        }
    };
    let run = if asked.sessions >= MANY { tokio::spawn(memory(asked)) } else { tokio::spawn(truth(asked)) };
    // What the simulator cannot do is a panic, which it has already explained.
    match run.await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Whether every goal is met.
async fn truth(asked: Asked) -> bool {
    let Asked { sessions, days, seed, json, .. } = asked;
    let extent = Extent { sessions, days, per_person: PER_PERSON, ours: 50, rate: Rate::ALL };
    let history = History::of(&extent, &mut Random::of(seed));
    let came = drive(&history).await;
    let verdict = judge(&history.truth, &came.spans);
    let sampled = if asked.samples { sampling(days, seed).await } else { Vec::new() };
    let met = verdict.rows.iter().all(|(row, count)| report::meets(row, count))
        && sampled.iter().all(report::leads_nowhere_else);
    if json {
        println!("{}", report::json(&verdict, &history, &came, &sampled, met));
    } else {
        println!("{}\n{}", report::about(&history, &came), report::kinds(&verdict, &history));
        if !sampled.is_empty() {
            println!("{}", report::sampling(&sampled));
        }
        verdict.examples.iter().for_each(|example| println!("{example}"));
    }
    met
}

/// What is left of what a thousand browsers do where their SDK samples, and where only a sampler behind the collector does.
async fn sampling(days: u64, seed: u64) -> Vec<Rated> {
    let midway = BEGAN_MS + days * DAY / 2;
    let extent = |rate| Extent { sessions: BROWSERS * 2, days, per_person: 2, ours: 100, rate };
    let rate = |(before, after)| Rate { before, after, changes_ms: midway };
    let mut rows = Vec::new();
    for rate in RATES.map(rate) {
        let history = History::of(&extent(rate), &mut Random::of(seed));
        let Came { spans, .. } = drive(&history).await;
        let missed = judge(&history.truth, &spans)
            .rows
            .iter()
            .filter(|(row, count)| !report::meets(row, count))
            .count();
        rows.push(Rated { by: By::Sdk, rate, sampled: by_sdk(&history.truth, &spans), missed });
    }
    let all = drive(&History::of(&extent(Rate::ALL), &mut Random::of(seed))).await;
    rows.extend(RATES.map(rate).map(|rate| {
        let sampled = behind_collector(&all.spans, rate);
        Rated { by: By::Collector, rate, sampled, missed: 0 }
    }));
    rows
}

/// Whether so many live sessions fit.
async fn memory(asked: Asked) -> bool {
    let Some(weft) = asked.weft else {
        eprintln!("so many sessions are about memory: `--weft FILE` says which program is to be loaded");
        return false;
    };
    let taken = live::load(&weft, asked.sessions, asked.seed).await;
    let met = taken.peak <= report::MOST_MEMORY && taken.not_looked_at == 0;
    if asked.json {
        println!("{}", report::live_json(&taken, met));
    } else {
        println!("{}", report::live(&taken));
    }
    met
}
