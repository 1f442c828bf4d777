//! `weft drain`: before a machine goes, everything it has accepted is delivered.

use std::time::Duration;

use serde_json::Value;

use super::{Failure, asking};
use crate::{admin::DRAIN, clock::Clock, config::Config};

/// How often the ledger is asked.
const EVERY: Duration = Duration::from_millis(500);

/// Tells the collector of `config` to turn everything away, and waits until nothing is pending.
///
/// # Errors
/// If it does not run, or is not done when `patience` is over.
pub async fn drain(config: &Config, patience: Duration) -> Result<String, Failure> {
    let (clock, asked) = (Clock::system(), asking(config)?);
    let told = asked.post("/api/drain").header(DRAIN, "1").send().await;
    told.map_err(|error| asked.nobody(&error))?.error_for_status()?;
    loop {
        let ledger: Value = serde_json::from_slice(&asked.get("/api/ledger").send().await?.bytes().await?)?;
        let left = left(&ledger);
        if left == 0 {
            return Ok("everything is delivered: it may be stopped\n".to_owned());
        }
        if clock.monotonic() >= patience {
            return Err(format!("{left} events are not delivered yet; they are in the spool. See /metrics for the destination that is behind").into());
        }
        clock.sleep(EVERY).await;
    }
}

/// Events not decided yet.
fn left(ledger: &Value) -> u64 {
    let count = |of: &Value, name: &str| of.get(name).and_then(Value::as_u64).unwrap_or(0);
    let keys = ledger.get("keys").and_then(Value::as_object);
    let of_key = |page: &Value| {
        let fates = page.get("destinations").and_then(Value::as_object);
        let pending: u64 = fates.into_iter().flatten().map(|(_, fates)| count(fates, "pending")).sum();
        count(page, "in_flight") + pending
    };
    keys.into_iter().flatten().map(|(_, page)| of_key(page)).sum()
}
