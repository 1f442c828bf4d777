//! What a batch says, with its strings in place: two batches that say the same need not hold their strings alike.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use weft_proto::{Attribute, Batch, StrId, Value};

/// Everything a batch says.
pub(crate) fn told(batch: &Batch) -> String {
    let name = |id: StrId| batch.strings.get(id);
    let mut out = format!("{:?} {:?}\n", batch.page_load, batch.points);
    for session in &batch.sessions {
        writeln!(out, "{session:?}").unwrap();
    }
    for dropped in &batch.dropped {
        writeln!(out, "dropped {:?} {}", name(dropped.reason), dropped.count).unwrap();
    }
    writeln!(out, "resource {}", attributes(batch, &batch.resource)).unwrap();
    for event in &batch.events {
        let mut plain = event.clone();
        plain.name = StrId(0);
        (plain.attributes, plain.links) = (0..0, 0..0);
        writeln!(out, "{:?} {plain:?}", name(event.name)).unwrap();
        writeln!(out, "  {}", attributes(batch, batch.attributes_of(event))).unwrap();
        for link in batch.links_of(event) {
            writeln!(out, "  {:?} {:?} {:?}", link.target, link.kinds, link.rule.map(name)).unwrap();
        }
    }
    out
}

fn attributes(batch: &Batch, all: &[Attribute]) -> String {
    let all: Vec<_> = all.iter().map(|one| (batch.strings.get(one.key), value(batch, &one.value))).collect();
    format!("{all:?}")
}

fn value(batch: &Batch, from: &Value) -> String {
    match from {
        Value::Text(id) => format!("{:?}", batch.strings.get(*id)),
        // Zeros of either sign, and what a number that is none carries.
        Value::Double(double) => format!("{double} {:x}", double.to_bits()),
        Value::List(values) => {
            format!("{:?}", values.iter().map(|inner| value(batch, inner)).collect::<Vec<_>>())
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, inner)| (batch.strings.get(*key), value(batch, inner)));
            format!("{:?}", entries.collect::<Vec<_>>())
        }
        plain => format!("{plain:?}"),
    }
}
