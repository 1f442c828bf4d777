//! What pages say → the same without what is nobody's business: addresses with queries, e-mail addresses, card numbers,
//! secrets.
//!
//! The SDK has done so already, before anything was kept. This is for what an older SDK, another client or a stranger
//! sends. Links are found by what was sent: two e-mail addresses do not become one visitor because both are taken out.
//! Every pattern takes time linear in the text: a stranger chooses it.

mod card;
mod email;
mod secret;

use std::{borrow::Cow, collections::HashSet};

use regex::NoExpand;
use weft_proto::{Attribute, Batch, StrId, Value};

use crate::config::Scrub;

/// A batch without it. Mostly there is none of it.
pub(crate) fn scrubbed<'b>(scrub: &Scrub, batch: &'b Batch) -> Cow<'b, Batch> {
    let changes = changes(scrub, batch);
    let secrets: Vec<_> = [&batch.attributes, &batch.resource].map(|all| secrets(scrub, batch, all)).into();
    if changes.is_empty() && secrets.iter().all(Vec::is_empty) {
        return Cow::Borrowed(batch);
    }
    let mut scrubbed = batch.clone();
    scrubbed.strings = batch.strings.with(&changes);
    let token = scrubbed.strings.intern(secret::TOKEN);
    for (all, secrets) in [&mut scrubbed.attributes, &mut scrubbed.resource].into_iter().zip(secrets) {
        for at in secrets {
            if let Some(attribute) = all.get_mut(at) {
                attribute.value = Value::Text(token);
            }
        }
    }
    Cow::Owned(scrubbed)
}

/// Texts that change, in ascending order. Names of attributes stay as they are: two of them could become one.
fn changes(scrub: &Scrub, batch: &Batch) -> Vec<(StrId, String)> {
    let mut keys = HashSet::new();
    for attribute in batch.attributes.iter().chain(&batch.resource) {
        keys.insert(attribute.key);
        keys_within(&attribute.value, &mut keys);
    }
    let texts = (0..batch.strings.len()).map(|at| StrId(at as u32)).filter(|id| !keys.contains(id));
    let changed = texts.filter_map(|id| match text(scrub, batch.strings.get(id)) {
        Cow::Owned(text) => Some((id, text)),
        Cow::Borrowed(_) => None,
    });
    changed.collect()
}

/// Depth is bounded by the decoder.
fn keys_within(value: &Value, keys: &mut HashSet<StrId>) {
    match value {
        Value::List(values) => values.iter().for_each(|value| keys_within(value, keys)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            keys.insert(*key);
            keys_within(value, keys);
        }),
        _ => {}
    }
}

/// Attributes whose names say that their text is a secret.
fn secrets(scrub: &Scrub, batch: &Batch, all: &[Attribute]) -> Vec<usize> {
    let is_secret = |attribute: &Attribute| {
        scrub.tokens
            && matches!(attribute.value, Value::Text(_))
            && secret::is_named(batch.strings.get(attribute.key))
    };
    all.iter().enumerate().filter(|(_, attribute)| is_secret(attribute)).map(|(at, _)| at).collect()
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
            change(&mut text, email::take_out);
        }
        if scrub.cards {
            change(&mut text, card::take_out);
        }
    }
    for pattern in &scrub.also {
        change(&mut text, |text| changed(text, pattern.replace_all(text, NoExpand(":scrubbed"))));
    }
    text
}

/// Bytes of the shortest text with anything in it: `a@b.de`.
const LEAST: usize = 6;

fn change(text: &mut Cow<'_, str>, change: impl Fn(&str) -> Option<String>) {
    if let Some(changed) = change(text) {
        *text = Cow::Owned(changed);
    }
}

/// As the SDK does it with a text whose name says nothing. `None`: there is nothing to take out.
fn address(text: &str) -> Option<String> {
    let may_be = text.starts_with(['/', '?', '#']) || text.contains("://") || text.contains('?');
    let scrubbed = may_be.then(|| weft_sdk::policy::scrub(b"", text.as_bytes()))?;
    // It only takes out of a text, at places between characters.
    changed(text, String::from_utf8(scrubbed).ok()?.into())
}

/// What a text has become, if that is something else.
fn changed(text: &str, without: Cow<'_, str>) -> Option<String> {
    (without != text).then(|| without.into_owned())
}

#[cfg(test)]
mod tests;
