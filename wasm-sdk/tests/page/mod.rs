//! A page as JavaScript tells the recorder of it: frames in, decoded batches out.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use weft_proto::{Batch, Form, LinkKinds, OpenState, decode, digest, inflate};
use weft_sdk::record::{Kept, Recorder};

pub const SEED: [u8; 16] = *b"0123456789abcdef";
pub const NONE: u8 = 0;
pub const PAGE_LOAD: u8 = 1;
pub const INTERACTION: u8 = 4;
pub const MARK: u8 = 8;
pub const NO_CAUSE: f64 = -1.0;
pub const THREE_WEEKS: f64 = 21.0 * 86_400_000.0;
pub const MONDAY: f64 = 1_794_993_153_624.5;

/// A page that records.
pub struct Page(pub Recorder);

impl Page {
    pub fn opened() -> Self {
        Self(Recorder::new(&SEED))
    }

    pub fn session(&mut self, id: u8, previous: Option<u8>, root: Option<([u8; 16], [u8; 8])>) -> &mut Self {
        let mut frame = vec![id; 16];
        frame.push(previous.is_some().into());
        frame.extend([previous.unwrap_or(0); 16]);
        frame.extend([0, 0, 0, 0, 0, 1, id]);
        frame.push(root.is_some().into());
        let (trace, span) = root.unwrap_or_default();
        frame.extend(trace);
        frame.extend(span);
        self.0.session(&frame);
        self
    }

    pub fn begin(&mut self, number: u64, start_ms: f64, role: u8, cause: f64) -> &mut Self {
        self.begin_in(number, start_ms, role, (cause, false), None)
    }

    /// `cause`: its number, and whether it is a guess; `within`: parent and root.
    pub fn begin_in(
        &mut self,
        number: u64,
        start_ms: f64,
        role: u8,
        (cause, inferred): (f64, bool),
        within: Option<(u64, u64)>,
    ) -> &mut Self {
        let mut frame = (number as f64).to_le_bytes().to_vec();
        frame.extend(start_ms.to_le_bytes());
        frame.extend(0u32.to_le_bytes());
        frame.push(role);
        frame.extend(cause.to_le_bytes());
        frame.push(inferred.into());
        frame.extend(within.map_or(-1.0, |(parent, _)| parent as f64).to_le_bytes());
        frame.extend((within.map_or(number, |(_, root)| root) as f64).to_le_bytes());
        self.0.begin(&frame);
        self
    }

    /// Bytes that wait; `None`: it was refused.
    pub fn finish(&mut self, number: u64, name: &str, attributes: &[(&str, &str)]) -> Option<usize> {
        self.finish_in(number, false, name, attributes)
    }

    pub fn finish_in(
        &mut self,
        number: u64,
        parent_ended: bool,
        name: &str,
        attributes: &[(&str, &str)],
    ) -> Option<usize> {
        let mut frame = (number as f64).to_le_bytes().to_vec();
        frame.extend(12.5f64.to_le_bytes());
        frame.extend([1, 0, parent_ended.into()]);
        text(&mut frame, name);
        texts(&mut frame, attributes);
        match self.0.finish(&frame) {
            Kept::Waiting(bytes) => Some(bytes),
            Kept::Refused => None,
            Kept::SealFirst => panic!("there is room"),
        }
    }

    pub fn moment(&mut self, number: u64, start_ms: f64, role: u8) -> &mut Self {
        self.begin(number, start_ms, role, NO_CAUSE).finish(number, "event", &[]).unwrap();
        self
    }

    pub fn long(&mut self, number: u64, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        let mut frame = (number as f64).to_le_bytes().to_vec();
        frame.push(1);
        text(&mut frame, name);
        texts(&mut frame, attributes);
        self.0.long(&frame);
        self
    }

    pub fn link(&mut self, number: u64, kinds: LinkKinds, to: ([u8; 16], [u8; 8]), name: &str) -> &mut Self {
        let mut frame = (number as f64).to_le_bytes().to_vec();
        frame.extend(kinds.0.to_le_bytes());
        frame.extend(to.0);
        frame.extend(to.1);
        text(&mut frame, name);
        self.0.link(&frame);
        self
    }

    pub fn sealed(&mut self) -> Option<Batch> {
        self.sealed_at(MONDAY, OpenState::Visible)
    }

    pub fn sealed_at(&mut self, wall_ms: f64, state: OpenState) -> Option<Batch> {
        let mut out = Vec::new();
        self.0.seal(&when(wall_ms, state), &mut out);
        opened(&out)
    }

    /// What another page shall send if this one is gone.
    pub fn tail(&mut self, wall_ms: f64) -> Option<Batch> {
        let mut out = Vec::new();
        self.0.tail(&when(wall_ms, OpenState::Gone), &mut out);
        opened(&out)
    }
}

fn opened(out: &[u8]) -> Option<Batch> {
    let (form, rest) = out.split_first()?;
    let (told, body) = rest.split_first_chunk()?;
    let body = inflate(if *form == 0 { Form::Plain } else { Form::Deflate }, &[], body).unwrap();
    assert_eq!(digest(&body), u32::from_le_bytes(*told));
    Some(decode(&body).unwrap())
}

pub fn when(wall_ms: f64, state: OpenState) -> Vec<u8> {
    let mut frame = wall_ms.to_le_bytes().to_vec();
    frame.push(state as u8);
    frame
}

fn texts(frame: &mut Vec<u8>, attributes: &[(&str, &str)]) {
    frame.extend((attributes.len() as u32).to_le_bytes());
    for (key, value) in attributes {
        text(frame, key);
        frame.push(0);
        text(frame, value);
    }
}

pub fn text(frame: &mut Vec<u8>, text: &str) {
    frame.extend((text.len() as u32).to_le_bytes());
    frame.extend(text.as_bytes());
}
