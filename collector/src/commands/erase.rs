//! `weft erase`: a session leaves no more, in whichever key it is.

use super::{Failure, asking};
use crate::{admin::ERASE, config::Config};

/// Tells the running collector of `config` to erase `session`, by its `session.id`.
///
/// # Errors
/// If it does not run, or the session is none.
pub async fn erase(config: &Config, session: &str) -> Result<String, Failure> {
    asking(config)?.order("/api/erase", ERASE, session).await
}
