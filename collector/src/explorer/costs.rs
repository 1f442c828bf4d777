//! What costs most: events and bytes as they were exported, by what they are called, where they happened, which attribute
//! they carry and whose key they came with.

use std::{cmp::Reverse, collections::HashMap};

use prost::Message;
use serde_json::{Value as Json, json};

use super::{
    event::text,
    look::Events,
    words::{path, short},
};

/// Counts since the start.
#[derive(Default)]
pub(super) struct Costs {
    names: Table,
    routes: Table,
    attributes: Table,
    keys: Table,
    events: u64,
    exported_bytes: u64,
    sent_bytes: u64,
}

#[derive(Default)]
struct Table {
    rows: HashMap<String, Row>,
    /// What there was no room for, together.
    others: Row,
}

#[derive(Clone, Copy, Default)]
struct Row {
    events: u64,
    bytes: u64,
}

/// Rows of one table, and those of them that are shown.
const MOST_ROWS: usize = 2_000;
const SHOWN: usize = 50;

/// Bytes of a name that a row has.
const MOST_NAME: usize = 512;

impl Costs {
    pub(super) fn count(&mut self, events: &Events) {
        self.keys.add(&events.owner.key, 0, 0);
        self.sent_bytes += events.sent_bytes as u64;
        for seen in &events.all {
            let (span, bytes) = (&seen.span, seen.span.encoded_len() as u64);
            self.events += 1;
            self.exported_bytes += bytes;
            self.names.add(&span.name, 1, bytes);
            self.keys.add(&events.owner.key, 1, bytes);
            if let Some(address) = text(&span.attributes, "url.full") {
                self.routes.add(path(address), 1, bytes);
            }
            for pair in &span.attributes {
                self.attributes.add(&pair.key, 1, pair.encoded_len() as u64);
            }
        }
    }

    /// Bytes of an event of a key as they are exported, in the mean. `None`: none was seen.
    pub(super) fn event_bytes(&self, key: &str) -> Option<f64> {
        let Row { events, bytes } = self.keys.rows.get(key).copied()?;
        (events > 0).then(|| bytes as f64 / events as f64)
    }

    pub(super) fn to_json(&self) -> Json {
        json!({
            "events": self.events,
            "exported_bytes": self.exported_bytes,
            "sent_bytes": self.sent_bytes,
            "by_name": self.names.to_json(),
            "by_route": self.routes.to_json(),
            "by_attribute": self.attributes.to_json(),
            "by_key": self.keys.to_json(),
        })
    }
}

impl Table {
    fn add(&mut self, name: &str, events: u64, bytes: u64) {
        let has_room = self.rows.len() < MOST_ROWS && name.len() <= MOST_NAME;
        let row = match self.rows.get_mut(name) {
            Some(row) => row,
            None if has_room => self.rows.entry(name.to_owned()).or_default(),
            None => &mut self.others,
        };
        row.events += events;
        row.bytes += bytes;
    }

    fn to_json(&self) -> Json {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(name, row)| (Reverse(row.bytes), *name));
        let rest = rows.iter().skip(SHOWN).map(|(_, row)| **row);
        let rest = rest.fold(self.others, |sum, row| Row {
            events: sum.events + row.events,
            bytes: sum.bytes + row.bytes,
        });
        let one = |(name, row): &(&String, &Row)| json!({ "name": short(name), "events": row.events, "bytes": row.bytes });
        json!({
            "rows": rows.iter().take(SHOWN).map(one).collect::<Vec<_>>(),
            "others": { "events": rest.events, "bytes": rest.bytes },
        })
    }
}
