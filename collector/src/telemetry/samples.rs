//! What a page of OpenMetrics says, by name. Only of pages that we have written ourselves.

use std::collections::BTreeMap;

/// A label and its value.
type Label = (String, String);

/// Every sample of a page.
#[derive(Debug, Default)]
pub(super) struct Samples {
    families: BTreeMap<String, Kind>,
    rows: BTreeMap<String, Vec<(Vec<Label>, f64)>>,
}

/// How a sample is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows.
    Counter,
    /// It is what it is now.
    Gauge,
}

impl Samples {
    /// Reads a page.
    pub(super) fn of(page: &str) -> Self {
        let mut all = Self::default();
        for line in page.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
                all.family(name, kind);
            } else if let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) {
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                let name = name.strip_suffix("_total").unwrap_or(name);
                if let Ok(value) = value.parse() {
                    all.rows.entry(name.to_owned()).or_default().push((read(labels), value));
                }
            }
        }
        all
    }

    /// Names there are, whether or not they have samples yet.
    pub(super) fn families(&self) -> impl Iterator<Item = (&str, &Kind)> {
        self.families.iter().map(|(name, kind)| (name.as_str(), kind))
    }

    /// The samples of a name.
    pub(super) fn of_name(&self, name: &str) -> &[(Vec<Label>, f64)] {
        self.rows.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn family(&mut self, name: &str, kind: &str) {
        let mut add = |suffix: &str, kind| _ = self.families.insert(format!("{name}{suffix}"), kind);
        match kind {
            "counter" => add("", Kind::Counter),
            // What OpenTelemetry cannot observe as one stays three series, as it is on the page.
            "histogram" => {
                ["_sum", "_count", "_bucket"].into_iter().for_each(|part| add(part, Kind::Counter))
            }
            _ => add("", Kind::Gauge),
        }
    }
}

/// Labels up to their closing brace.
fn read(labels: &str) -> Vec<Label> {
    let (mut found, mut rest) = (Vec::new(), labels);
    while let Some((name, value)) = rest.split_once("=\"") {
        let mut text = String::new();
        let mut chars = value.char_indices();
        let mut end = value.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => text.extend(chars.next().map(|(_, c)| if c == 'n' { '\n' } else { c })),
                c => text.push(c),
            }
        }
        found.push((name.trim_start_matches(',').to_owned(), text));
        rest = value.get(end..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_labels_and_kinds() {
        let page = "# HELP weft_a x.\n# TYPE weft_a counter\nweft_a_total{key=\"k\",why=\"a \\\"b\\\"\\n{}\"} 3\n\
                    # TYPE weft_b gauge\nweft_b 2.5\n# TYPE weft_c histogram\nweft_c_sum{} 1.5\n\
                    weft_c_bucket{le=\"+Inf\"} 4\n# EOF\n";
        let samples = Samples::of(page);
        let families: Vec<_> = samples.families().map(|(name, _)| name).collect();
        assert_eq!(families, ["weft_a", "weft_b", "weft_c_bucket", "weft_c_count", "weft_c_sum"]);
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let labels = vec![label("key", "k"), label("why", "a \"b\"\n{}")];
        assert_eq!(samples.of_name("weft_a"), [(labels, 3.0)]);
        assert_eq!(samples.of_name("weft_b"), [(vec![], 2.5)]);
        assert_eq!(samples.of_name("weft_c_bucket"), [(vec![label("le", "+Inf")], 4.0)]);
    }
}
