//! What a site was asked.

use std::collections::BTreeMap;

use axum::http::request::Parts;

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path with its query.
    pub path: String,
    /// Its headers, names in lower case; values of one name joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn new(head: &Parts, body: Vec<u8>) -> Self {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let of_name = headers.entry(name.to_string());
            of_name.and_modify(|values| *values = format!("{values}, {value}")).or_insert(value.into_owned());
        }
        Self { method: head.method.to_string(), path: head.uri.to_string(), headers, body }
    }
}
