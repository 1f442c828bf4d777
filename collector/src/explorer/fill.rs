//! How full what bounds keys is, the fullest first: a person wants to know before anything becomes `__overflow__` or is
//! turned away.

use serde_json::{Value as Json, json};

use super::words::short;
use crate::{
    bounds::percent,
    pipeline::{Fill, Full},
};

/// One bound, and what is used of it.
struct Used<'a> {
    /// The setting.
    bound: &'static str,
    /// `None`: everybody's.
    key: Option<&'a str>,
    /// The attribute, or what else it is of.
    of: Option<&'a str>,
    unit: &'static str,
    used: u64,
    most: u64,
    /// What becomes of what is one too many, and what helps.
    beyond: &'static str,
}

/// Names and values, of today (UTC).
const NAMES: &str = "new attributes are left out, and known ones go on: see which are made up by a program, or raise distinct.attributes";
const VALUES: &str = "new values become __overflow__, and known ones go on: see whether it is an id, and then name it in distinct.free, or raise distinct.values";
const ALL_VALUES: &str = "new values of any attribute become __overflow__: see which attribute has so many";
const PAGE: &str =
    "that page is turned away until tomorrow: see what it sends so much of, or raise rates.page_mib_a_day";
const KEY: &str = "pages are asked to wait and send later, and nothing is lost: raise requests_per_second and burst of the key, if these are people";
const EVERYBODY: &str = "everybody is asked to wait and send later: raise rates.per_second and rates.burst, if the machine can take more";

/// All of them, as JSON.
pub(super) fn to_json(fill: &Fill) -> Vec<Json> {
    let mut all: Vec<_> = fill.distinct.iter().flat_map(|of_key| distinct(fill, of_key)).collect();
    all.extend(rates(fill));
    all.sort_by_key(|used| std::cmp::Reverse(used.percent()));
    all.iter().map(Used::to_json).collect()
}

fn distinct<'a>(fill: &Fill, Full { key, attributes, values, fullest }: &'a Full) -> Vec<Used<'a>> {
    let key = Some(&**key);
    let one = |bound, of, unit, used: usize, most: usize, beyond| {
        let (used, most) = (used as u64, most as u64);
        Used { bound, key, of, unit, used, most, beyond }
    };
    let bounds = &fill.bounds;
    let mut all: Vec<_> = fullest
        .iter()
        .map(|(of, values)| one("distinct.values", Some(&**of), "values", *values, bounds.values, VALUES))
        .collect();
    all.push(one("distinct.attributes", None, "attributes", *attributes, bounds.attributes, NAMES));
    all.push(one("values of a key", None, "values", *values, Full::MOST_VALUES, ALL_VALUES));
    all
}

fn rates(fill: &Fill) -> Vec<Used<'_>> {
    let one =
        |bound, key, unit, (used, most), beyond| Used { bound, key, of: None, unit, used, most, beyond };
    let wide = |(used, most): (u32, u32)| (u64::from(used), u64::from(most));
    let keys =
        fill.spent.iter().map(|(key, spent)| one("burst", Some(&**key), "requests", wide(*spent), KEY));
    let page = one("rates.page_mib_a_day", None, "bytes", fill.most_sent, PAGE);
    let all = one("rates.burst", None, "requests", wide(fill.all_spent), EVERYBODY);
    keys.chain([page, all]).collect()
}

impl Used<'_> {
    fn percent(&self) -> u64 {
        percent(self.used, self.most)
    }

    fn to_json(&self) -> Json {
        json!({
            "bound": self.bound,
            "key": self.key,
            "of": self.of.map(short),
            "unit": self.unit,
            "used": self.used,
            "most": self.most,
            "percent": self.percent(),
            "beyond": self.beyond,
        })
    }
}
