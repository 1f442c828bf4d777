//! Frames, as JavaScript writes them for the recorder: see `wasm-sdk/src/frame.rs`.

use weft_proto::{LinkKinds, OpenState};

use crate::truth::Id;

/// An event that begins.
pub(super) struct Begin {
    pub(super) number: u64,
    pub(super) at_ms: u64,
    pub(super) epoch: u32,
    pub(super) role: u8,
    pub(super) cause: Option<u64>,
    /// Its parent and the root of its trace.
    pub(super) within: Option<(u64, u64)>,
}

/// An attribute: a text, or a list with this one text.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Text(String),
    List(String),
}

pub(super) fn begin(it: &Begin) -> Vec<u8> {
    let or_none = |number: Option<u64>| number.map_or(-1.0, |number| number as f64);
    let mut frame = (it.number as f64).to_le_bytes().to_vec();
    frame.extend((it.at_ms as f64).to_le_bytes());
    frame.extend(it.epoch.to_le_bytes());
    frame.push(it.role);
    frame.extend(or_none(it.cause).to_le_bytes());
    frame.push(0);
    frame.extend(or_none(it.within.map(|(parent, _)| parent)).to_le_bytes());
    frame.extend((it.within.map_or(it.number, |(_, root)| root) as f64).to_le_bytes());
    frame
}

pub(super) fn finish(
    number: u64,
    duration_ms: u64,
    kind: u8,
    parent_ended: bool,
    name: &str,
    attributes: &[(&str, Told)],
) -> Vec<u8> {
    let mut frame = (number as f64).to_le_bytes().to_vec();
    frame.extend((duration_ms as f64).to_le_bytes());
    frame.extend([kind, 0, parent_ended.into()]);
    text(&mut frame, name);
    frame.extend((attributes.len() as u32).to_le_bytes());
    for (key, value) in attributes {
        text(&mut frame, key);
        match value {
            Told::Text(value) => {
                frame.push(0);
                text(&mut frame, value);
            }
            Told::List(value) => {
                frame.push(4);
                frame.extend(1u32.to_le_bytes());
                text(&mut frame, value);
            }
        }
    }
    frame
}

pub(super) fn session(id: [u8; 16], previous: Option<[u8; 16]>, rv: u64, root: Option<Id>) -> Vec<u8> {
    let mut frame = id.to_vec();
    frame.push(previous.is_some().into());
    frame.extend(previous.unwrap_or_default());
    frame.extend(rv.to_be_bytes().into_iter().skip(1));
    frame.push(root.is_some().into());
    let (trace, span) = root.unwrap_or_default();
    frame.extend(trace);
    frame.extend(span);
    frame
}

pub(super) fn link(number: u64, kinds: LinkKinds, to: Id, name: &str) -> Vec<u8> {
    let mut frame = (number as f64).to_le_bytes().to_vec();
    frame.extend(kinds.0.to_le_bytes());
    frame.extend(to.0);
    frame.extend(to.1);
    text(&mut frame, name);
    frame
}

pub(super) fn when(at_ms: u64, state: OpenState) -> Vec<u8> {
    let mut frame = (at_ms as f64).to_le_bytes().to_vec();
    frame.push(state as u8);
    frame
}

fn text(frame: &mut Vec<u8>, text: &str) {
    frame.extend((text.len() as u32).to_le_bytes());
    frame.extend(text.as_bytes());
}
