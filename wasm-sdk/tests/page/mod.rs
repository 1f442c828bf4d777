//! A page as JavaScript tells the recorder of it: frames in, decoded batches out.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use weft_proto::{Batch, Form, LinkKinds, OpenState, Session, Target, decode, digest, inflate};
use weft_sdk::record::{Begin, End, Kept, Recorder};

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
        Self(Recorder::default())
    }

    pub fn session(&mut self, id: u8, previous: Option<u8>, root: Option<Target>) -> &mut Self {
        let previous_id = previous.map(|previous| [previous; 16]);
        self.0.session(Session { id: [id; 16], previous_id, randomness: 0x100 + u64::from(id) }, root);
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
        let (parent, root) = within.map_or((None, number), |(parent, root)| (Some(parent), root));
        let cause = (cause >= 0.0).then_some(cause as u64);
        self.0.begin(&Begin { number, start_ms, epoch: 0, role, cause, inferred, parent, root });
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
        let end = End { number, duration_ms: 12.5, kind: 1, status: 0, demoted: parent_ended };
        match self.0.finish(&end, &named(name, attributes)) {
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
        self.0.long(number, 1, &named(name, attributes));
        self
    }

    pub fn link(&mut self, number: u64, kinds: LinkKinds, to: Target, name: &str) -> &mut Self {
        self.0.link(number, kinds.0, to, name.as_bytes());
        self
    }

    pub fn sealed(&mut self) -> Option<Batch> {
        self.sealed_at(MONDAY, OpenState::Visible)
    }

    pub fn sealed_at(&mut self, wall_ms: f64, state: OpenState) -> Option<Batch> {
        let mut out = Vec::new();
        self.0.seal(wall_ms, state, &mut out);
        opened(&out)
    }

    /// What another page shall send if this one is gone.
    pub fn tail(&mut self, wall_ms: f64) -> Option<Batch> {
        let mut out = Vec::new();
        self.0.tail(wall_ms, OpenState::Gone, &mut out);
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

/// A frame of a name and attributes.
pub fn named(name: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let mut frame = Vec::new();
    text(&mut frame, name);
    texts(&mut frame, attributes);
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

fn text(frame: &mut Vec<u8>, text: &str) {
    frame.extend((text.len() as u32).to_le_bytes());
    frame.extend(text.as_bytes());
}
