//! One scrape of `/metrics`, row by row, as Prometheus keeps it.

use std::collections::{BTreeMap, BTreeSet};

/// Names of labels and their values.
pub(super) type Labels = BTreeMap<String, String>;

/// Rows by the name of their metric.
#[derive(Clone, Default)]
pub(super) struct Scrape(pub(super) BTreeMap<String, Vec<(Labels, f64)>>);

impl Scrape {
    /// Reads what the collector shows.
    pub(super) fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (row, value) = line.rsplit_once(' ').expect("a row has a value");
            let (name, labels) = row.split_once('{').unwrap_or((row, "}"));
            let value = value.parse().expect("a value is a number");
            scrape.0.entry(name.to_owned()).or_default().push((labels_of(labels), value));
        }
        scrape
    }

    /// Names of all labels, of whatever metric.
    pub(super) fn labels(&self) -> BTreeSet<&str> {
        let rows = self.0.values().flatten();
        rows.flat_map(|(labels, _)| labels.keys().map(String::as_str)).collect()
    }

    /// Values that a label of a metric has.
    pub(super) fn values(&self, name: &str, label: &str) -> BTreeSet<&str> {
        let rows = self.0.get(name).into_iter().flatten();
        rows.filter_map(|(labels, _)| labels.get(label).map(String::as_str)).collect()
    }

    /// Adds to the first row of a metric: what a defect would do.
    pub(super) fn tamper(&mut self, name: &str, by: f64) {
        self.0.get_mut(name).expect("it is there")[0].1 += by;
    }
}

/// `a="b",c="d"}`. No value in here holds a quote.
fn labels_of(text: &str) -> Labels {
    let pairs = text.trim_end_matches('}').split("\",").filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once("=\"").expect("a label has a value");
        (name.to_owned(), value.trim_end_matches('"').to_owned())
    };
    pairs.map(pair).collect()
}
