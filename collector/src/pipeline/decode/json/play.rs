//! Calls → the recorder → sealed batches, each with its head: what the page would have posted with its module.

use std::collections::HashSet;

use weft_proto::{Form, Head, Ids, Seed, Session, Target, limits::MAX_NUMBER};
use weft_sdk::{
    record::{Begin, End, Kept, Recorder},
    write::FrameWriter,
};

use super::{
    body::{self, Body, Call, Finish},
    text::{Attributes, Hex, Text},
};

/// The bit of a mark in a role: it is nobody's root.
const MARK: u8 = 8;

/// Every batch that the calls become.
pub(super) fn all(body: &Body<'_>) -> Vec<Vec<u8>> {
    let mut page = Page {
        recorder: Recorder::default(),
        ids: Ids::new(Seed(body.seed.0)),
        body,
        begun: HashSet::new(),
        last_root: 0,
        sealed: Vec::new(),
    };
    page.recorder.resource(FrameWriter::default().attributes(&body.resource.0).bytes());
    for (reason, count) in &body.dropped.0 {
        page.recorder.dropped(reason.as_bytes(), *count);
    }
    for call in &body.calls {
        page.play(call);
    }
    page.seal();
    page.sealed
}

struct Page<'a> {
    recorder: Recorder,
    ids: Ids,
    body: &'a Body<'a>,
    begun: HashSet<u64>,
    last_root: u64,
    sealed: Vec<Vec<u8>>,
}

impl Page<'_> {
    fn play(&mut self, call: &Call<'_>) {
        match call {
            Call::Session(session) => self.session(session),
            Call::Begin(begin) => self.begin(begin),
            Call::Link(link) => {
                let (target, name) = (self.target(&link.to), link.name.0.as_bytes());
                self.recorder.link(link.number.0, link.kinds, target, name);
            }
            Call::Long(long) => {
                let frame = named(&long.name, &long.attributes);
                self.recorder.long(long.number.0, long.kind.into(), frame.bytes());
            }
            Call::Cancel(number) => self.recorder.cancel(number.0),
            Call::Finish(finish) => self.finish(finish),
        }
    }

    fn session(&mut self, session: &body::Session) {
        let [a, b, c, d, e, f, g] = session.randomness.0;
        let before = session.root.as_ref().map(|root| self.target(root));
        let session = Session {
            id: session.id.0,
            previous_id: session.previous.as_ref().map(|id| id.0),
            randomness: u64::from_be_bytes([0, a, b, c, d, e, f, g]),
        };
        self.recorder.session(session, before);
    }

    fn begin(&mut self, begin: &body::Begin) {
        let body::Begin { number, start, epoch, role, cause, inferred, parent, root } = begin;
        // An event begins once: what a page said before, so that the rest makes sense, is no second one.
        if !self.begun.insert(number.0) {
            return;
        }
        if number.0 == root.0 && role & MARK == 0 {
            self.last_root = number.0;
        }
        let some = |number: f64| (0.0..=MAX_NUMBER as f64).contains(&number).then_some(number as u64);
        self.recorder.begin(&Begin {
            number: number.0,
            start_ms: *start,
            epoch: *epoch,
            role: *role,
            cause: some(*cause),
            inferred: *inferred,
            parent: some(*parent),
            root: root.0,
        });
    }

    fn finish(&mut self, finish: &Finish<'_>) {
        let Finish { number, duration, kind, status, demoted, name, attributes } = finish;
        let end = End {
            number: number.0,
            duration_ms: *duration,
            kind: (*kind).into(),
            status: (*status).into(),
            demoted: *demoted,
        };
        let frame = named(name, attributes);
        if self.recorder.finish(&end, frame.bytes()) == Kept::SealFirst {
            self.seal();
            // An empty batch takes any event, and what is refused is counted by the recorder.
            self.recorder.finish(&end, frame.bytes());
        }
    }

    /// A root of the page is told by its number, which costs a byte, as `js/record.ts` does.
    fn target(&self, ids: &Hex<24>) -> Target {
        let (trace, span) = ids.0.split_at(16);
        let own = [self.last_root, 0].into_iter().find(|number| {
            self.begun.contains(number) && self.ids.trace(*number) == trace && self.ids.span(*number) == span
        });
        let foreign = || {
            let [trace @ .., _, _, _, _, _, _, _, _] = ids.0;
            let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, span @ ..] = ids.0;
            Target::Foreign(trace, span)
        };
        own.map_or_else(foreign, Target::Own)
    }

    fn seal(&mut self) {
        let mut out = Vec::new();
        self.recorder.seal(self.body.sent.0 as f64, self.body.state.0, &mut out);
        self.sealed.extend(self.with_head(&out));
    }

    fn with_head(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (form, rest) = sealed.split_first()?;
        let (digest, body) = rest.split_first_chunk()?;
        let head = Head {
            form: if *form == Form::Plain as u8 { Form::Plain } else { Form::Deflate },
            seed: Seed(self.body.seed.0),
            digest: u32::from_le_bytes(*digest),
            number: self.body.number.0,
            send_time_ms: self.body.sent.0,
            epoch: self.body.epoch,
        };
        let mut bytes = Vec::with_capacity(40 + body.len());
        head.write(&mut bytes);
        bytes.extend_from_slice(body);
        Some(bytes)
    }
}

fn named(name: &Text<'_>, attributes: &Attributes<'_>) -> FrameWriter {
    FrameWriter::default().text(&name.0).attributes(&attributes.0)
}
