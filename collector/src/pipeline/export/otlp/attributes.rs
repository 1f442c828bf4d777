//! The attributes of an event: its own, less what only the collector may say, and what places it.
//!
//! Last first, because everything here is written backward.

use prost::encoding::{WireType, encode_key, encode_varint};
use weft_proto::{Attribute, Batch, Event, StrId, Strings, Value};

use super::backward::Backward;
use crate::pipeline::{
    decode::{EVENT_NAME, OVERFLOW},
    link::{Is, Linked, LinkedEvent, hex, is_reserved},
};

/// What the events of a record share, written once and copied from then on.
pub(super) struct Page<'a> {
    pub(super) linked: Linked<'a>,
    /// The field that holds attributes of what is written.
    field: u64,
    page_id: Vec<u8>,
    texts: Texts,
    sessions: Vec<Session>,
    /// By position of a string: whether an attribute of that name is removed.
    left_out: Vec<bool>,
    /// Whether any is.
    removes: bool,
    view: Remembered,
    interaction: Remembered,
}

/// An SDK may say it of an event that is whole; of what is not, only the collector does.
const STATE: &str = "weft.state";

struct Session {
    attributes: Vec<u8>,
    trace_state: String,
}

/// The attribute made last, and of which event.
#[derive(Default)]
struct Remembered(Option<(u64, Vec<u8>)>);

impl<'a> Page<'a> {
    pub(super) fn new(linked: Linked<'a>, field: u64) -> Self {
        let strings = &linked.batch.strings;
        let record = linked.record;
        let left_out = strings.iter().map(|(id, name)| is_reserved(name) || record.leaves_out(id.0));
        let left_out: Vec<_> = left_out.collect();
        Self {
            page_id: written(|out| text_pair(out, field, "weft.page.id", &hex(&linked.ids.page()))),
            texts: Texts::of(strings),
            sessions: linked.batch.sessions.iter().map(|one| session(one, field)).collect(),
            removes: left_out.contains(&true),
            left_out,
            view: Remembered::default(),
            interaction: Remembered::default(),
            linked,
            field,
        }
    }

    /// Attributes of an event that are removed.
    pub(super) fn removed(&self, linked: &LinkedEvent<'_>) -> u64 {
        if !self.removes && linked.is == Is::Whole {
            return 0;
        }
        let attributes = self.linked.batch.attributes_of(linked.event).iter();
        attributes.filter(|attribute| self.is_removed(attribute, linked.is)).count() as u64
    }

    pub(super) fn attributes(&mut self, out: &mut Backward, linked: &LinkedEvent<'_>) {
        let event = linked.event;
        if event.parent().is_none() {
            self.of_root(out, event);
        }
        if let Some(skew_ms) = linked.skew_ms {
            int_pair(out, self.field, "weft.clock.skew_ms", skew_ms);
        }
        if let Some(state) = linked.is.state() {
            text_pair(out, self.field, STATE, state);
        }
        int_pair(out, self.field, "weft.seq", i64::try_from(event.number).unwrap_or(i64::MAX));
        out.raw(&self.page_id);
        if let Some(session) = self.session(event) {
            out.raw(&session.attributes);
        }
        let batch = self.linked.batch;
        for attribute in batch.attributes_of(event).iter().rev() {
            if !self.is_removed(attribute, linked.is) {
                out.message(self.field, |out| {
                    match &attribute.value {
                        // Most values are: key and value are written as they lie here.
                        Value::Text(text) if self.is_overflowed(attribute.key.0, *text) => {
                            out.message(2, |out| out.bytes(1, OVERFLOW.as_bytes()));
                        }
                        Value::Text(text) => {
                            let text = self.texts.get(*text);
                            out.message(2, |out| out.raw(text));
                        }
                        other => out.message(2, |out| value(out, batch, other)),
                    }
                    let key = self.texts.get(attribute.key);
                    // A singular text that is empty is absent.
                    out.raw(if key.len() > EMPTY { key } else { &[] });
                });
            }
        }
    }

    /// The name of an event.
    pub(super) fn name(&self, event: &Event) -> &str {
        if self.is_overflowed(EVENT_NAME, event.name) {
            OVERFLOW
        } else {
            self.linked.batch.strings.get(event.name)
        }
    }

    fn is_overflowed(&self, name: u32, value: StrId) -> bool {
        self.linked.record.overflows(name, value.0)
    }

    pub(super) fn trace_state(&self, event: &Event) -> &str {
        self.session(event).map_or("", |session| &session.trace_state)
    }

    fn of_root(&mut self, out: &mut Backward, event: &Event) {
        let Self { linked, view, interaction, field, .. } = self;
        let field = *field;
        if let Some(number) = event.interaction {
            out.raw(interaction.of(number, |out| {
                text_pair(out, field, "weft.interaction.id", &hex(&linked.ids.span(number)));
            }));
        }
        let batch = linked.batch;
        let since = |number: Option<u64>| {
            let earlier = batch.start_of(number.filter(|number| *number != event.number)?)?;
            Some(milliseconds_between(earlier, event.start_ns))
        };
        // By the device's own clock on both ends: a correction would only add its own error.
        if let Some(ms) = since(batch.page_load) {
            int_pair(out, field, "weft.since_page_load_ms", ms);
        }
        if let Some(ms) = since(event.previous) {
            int_pair(out, field, "weft.since_previous_ms", ms);
        }
        if let Some(number) = event.view {
            out.raw(view.of(number, |out| {
                text_pair(out, field, "weft.view.id", &hex(&linked.ids.span(number)));
            }));
        }
    }

    fn session(&self, event: &Event) -> Option<&Session> {
        event.session.and_then(|at| self.sessions.get(at as usize))
    }

    fn is_removed(&self, attribute: &Attribute, is: Is) -> bool {
        self.left_out.get(attribute.key.0 as usize).copied().unwrap_or(false)
            || is != Is::Whole && self.linked.batch.strings.get(attribute.key) == STATE
    }
}

/// Bytes of an empty one: tag and length.
const EMPTY: usize = 2;

/// Every string as field 1, which is where a `KeyValue` has its key and an `AnyValue` its text.
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    fn of(strings: &Strings) -> Self {
        let mut bytes = Vec::with_capacity(strings.bytes() + 3 * strings.len());
        let mut ends = Vec::with_capacity(strings.len());
        for (_, text) in strings.iter() {
            encode_key(1, WireType::LengthDelimited, &mut bytes);
            encode_varint(text.len() as u64, &mut bytes);
            bytes.extend_from_slice(text.as_bytes());
            ends.push(bytes.len());
        }
        Self { bytes, ends }
    }

    fn get(&self, id: StrId) -> &[u8] {
        let at = id.0 as usize;
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(at).copied().unwrap_or(from);
        self.bytes.get(from..to).unwrap_or_default()
    }
}

impl Remembered {
    fn of(&mut self, number: u64, write: impl FnOnce(&mut Backward)) -> &[u8] {
        if self.0.as_ref().is_none_or(|(known, _)| *known != number) {
            self.0 = Some((number, written(write)));
        }
        self.0.as_ref().map_or(&[], |(_, bytes)| bytes)
    }
}

fn session(session: &weft_proto::Session, field: u64) -> Session {
    let attributes = written(|out| {
        if let Some(previous) = session.previous_id {
            text_pair(out, field, "session.previous_id", &hex(&previous));
        }
        text_pair(out, field, "session.id", &hex(&session.id));
    });
    Session { attributes, trace_state: format!("ot=rv:{:014x}", session.randomness & ((1 << 56) - 1)) }
}

/// To the nearest millisecond; negative if the clock was set back in between.
fn milliseconds_between(earlier_ns: u64, later_ns: u64) -> i64 {
    let difference = i128::from(later_ns) - i128::from(earlier_ns);
    let rounded = (difference + 500_000 * difference.signum()) / 1_000_000;
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

pub(super) fn key_value(out: &mut Backward, field: u64, key: &str, content: impl FnOnce(&mut Backward)) {
    out.message(field, |out| {
        out.message(2, content);
        out.text(1, key);
    });
}

pub(super) fn text_pair(out: &mut Backward, field: u64, key: &str, text: &str) {
    key_value(out, field, key, |out| out.bytes(1, text.as_bytes()));
}

/// An `AnyValue` that is a list of texts.
pub(super) fn array<'a>(out: &mut Backward, texts: impl DoubleEndedIterator<Item = &'a str>) {
    out.message(5, |out| {
        for text in texts.rev() {
            out.message(1, |out| out.bytes(1, text.as_bytes()));
        }
    });
}

/// The content of an `AnyValue`. Depth is bounded by the decoder.
pub(super) fn value(out: &mut Backward, batch: &Batch, from: &Value) {
    match from {
        Value::Text(id) => out.bytes(1, batch.strings.get(*id).as_bytes()),
        Value::Bool(flag) => out.varint(2, u64::from(*flag)),
        Value::Int(int) => out.varint(3, *int as u64),
        Value::Double(double) => out.fixed64(4, double.to_bits()),
        Value::Bytes(bytes) => out.bytes(7, bytes),
        Value::List(values) => out.message(5, |out| {
            for inner in values.iter().rev() {
                out.message(1, |out| value(out, batch, inner));
            }
        }),
        Value::Map(pairs) => out.message(6, |out| {
            for (key, inner) in pairs.iter().rev() {
                key_value(out, 1, batch.strings.get(*key), |out| value(out, batch, inner));
            }
        }),
        Value::Empty => {}
    }
}

fn int_pair(out: &mut Backward, field: u64, key: &str, int: i64) {
    key_value(out, field, key, |out| out.varint(3, int as u64));
}

fn written(write: impl FnOnce(&mut Backward)) -> Vec<u8> {
    let mut out = Backward::new();
    write(&mut out);
    out.finish()
}
