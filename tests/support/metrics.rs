//! The collector's metrics as an operator's Prometheus reads them.

use crate::{collector::Addresses, http};

/// One scrape.
pub struct Metrics(String);

impl Metrics {
    /// Asks the admin port.
    pub async fn of(collector: Addresses) -> Self {
        Self(http::get(&collector.admin_url("/metrics")).await)
    }

    /// The sum of every row whose name contains `part`, whatever its labels. What is not there is 0.
    #[must_use]
    pub fn sum(&self, part: &str) -> u64 {
        let rows = self.0.lines().filter(|line| !line.starts_with('#'));
        let rows = rows.filter_map(|line| line.rsplit_once(' '));
        let named = rows.filter(|(row, _)| row.split('{').next().is_some_and(|name| name.contains(part)));
        named.filter_map(|(_, value)| value.parse::<f64>().ok()).sum::<f64>() as u64
    }

    /// The row of this name and these labels. What is not there is 0.
    #[must_use]
    pub fn row(&self, row: &str) -> u64 {
        let value = self.0.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
        value.and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.0) as u64
    }
}
