//! Why a chore failed: one sentence that says what to do.

use std::fmt;

/// What every chore returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A sentence for the person at the terminal. Nothing in here is ever matched upon.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Says what was being done when an operation of the system failed.
    pub(crate) fn while_doing(what: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self(format!("{what}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}
