//! What pages say → the same without what is nobody's business: addresses with queries, e-mail addresses, card numbers,
//! secrets.
//!
//! The SDK has done so already, before anything was kept. This is for what an older SDK, another client or a stranger
//! sends. Links are found by what was sent: two e-mail addresses do not become one visitor because both are taken out.
//! Every pattern takes time linear in the text: a stranger chooses it.

mod card;
mod clean;
mod email;
mod secret;
mod signs;

use std::borrow::Cow;

use regex::NoExpand;
use weft_proto::{Attribute, Batch, StrId, Value};

use self::{clean::Remembered, signs::Signs};
use crate::config::Scrub;

/// A batch without it. Mostly there is none of it.
pub(crate) fn scrubbed<'b>(scrub: &Scrub, batch: &'b Batch) -> Cow<'b, Batch> {
    let is_key = keys(batch);
    let changes = changes(scrub, batch, &is_key);
    let is_secret = secrets(scrub, batch, &is_key);
    let tell = |attribute: &Attribute| is_secret_text(attribute, &is_secret);
    let has_secrets = batch.attributes.iter().chain(&batch.resource).any(tell);
    if changes.is_empty() && !has_secrets {
        return Cow::Borrowed(batch);
    }
    let mut scrubbed = batch.clone();
    scrubbed.strings = batch.strings.with(&changes);
    let token = scrubbed.strings.intern(secret::TOKEN);
    for attribute in scrubbed.attributes.iter_mut().chain(&mut scrubbed.resource) {
        if is_secret_text(attribute, &is_secret) {
            attribute.value = Value::Text(token);
        }
    }
    Cow::Owned(scrubbed)
}

/// Of each string, whether anything is called so.
fn keys(batch: &Batch) -> Vec<bool> {
    let mut is_key = vec![false; batch.strings.len()];
    let mut found = |key: StrId| {
        if let Some(is_key) = is_key.get_mut(key.0 as usize) {
            *is_key = true;
        }
    };
    for attribute in batch.attributes.iter().chain(&batch.resource) {
        found(attribute.key);
        keys_within(&attribute.value, &mut found);
    }
    is_key
}

/// Texts that change, in ascending order. Names of attributes stay as they are: two of them could become one.
fn changes(scrub: &Scrub, batch: &Batch, is_key: &[bool]) -> Vec<(StrId, String)> {
    let texts = batch.strings.iter().zip(is_key).filter(|(_, is_key)| !**is_key);
    let changed = texts.filter_map(|((id, from), _)| match text(scrub, from) {
        Cow::Owned(text) => Some((id, text)),
        Cow::Borrowed(_) => None,
    });
    changed.collect()
}

/// Depth is bounded by the decoder.
fn keys_within(value: &Value, found: &mut impl FnMut(StrId)) {
    match value {
        Value::List(values) => values.iter().for_each(|value| keys_within(value, found)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            found(*key);
            keys_within(value, found);
        }),
        _ => {}
    }
}

/// Of each string, whether it is a name that says that a text is a secret.
fn secrets(scrub: &Scrub, batch: &Batch, is_key: &[bool]) -> Vec<bool> {
    let names = batch.strings.iter().zip(is_key);
    names.map(|((_, name), is_key)| scrub.tokens && *is_key && secret::is_named(name)).collect()
}

fn is_secret_text(attribute: &Attribute, is_secret: &[bool]) -> bool {
    matches!(attribute.value, Value::Text(_)) && is_secret.get(attribute.key.0 as usize).is_some_and(|is| *is)
}

/// A text without it.
fn text<'t>(scrub: &Scrub, text: &'t str) -> Cow<'t, str> {
    let remembered = Remembered::of(text, scrub.seed);
    if remembered.is_clean() {
        return Cow::Borrowed(text);
    }
    let looked_through = look_through(scrub, text);
    if let Cow::Borrowed(_) = looked_through {
        remembered.was_clean();
    }
    looked_through
}

fn look_through<'t>(scrub: &Scrub, text: &'t str) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    // Shorter ones are no secrets.
    if text.len() >= LEAST {
        // What an address holds is looked at by its parts first: then most of it is gone.
        if scrub.addresses {
            change(&mut text, address);
        }
        // What is put in below has none of the signs that are looked for there.
        let signs = Signs::of(&text);
        if scrub.tokens {
            change(&mut text, |text| secret::take_out(text, &signs));
        }
        if scrub.emails && signs.has(signs::MAIL) {
            change(&mut text, email::take_out);
        }
        if scrub.cards && signs.digits >= *card::LENGTHS.start() {
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
