//! `weft dead-letters ls | replay`: what destinations refused for good, and another try.

use std::{fmt::Write as _, fs, sync::Arc};

use super::{Failure, iso};
use crate::{
    clock::Clock,
    config::{Config, Destination},
    pipeline::export::{Answer, Client, DeadLetter, DeadLetters},
};

/// All of them: when, of whom, how much, and why.
///
/// # Errors
/// If they cannot be read.
pub fn list(config: &Config) -> Result<String, Failure> {
    let mut out = String::new();
    for to in &config.destinations.0 {
        for path in DeadLetters::new(&config.data, to, &Clock::system()).all()? {
            let letter = DeadLetter::read(&path)?;
            let (when, name, items) = (iso(letter.time_ms), &to.name, letter.items);
            writeln!(
                out,
                "{when} {name} {}/{} {items} items: {}",
                letter.application, letter.key, letter.reason
            )?;
        }
    }
    Ok(if out.is_empty() { "none\n".to_owned() } else { out })
}

/// Sends those of `destination` again; what is taken is a dead letter no longer.
///
/// # Errors
/// If there is no such destination, or it does not answer.
pub async fn replay(config: &Config, destination: &str) -> Result<String, Failure> {
    let to = config.destinations.0.iter().find(|to| *to.name == *destination);
    let to = to.ok_or_else(|| format!("there is no [export.{destination}] in the settings"))?;
    let letters = DeadLetters::new(&config.data, to, &Clock::system()).all()?;
    let client = Client::new(to, &Clock::system())?;
    let (all, mut taken) = (letters.len(), 0);
    for path in letters {
        let letter = DeadLetter::read(&path)?;
        match client.post(letter.signal(), client.packed(&letter.body)).await {
            Answer::Taken { rejected: 0, .. } => {
                taken += 1;
                fs::remove_file(path)?;
            }
            Answer::Taken { message: reason, .. }
            | Answer::Refused { reason, .. }
            | Answer::Unserved { reason } => println!("{}: refused again: {reason}", path.display()),
            Answer::Later { reason, .. } | Answer::Misconfigured { reason, .. } => {
                return Err(stopped(to, taken, all, &reason));
            }
        }
    }
    Ok(format!("{taken} of {all} taken\n"))
}

fn stopped(to: &Arc<Destination>, taken: usize, all: usize, reason: &str) -> Failure {
    format!("{taken} of {all} taken; {} does not answer as it should: {reason}", to.name).into()
}
