//! `Server-Timing`: the trace in it, and whether a page of another origin sees it.

use super::{
    answer::{Answer, shown},
    finding::Finding,
    way::Step,
};

const TIMING_ALLOW_ORIGIN: &str = "Timing-Allow-Origin";

/// As much of a header as is looked at.
const LOOKED_AT: usize = 8192;

/// Trace and span of a `traceparent`, as the SDK reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Traceparent {
    pub(super) trace: String,
    pub(super) span: String,
    pub(super) is_sampled: bool,
}

impl Traceparent {
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let is_hex = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_one = version == "00" && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
        let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
        if !is_one || is_zero(trace) || is_zero(span) || parts.next().is_some() {
            return None;
        }
        let is_sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        Some(Self { trace: trace.to_owned(), span: span.to_owned(), is_sampled })
    }
}

/// What the entry `traceparent` says, whether or not it is one.
pub(super) fn traceparent(answer: &Answer) -> Option<String> {
    described(&answer.header("server-timing")?, "traceparent")
}

/// Whether a page of another origin sees times and `Server-Timing` (TAO check).
pub(super) fn may_be_seen(step: &Step, answer: &Answer) -> Finding {
    let value = answer.header(TIMING_ALLOW_ORIGIN);
    let seen = shown(TIMING_ALLOW_ORIGIN, value.as_deref());
    let listed = value.as_deref().unwrap_or_default().split(',').map(str::trim);
    // Origins of this header are compared letter by letter.
    if listed.into_iter().any(|item| item == "*" || item == step.origin) {
        return Finding::ok("timing-allow-origin", seen);
    }
    let change = format!("add {TIMING_ALLOW_ORIGIN}: {}", step.origin);
    if answer.header("server-timing").is_some() {
        let seen = format!("{seen}: the page does not see Server-Timing, nor the times of the request");
        return Finding::wrong("timing-allow-origin", seen, change);
    }
    Finding::warning(
        "timing-allow-origin",
        format!("{seen}: the times of the request are hidden from the page"),
        change,
    )
}

/// `desc` of the first entry `name`: names and parameters with `;`, entries with `,`, texts in quotes may hold both.
fn described(header: &str, name: &str) -> Option<String> {
    let header: String = header.chars().take(LOOKED_AT).collect();
    split(&header, ',').into_iter().find_map(|entry| {
        let mut parts = split(&entry, ';').into_iter();
        if parts.next()?.trim() != name {
            return None;
        }
        let described = parts.find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case("desc").then(|| unquoted(value.trim()))
        });
        Some(described.unwrap_or_default())
    })
}

fn split(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in text.chars() {
        if character == at && !is_quoted {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        if character == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = is_quoted && character == '\\' && !is_escaped;
        part.push(character);
    }
    parts.push(part);
    parts
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest)) else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_entry_is_found_among_others() {
        for header in [
            format!("traceparent;desc=\"{ONE}\""),
            format!("db;dur=5;desc=\"a, traceparent;desc=\\\"no\\\"\", traceparent; DESC = {ONE};dur=0"),
            format!("cache , traceparent;desc=\"{ONE}"),
        ] {
            assert_eq!(described(&header, "traceparent").as_deref(), Some(ONE), "{header}");
        }
        assert_eq!(described("db;desc=\"traceparent\"", "traceparent"), None);
        assert_eq!(described("traceparent", "traceparent").as_deref(), Some(""));
    }

    #[test]
    fn a_traceparent_is_what_the_sdk_takes_for_one() {
        let read = Traceparent::read(ONE).unwrap();
        assert!(read.is_sampled && read.span == "b7ad6b7169203331");
        for wrong in ["", "00-0-0-01", &ONE.to_uppercase(), &format!("{ONE}-00"), &ONE.replace("00-", "01-")]
        {
            assert_eq!(Traceparent::read(wrong), None, "{wrong}");
        }
        assert_eq!(Traceparent::read("00-00000000000000000000000000000000-b7ad6b7169203331-01"), None);
    }

    proptest! {
        #[test]
        fn nothing_in_a_header_panics(header in "[a-z=;,\"\\\\ é-]{0,80}", text in ".{0,60}") {
            _ = described(&header, "traceparent");
            _ = Traceparent::read(&text);
        }
    }
}
