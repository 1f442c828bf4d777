//! `weft blocks`: whom nothing new is taken of at present, and how to end that.

use serde_json::Value;

use super::{Failure, asking, iso};
use crate::{admin::LIFT, config::Config};

/// The blocks of the running collector of `config`; or, with a number, that this one holds no longer.
///
/// # Errors
/// If it does not run, or there is no such block.
pub async fn blocks(config: &Config, lift: Option<u64>) -> Result<String, Failure> {
    let asked = asking(config)?;
    if let Some(number) = lift {
        return asked.order("/api/blocks/lift", LIFT, number).await;
    }
    let blocks = asked.list("/api/blocks", "blocks").await?;
    if blocks.is_empty() {
        return Ok("nobody is blocked\n".to_owned());
    }
    Ok(blocks.iter().map(line).collect())
}

/// Of one.
fn line(block: &Value) -> String {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or("(no such key)");
    let number = |name: &str| block.get(name).and_then(Value::as_u64).unwrap_or(0);
    format!(
        "{}: {} with key {}, until {}: refused {} times in a minute, mostly {}; {} requests since\n",
        number("number"),
        text("address"),
        text("key"),
        iso(number("until_ms")),
        number("refused"),
        text("reason"),
        number("turned_away")
    )
}
