//! What every event has besides its attributes: one column each, and nothing for a column that says what is expected.

use alloc::vec::Vec;

use super::{expected::Expected, shapes::Shapes, text::Text};
use crate::{
    event::{Batch, Event, Link, Target},
    number::{put, zigzag},
    place::{COLUMNS, Column},
    time::{Clock, Time, WRITES_DUST},
};

/// Columns in the order in which they are written.
pub(super) struct Columns {
    bytes: [Vec<u8>; COLUMNS],
    /// Ids of other pages that links point to.
    foreign: Vec<[u8; 24]>,
}

impl Columns {
    pub(super) fn of(batch: &Batch, shapes: &Shapes, clock: Clock, text: &mut Text<'_>) -> Self {
        let mut all = Self { bytes: [const { Vec::new() }; COLUMNS], foreign: Vec::new() };
        let (mut expected, mut start) = (Expected::of(!batch.sessions.is_empty()), Time::default());
        for (event, shape) in batch.events.iter().zip(shapes.rows()) {
            all.put(Column::Shape, u64::from(*shape));
            all.place(event, &expected);
            let at = clock.read(event.start_ns);
            let duration = clock.read_duration(event.start_ns, event.duration_ns);
            all.put(Column::Start, zigzag(at.units.wrapping_sub(start.units) as i64));
            all.put(Column::Duration, duration.units);
            if WRITES_DUST {
                all.put(Column::StartDust, zigzag(at.dust));
                all.put(Column::EndDust, zigzag(duration.dust));
            }
            start = at;
            let links = batch.links_of(event);
            all.put(Column::LinkCount, links.len() as u64);
            for link in links {
                all.link(event.number, link, text);
            }
            expected.after(event);
        }
        all
    }

    /// Which columns there are, a bit each, and then those.
    pub(super) fn write(self, to: &mut Vec<u8>) {
        let is_told = |column: &Vec<u8>| column.iter().any(|byte| *byte != 0);
        let told = self.bytes.iter().rev().fold(0, |told, column| told << 1 | u64::from(is_told(column)));
        put(to, told);
        for column in self.bytes.iter().filter(|column| is_told(column)) {
            to.extend_from_slice(column);
        }
    }

    fn put(&mut self, column: Column, value: u64) {
        if let Some(bytes) = self.bytes.get_mut(column as usize) {
            put(bytes, value);
        }
    }

    fn place(&mut self, event: &Event, expected: &Expected) {
        // Nothing refers to what comes later; if it did, the decoder would say so, and not this.
        let back = |number: u64| event.number.wrapping_sub(number);
        let told = |is: Option<u64>, expected: Option<u64>| match is {
            _ if is == expected => 0,
            None => 1,
            Some(number) => back(number).wrapping_add(2),
        };
        self.put(Column::Number, back(expected.number()));
        let session = event.session.map_or(0, |at| u64::from(at) + 2);
        self.put(Column::Session, if event.session == expected.session() { 0 } else { session.max(1) });
        self.put(Column::Epoch, zigzag(i64::from(event.epoch) - i64::from(expected.epoch())));
        self.put(Column::Parent, event.parent().map_or(0, back));
        let root = event.trace.map(|trace| trace.root);
        self.put(Column::Root, told(root, expected.root(event.parent())));
        self.put(Column::Previous, told(event.previous, expected.previous(event.trace.is_none())));
        self.put(Column::View, told(event.view, expected.view()));
        self.put(Column::Interaction, told(event.interaction, expected.interaction()));
        self.put(Column::State, event.open.map_or(0, |open| open as u64));
    }

    fn link(&mut self, number: u64, link: &Link, text: &mut Text<'_>) {
        let target = match link.target {
            Target::Own(target) => zigzag(number.wrapping_sub(target) as i64) << 1,
            Target::Foreign(trace, span) => {
                let mut id = [0; 24];
                id.iter_mut().zip(trace.iter().chain(&span)).for_each(|(to, from)| *to = *from);
                (self.foreign_at(id, text) as u64) << 1 | 1
            }
        };
        self.put(Column::LinkTarget, target);
        self.put(Column::LinkKinds, link.kinds.0.into());
        let rule = link.rule.map_or(0, |rule| u64::from(text.place(rule)) + 1);
        self.put(Column::LinkRule, rule);
    }

    /// How many ids back from the last one it lies, plus 1; 0: it is a new one, and the next one of the ids.
    fn foreign_at(&mut self, id: [u8; 24], text: &mut Text<'_>) -> usize {
        let known = self.foreign.iter().rev().position(|other| *other == id);
        known.map_or_else(
            || {
                text.ids.extend_from_slice(&id);
                self.foreign.push(id);
                0
            },
            |back| back + 1,
        )
    }
}
