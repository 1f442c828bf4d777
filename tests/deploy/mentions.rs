//! What a text says of metrics and of tests, so that it can be held to what there is.

use std::collections::BTreeSet;

/// A metric as a text names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mention {
    pub(super) name: String,
    /// Names of labels, each with the values it is compared with.
    pub(super) labels: Vec<(String, Vec<String>)>,
}

/// Every metric of ours in `text`, whatever stands around it.
pub(super) fn metrics(text: &str) -> BTreeSet<Mention> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("weft_") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || "_-/.".contains(c)) {
            continue;
        }
        let name: String =
            text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let matchers = text[at + name.len()..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = matchers.map(|(matchers, _)| labels(matchers)).unwrap_or_default();
        found.insert(Mention { name, labels });
    }
    found
}

/// `a="b",c=~"d|e"`. What Grafana fills in has no value here.
fn labels(matchers: &str) -> Vec<(String, Vec<String>)> {
    let pairs = matchers.split("\",").filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, values) = pair.split_once(['=', '!']).expect("a label is compared with something");
        let values = values.trim_start_matches(['=', '~', '"']).trim_end_matches('"');
        let values = values.split('|').filter(|value| !value.is_empty() && !value.starts_with('$'));
        (name.trim().to_owned(), values.map(str::to_owned).collect())
    };
    pairs.map(pair).collect()
}

/// Names of labels that stand alone: in `by (…)`, `without (…)`, and where a sentence is filled in.
pub(super) fn labels_alone(text: &str) -> BTreeSet<String> {
    let lists = ["by (", "without ("].into_iter().flat_map(|open| between(text, open, ')'));
    let lists = lists.flat_map(|list| list.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>());
    let filled = between(text, "{{", '}').into_iter().map(|name| {
        let name = name.trim();
        name.strip_prefix("$labels.").unwrap_or(name).to_owned()
    });
    lists.chain(filled).filter(|name| name != "$value").collect()
}

/// Tests that a text names, as in `tests/ledger.rs::the_name`: file and name.
pub(super) fn tests(text: &str) -> BTreeSet<(String, String)> {
    let code = text.split('`').skip(1).step_by(2);
    let named = code.filter_map(|code| code.split_once("::")).filter(|(file, _)| file.contains('/'));
    named.map(|(file, test)| (file.to_owned(), test.to_owned())).collect()
}

/// What stands between each `open` and the next `close`.
pub(super) fn between<'a>(text: &'a str, open: &str, close: char) -> Vec<&'a str> {
    let starts = text.match_indices(open).map(|(at, _)| at + open.len());
    starts.filter_map(|start| text[start..].split_once(close).map(|(inner, _)| inner)).collect()
}
