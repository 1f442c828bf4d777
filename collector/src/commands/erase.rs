//! `weft erase`: a session leaves no more, in whichever key it is.

use super::{Failure, asking};
use crate::{admin::ERASE, config::Config};

/// Tells the running collector of `config` to erase `session`, by its `session.id`.
///
/// # Errors
/// If it does not run, or the session is none.
pub async fn erase(config: &Config, session: &str) -> Result<String, Failure> {
    let asked = asking(config)?;
    let answer = asked.post("/api/erase").header(ERASE, session).send().await;
    let answer = answer.map_err(|error| asked.nobody(&error))?;
    let (is_done, said) = (answer.status().is_success(), answer.text().await?);
    if is_done { Ok(said) } else { Err(said.into()) }
}
