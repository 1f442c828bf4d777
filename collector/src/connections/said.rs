//! Attributes of a span as they lie in its bytes: those that the map is made of, by today's names and those of before.

use super::page::REQUEST_IDS;
use crate::pipeline::decode::wire::{Fields, Value};

/// What attributes say of a request.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) method: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    /// URL of the document that it was made in.
    pub(super) document: Option<&'a str>,
    pub(super) session: Option<&'a str>,
    pub(super) is_answered: bool,
    pub(super) request_ids: [Option<&'a str>; 2],
}

impl<'a> Said<'a> {
    pub(super) fn of(pairs: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut said = Self::default();
        each_pair(pairs, |name, text| match name {
            "http.request.method" | "http.method" => said.method = text,
            "url.full" | "http.url" => said.url = text,
            "browser.document.url.full" => said.document = text,
            "session.id" => said.session = text,
            // Of what nobody has answered it is 0, or is not there.
            "http.response.status_code" | "http.status_code" => said.is_answered = text != Some("0"),
            _ => {
                let which = REQUEST_IDS.iter().position(|id| *id == name);
                if let Some(place) = which.and_then(|which| said.request_ids.get_mut(which)) {
                    *place = text;
                }
            }
        });
        said
    }
}

/// Tells the name of each, and its value if that is a text that says something, or a list that begins with one; of numbers
/// only whether they are 0.
pub(super) fn each_pair<'a>(
    pairs: impl Iterator<Item = &'a [u8]>,
    mut tell: impl FnMut(&'a str, Option<&'a str>),
) {
    for pair in pairs {
        let (mut name, mut value) = ("", None);
        for field in Fields::of(pair).flatten() {
            match (field.tag, field.value) {
                (1, Value::Bytes(key)) => name = str::from_utf8(key).unwrap_or_default(),
                (2, Value::Bytes(any)) => value = text(any),
                _ => {}
            }
        }
        tell(name, value.filter(|text| !text.is_empty()));
    }
}

/// Of an `AnyValue`; of a list, its first.
fn text(any: &[u8]) -> Option<&str> {
    let field = Fields::of(any).flatten().next()?;
    match (field.tag, field.value) {
        (1, Value::Bytes(text)) => str::from_utf8(text).ok(),
        (3, Value::Varint(0)) => Some("0"),
        // A list of lists has no end that is worth looking for.
        (5, Value::Bytes(list)) => {
            let first = Fields::of(list).flatten().next()?;
            let Value::Bytes(any) = first.value else { return None };
            let field = Fields::of(any).flatten().next()?;
            match (field.tag, field.value) {
                (1, Value::Bytes(text)) => str::from_utf8(text).ok(),
                _ => None,
            }
        }
        _ => None,
    }
}
