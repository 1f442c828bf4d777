//! How many different things the pages of a key may say in a day.

use super::section::Section;

/// Bounds on what differs, per key and day (UTC). Whoever has the key of a page can make up as much as he likes, and
/// backends pay for what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// Different texts of one attribute, and different names of events. Default 10 000: more than a person can look at,
    /// and fewer than what costs a backend.
    pub values: usize,
    /// Different names of attributes. Default 500: five times what the conventions and a large application have.
    pub attributes: usize,
    /// Attributes whose values may all differ, beside those that do by their nature ([`Distinct::is_free`]); a `*` at
    /// the end stands for anything.
    pub free: Vec<String>,
}

/// Names that begin so: addresses, messages, places in code, headers, statements, whoever it was.
const FREE_FROM: [&str; 8] = [
    "url.",
    "exception.",
    "code.",
    "http.request.header.",
    "http.response.header.",
    "db.",
    "user.",
    "enduser.",
];

/// Names that end so.
const FREE_TO: [&str; 6] = [".id", "_id", "Id", ".message", ".stacktrace", ".stack"];

impl Distinct {
    /// Whether values of this attribute are not counted.
    #[must_use]
    pub fn is_free(&self, attribute: &str) -> bool {
        let is_said = |free: &String| match free.strip_suffix('*') {
            Some(from) => attribute.starts_with(from),
            None => attribute == free,
        };
        attribute == "id"
            || FREE_FROM.iter().any(|from| attribute.starts_with(from))
            || FREE_TO.iter().any(|to| attribute.ends_with(to))
            || self.free.iter().any(is_said)
    }
}

pub(super) fn read(mut section: Section<'_>) -> Distinct {
    let mut count =
        |name, default, most| usize::try_from(section.count(name, default, 1..=most)).unwrap_or(usize::MAX);
    let values = count("values", 10_000, 1_000_000);
    let attributes = count("attributes", 500, 10_000);
    let free = section.texts("free").unwrap_or_default();
    section.end();
    Distinct { values, attributes, free }
}
