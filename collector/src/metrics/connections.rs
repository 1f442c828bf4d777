//! The map of connections: how much is on it, and what found no room to be looked at.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;

use super::rows::{counter, gauge};
use crate::connections::Connections;

pub(super) fn encode(connections: &Connections, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let sizes = connections.sizes();
    let (mut rows, mut not_looked_at) = (Vec::new(), Vec::new());
    for of in &sizes {
        let application = ("application", of.application.as_str());
        rows.extend(of.rows.map(|(list, rows)| (vec![application, ("list", list)], rows as u64)));
        not_looked_at.push((vec![application], of.not_looked_at));
    }
    gauge(to, "connections_rows", "Rows of the map of connections, by list", rows)?;
    counter(
        to,
        "connections_not_looked_at",
        "Events that the map of connections had no time for",
        not_looked_at,
    )
}
