//! Whose session an item of OTLP is, where we wrote it ourselves; and a request without those of some sessions.

use std::borrow::Cow;

use super::{items::Items, span};
use crate::pipeline::signal::Signal;

/// Where the attributes of a span and of a log record are.
const OF_SPAN: u32 = 9;
const OF_LOG_RECORD: u32 = 6;

const SESSION: &str = "session.id";

/// A session's id from 32 hex digits.
pub(crate) fn session_id(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let id = digits.then(|| u128::from_str_radix(text, 16).ok())??;
    Some(id.to_be_bytes())
}

/// `request` without the items of sessions that are `gone`, and how many these were. `None`: it cannot be read.
pub(crate) fn without(
    request: &[u8],
    signal: Signal,
    is_gone: impl Fn(&[u8; 16]) -> bool,
) -> Option<(Cow<'_, [u8]>, u64)> {
    let attributes = match signal {
        Signal::Traces => OF_SPAN,
        Signal::Logs => OF_LOG_RECORD,
        Signal::Metrics => return Some((Cow::Borrowed(request), 0)),
    };
    let items = Items::of(request)?;
    let stays = |content| {
        let session = span::attribute(content, attributes, SESSION).and_then(|text| session_id(&text));
        !session.is_some_and(|session| is_gone(&session))
    };
    let stay: Vec<bool> = items.iter().map(|item| stays(item.content)).collect();
    match stay.iter().filter(|stays| !**stays).count() as u64 {
        0 => Some((Cow::Borrowed(request), 0)),
        gone => {
            let rest = items.request(|at| stay.get(at).copied().unwrap_or(false));
            Some((Cow::Owned(rest), gone))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_thirty_two_hex_digits() {
        assert_eq!(session_id(&"0a".repeat(16)), Some([10; 16]));
        for bad in ["", "0a", &"0a".repeat(17), &"0g".repeat(16), &format!("+{}", "0".repeat(31))] {
            assert_eq!(session_id(bad), None, "{bad}");
        }
    }
}
