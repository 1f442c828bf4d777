//! What may be wrong with the token of a page.

use axum::http::StatusCode;

use crate::outcome::Outcome;

/// Why a token is not taken. A page asks for another one then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// There is none.
    Missing,
    /// It is none that the key's ring has signed, for this key and for now.
    Invalid(&'static str),
    /// It was one.
    Expired,
    /// None is made here.
    NotMade,
}

impl TokenFault {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Missing => Outcome::TokenMissing,
            Self::Invalid(_) => Outcome::TokenInvalid,
            Self::Expired => Outcome::TokenExpired,
            Self::NotMade => Outcome::TokenNotMade,
        }
    }

    pub(super) fn status(self) -> StatusCode {
        if self == Self::NotMade { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED }
    }

    /// What the client should change.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Missing => "This key needs a token of the page's backend: give the SDK the option `token`, or set needed = false under the key's tokens.".into(),
            Self::Invalid(why) => format!("The token is not valid ({why}): check how the backend signs it, and that its key is in the ring of this key."),
            Self::Expired => "The token has expired: get another one. The SDK does so by itself.".into(),
            Self::NotMade => "This collector makes no tokens for this key: let your backend make them, or set made_here = true under the key's tokens.".into(),
        }
    }
}
