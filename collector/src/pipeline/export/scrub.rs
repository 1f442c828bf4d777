//! What pages say → the same without what is nobody's business: addresses with queries, e-mail addresses, card numbers,
//! secrets.
//!
//! The SDK has done so already, before anything was kept. This is for what an older SDK, another client or a stranger
//! sends. Links are found by what was sent: two e-mail addresses do not become one visitor because both are taken out.

mod card;
mod secret;

use std::{borrow::Cow, sync::LazyLock};

use regex::{NoExpand, Regex};
use weft_proto::{Batch, StrId};

use crate::config::Scrub;

/// A batch without it. Mostly there is none of it.
pub(crate) fn batch<'b>(scrub: &Scrub, batch: &'b Batch) -> Cow<'b, Batch> {
    let strings = &batch.strings;
    let all = (0..strings.len()).map(|at| StrId(at as u32));
    let changes: Vec<_> = all
        .filter_map(|id| match text(scrub, strings.get(id)) {
            Cow::Owned(text) => Some((id, text)),
            Cow::Borrowed(_) => None,
        })
        .collect();
    if changes.is_empty() {
        return Cow::Borrowed(batch);
    }
    let mut scrubbed = batch.clone();
    scrubbed.strings = strings.with(&changes);
    Cow::Owned(scrubbed)
}

/// A text without it.
fn text<'t>(scrub: &Scrub, text: &'t str) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    // Shorter ones are no secrets.
    if text.len() >= LEAST {
        // What an address holds is looked at by its parts first: then most of it is gone.
        if scrub.addresses {
            change(&mut text, address);
        }
        if scrub.tokens {
            change(&mut text, secret::take_out);
        }
        if scrub.emails {
            change(&mut text, |text| replace(&EMAIL, text, ":email"));
        }
        if scrub.cards {
            change(&mut text, card::take_out);
        }
    }
    for pattern in &scrub.also {
        change(&mut text, |text| replace(pattern, text, ":scrubbed"));
    }
    text
}

/// Bytes of the shortest text with anything in it: `a@b.de`.
const LEAST: usize = 6;

#[expect(clippy::expect_used, reason = "a constant, and tested")]
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    let local = "[A-Za-z0-9._%+-]{1,64}";
    let pattern =
        format!("{local}(?:@|%40)[A-Za-z0-9-]{{1,63}}(?:\\.[A-Za-z0-9-]{{1,63}})*\\.[A-Za-z]{{2,24}}\\b");
    Regex::new(&pattern).expect("a pattern")
});

fn change(text: &mut Cow<'_, str>, change: impl Fn(&str) -> Option<String>) {
    if let Some(changed) = change(text) {
        *text = Cow::Owned(changed);
    }
}

/// As the SDK does it. `None`: there is nothing to take out.
fn address(text: &str) -> Option<String> {
    let may_be = text.starts_with(['/', '?', '#']) || text.contains("://") || text.contains('?');
    let scrubbed = may_be.then(|| weft_sdk::policy::scrub(b"", text.as_bytes()))?;
    // It only takes out of a text, at places between characters.
    String::from_utf8(scrubbed).ok().filter(|scrubbed| scrubbed != text)
}

fn replace(pattern: &Regex, text: &str, by: &str) -> Option<String> {
    match pattern.replace_all(text, NoExpand(by)) {
        Cow::Owned(replaced) => Some(replaced),
        Cow::Borrowed(_) => None,
    }
}

#[cfg(test)]
mod tests;
